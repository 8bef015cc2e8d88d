"""What a partner has said no to is not asked again and again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from time import monotonic
from typing import Final

from destination_kit.errors import (
    DeliveryError,
    IntegrationError,
    InvalidAuthenticationError,
    RetryableError,
    status_code_name,
)
from destination_kit.http.policy import Outgoing

PROBE: Final = 60.0  # seconds from one call that finds out whether a refusal holds to the next
_TOGETHER: Final = 1.0  # seconds within which calls leave whose answers come in any order
_EVERYTHING: Final = "everything"
_MOST: Final = 1000  # endpoints that are remembered, the latest ones
# Members of an enum are looked up by a function in Python 3.11: not for each answer.
_UNAUTHORIZED: Final = int(HTTPStatus.UNAUTHORIZED)
_FORBIDDEN: Final = int(HTTPStatus.FORBIDDEN)
_BROKEN: Final = int(HTTPStatus.INTERNAL_SERVER_ERROR)
_NO_ANSWER: Final = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})
_WORDS: Final = {
    HTTPStatus.UNAUTHORIZED: "the partner does not accept the credentials (401)",
    HTTPStatus.FORBIDDEN: "the partner does not allow this (403)",
}


@dataclass(slots=True)
class _Stop:
    """Since when, until when nobody else asks, and whether a probe has been refused as well."""

    status: HTTPStatus
    since: float
    probe: float
    confirmed: bool = False


class CircuitBreaker:
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
        self._known_at = float("-inf")  # when the last call left that showed our credentials good

    def now(self) -> float:
        """Return the time on the clock."""
        return self._clock()

    def check(self, outgoing: Outgoing, *, leaving: bool = False) -> None:
        """Raise `DeliveryError` where a call is stopped; one that is `leaving` becomes the probe.

        The event can be sent later, unless a probe has shown that the refusal was no accident.
        """
        if not self._stops:
            return
        now = self._clock()
        keys = (_EVERYTHING, self._endpoint(outgoing))
        stops = [stop for key in keys if (stop := self._stops.get(key))]
        for stop in stops:
            if stop.probe > now:
                raise _refusal(stop, stop.probe - now)
        if leaving:
            for stop in stops:
                stop.probe = now + PROBE

    def note(self, outgoing: Outgoing, status: int, left: float) -> None:
        """Learn from the answer to a call that left at a time."""
        if status == _UNAUTHORIZED:
            if left > self._known_at - _TOGETHER:
                self._close(_EVERYTHING, HTTPStatus.UNAUTHORIZED, left)
        elif status < _BROKEN and status not in _NO_ANSWER:
            self._known_at = max(self._known_at, left)
            self._open(_EVERYTHING, left)
            if status == _FORBIDDEN:
                self._close(self._endpoint(outgoing), HTTPStatus.FORBIDDEN, left)
            elif self._stops:
                self._open(self._endpoint(outgoing), left)

    def _close(self, key: str, status: HTTPStatus, left: float) -> None:
        stop = self._stops.get(key)
        if stop is None and len(self._stops) >= _MOST:
            del self._stops[next(iter(self._stops))]
        now = self._clock()
        confirmed = stop is not None and (stop.confirmed or left > stop.since)
        self._stops[key] = _Stop(status, now, now + PROBE, confirmed)

    def _open(self, key: str, left: float) -> None:
        stop = self._stops.get(key)
        if stop and stop.since <= left:
            del self._stops[key]

    def _endpoint(self, outgoing: Outgoing) -> str:
        try:
            return f"endpoint {self._endpoint_of(outgoing.method, outgoing.url)}"
        except Exception:  # noqa: BLE001 - an author's function; the call is not its fault
            return f"endpoint {endpoint(outgoing.method, outgoing.url)}"


def endpoint(method: str, url: str) -> str:
    """Return what is one endpoint where nobody knows better: a method and a URL without a query."""
    return f"{method} {url.partition('?')[0]}"


def _refusal(stop: _Stop, seconds: float) -> DeliveryError:
    message = f"{_WORDS[stop.status]}; it is asked again in {seconds:.0f} s"
    if not stop.confirmed:
        code = status_code_name(stop.status)
        return RetryableError(message, stop.status, code=code, retry_after=seconds)
    if stop.status == HTTPStatus.UNAUTHORIZED:
        return InvalidAuthenticationError(message)
    return IntegrationError(message, "FORBIDDEN", HTTPStatus.FORBIDDEN)
