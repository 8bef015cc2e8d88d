"""What a partner has said no to is not asked again and again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from time import monotonic
from typing import Final

from destination_kit.errors import DeliveryError, IntegrationError, InvalidAuthenticationError
from destination_kit.http.access import Outgoing

PROBE: Final = 60.0  # seconds from one call that finds out whether a refusal holds to the next
_EVERYTHING: Final = ""
_MOST: Final = 1000  # endpoints that are remembered, the latest ones
_NO_ANSWER: Final = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})


@dataclass(slots=True)
class _Stop:
    since: float
    probe: float


class Stops:
    """What an open instance may not ask for now; times are seconds of the clock.

    A 401 stops every call, a 403 those of the same endpoint, as `endpoint_of` names it from method
    and URL. One call a minute leaves all the same, and the first that is not refused ends the stop.
    """

    def __init__(
        self, endpoint_of: Callable[[str, str], str], *, clock: Callable[[], float] = monotonic
    ) -> None:
        self._endpoint_of = endpoint_of
        self._clock = clock
        self._stops: dict[str, _Stop] = {}

    def now(self) -> float:
        """Return the time on the clock."""
        return self._clock()

    def check(self, outgoing: Outgoing, *, leaving: bool = False) -> None:
        """Raise `DeliveryError` where a call is stopped; one that is `leaving` becomes the probe."""
        if not self._stops:
            return
        now = self._clock()
        for key in (_EVERYTHING, self._endpoint(outgoing)):
            stop = self._stops.get(key)
            if stop and stop.probe > now:
                raise _refusal(key, stop.probe - now)
            if stop and leaving:
                stop.probe = now + PROBE

    def note(self, outgoing: Outgoing, status: int, left: float) -> None:
        """Learn from the answer to a call that left at a time."""
        if status == HTTPStatus.UNAUTHORIZED:
            self._close(_EVERYTHING)
        elif status == HTTPStatus.FORBIDDEN:
            self._open(_EVERYTHING, left)
            self._close(self._endpoint(outgoing))
        elif self._stops and _is_said_by_the_partner(status):
            self._open(_EVERYTHING, left)
            self._open(self._endpoint(outgoing), left)

    def _close(self, key: str) -> None:
        now = self._clock()
        if len(self._stops) >= _MOST and key not in self._stops:
            del self._stops[next(iter(self._stops))]
        self._stops[key] = _Stop(now, now + PROBE)

    def _open(self, key: str, left: float) -> None:
        stop = self._stops.get(key)
        if stop and stop.since <= left:
            del self._stops[key]

    def _endpoint(self, outgoing: Outgoing) -> str:
        return self._endpoint_of(outgoing.method, outgoing.url)


def endpoint(method: str, url: str) -> str:
    """Return what is one endpoint where nobody knows better: a method and a URL without a query."""
    return f"{method} {url.partition('?')[0]}"


def _is_said_by_the_partner(status: int) -> bool:
    """Return whether an answer comes from behind the gate, not from what stands before it."""
    return status < HTTPStatus.INTERNAL_SERVER_ERROR and status not in _NO_ANSWER


def _refusal(key: str, seconds: float) -> DeliveryError:
    later = f"it is asked again in {seconds:.0f} s"
    if key == _EVERYTHING:
        message = f"the partner does not accept the credentials (401); {later}"
        return InvalidAuthenticationError(message)
    message = f"the partner does not allow this (403); {later}"
    return IntegrationError(message, "FORBIDDEN", HTTPStatus.FORBIDDEN)
