"""Has a hook that never returns."""

from threading import Event

from destination_kit import hookimpl


@hookimpl
def register_destinations():
    """Wait for ever."""
    Event().wait()
