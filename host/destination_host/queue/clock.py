"""Clock of the queue: Unix seconds that never jump while the process runs."""

from __future__ import annotations

from time import monotonic, time


class SteadyClock:
    """The time of day at its creation, and the monotonic clock from there on.

    A clock of the machine that is set back by an hour would otherwise delay every retry by an hour.
    """

    def __init__(self) -> None:
        self._offset = time() - monotonic()

    def __call__(self) -> float:
        """Return Unix seconds."""
        return monotonic() + self._offset
