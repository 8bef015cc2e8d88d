"""Circuit breaker for 401 and 403 responses.

A refused credential or permission is not requested again for every event: the circuit opens, and
one probe a minute finds out whether it still holds.
"""

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
    status_code_name,
)
from destination_kit.http.host_policy import OutgoingRequest

#: Seconds between two requests that test whether a refusal still holds.
PROBE_INTERVAL: Final = 60.0
# Requests can overtake each other: one that left before the last success may still meet a token
# that expired later. Without an allowance its 401 would count as outdated. The second is our guess.
_REORDERING: Final = 1.0
# A default endpoint key contains the ids of its URL, so refused requests would add circuits without
# end. A thousand take about 0.3 MB, and 8 MB with the longest URLs.
_MAX_CIRCUITS: Final = 1000
_WHOLE_PARTNER: Final = "everything"
# In Python 3.11 `HTTPStatus.FORBIDDEN` calls a Python function (`property.__get__` in enum.py),
# which takes 0.3 µs. `record` would do so three times for each response.
_UNAUTHORIZED: Final = int(HTTPStatus.UNAUTHORIZED)
_FORBIDDEN: Final = int(HTTPStatus.FORBIDDEN)
_SERVER_ERROR: Final = int(HTTPStatus.INTERNAL_SERVER_ERROR)
# A gateway can send 408 and 429 before it checks the credentials. As a proof of good credentials,
# they would close the circuit too early.
_INCONCLUSIVE: Final = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})
_REASONS: Final = {
    HTTPStatus.UNAUTHORIZED: "the partner does not accept the credentials (401)",
    HTTPStatus.FORBIDDEN: "the partner does not allow this (403)",
}


@dataclass(slots=True)
class _OpenCircuit:
    """A refusal that holds. Times are seconds of the clock."""

    #: 401 or 403.
    status: HTTPStatus
    #: When the refusal arrived.
    since: float
    #: When the next probe may leave.
    probe_at: float


def default_endpoint_key(method: str, url: str) -> str:
    """Return the endpoint of a request by default: its method, and its URL without the query."""
    return f"{method} {url.partition('?')[0]}"


class CircuitBreaker:
    """The circuits of an open instance: one for the whole partner, one for each endpoint.

    A 401 opens the circuit of the partner, a 403 that of the endpoint, which `endpoint_key` names
    by method and URL. The first response that is no refusal closes it.
    """

    def __init__(
        self,
        endpoint_key: Callable[[str, str], str] = default_endpoint_key,
        *,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._endpoint_key = endpoint_key
        self._clock = clock
        self._open: dict[str, _OpenCircuit] = {}
        #: When the last request left whose response showed that the credentials are valid.
        self._authenticated_at = float("-inf")

    def now(self) -> float:
        """Return the time on the clock, in seconds."""
        return self._clock()

    def check(self, request: OutgoingRequest, *, departing: bool = False) -> None:
        """Raise `DeliveryError` where a circuit of the request is open and no probe is due.

        With `departing` the request becomes the probe. The remedy of the error is `settings`, and
        its `retry_after` leads to the next probe.
        """
        if not self._open:
            return
        now = self._clock()
        keys = (_WHOLE_PARTNER, self._circuit_of(request))
        circuits = [circuit for key in keys if (circuit := self._open.get(key))]
        for circuit in circuits:
            if circuit.probe_at > now:
                raise _refusal(circuit, circuit.probe_at - now)
        if departing:
            for circuit in circuits:
                circuit.probe_at = now + PROBE_INTERVAL

    def record(self, request: OutgoingRequest, status: int, departed_at: float) -> None:
        """Open or close circuits by the status of a response to a request."""
        if status == _UNAUTHORIZED:
            if departed_at > self._authenticated_at - _REORDERING:
                self._open_circuit(_WHOLE_PARTNER, HTTPStatus.UNAUTHORIZED)
        elif status < _SERVER_ERROR and status not in _INCONCLUSIVE:
            self._authenticated_at = max(self._authenticated_at, departed_at)
            self._close_circuit(_WHOLE_PARTNER, departed_at)
            if status == _FORBIDDEN:
                circuit = self._circuit_of(request)
                self._open_circuit(circuit, HTTPStatus.FORBIDDEN)
            elif self._open:
                self._close_circuit(self._circuit_of(request), departed_at)

    def _open_circuit(self, key: str, status: HTTPStatus) -> None:
        if key not in self._open and len(self._open) >= _MAX_CIRCUITS:
            del self._open[next(iter(self._open))]
        now = self._clock()
        self._open[key] = _OpenCircuit(status, now, now + PROBE_INTERVAL)

    def _close_circuit(self, key: str, departed_at: float) -> None:
        circuit = self._open.get(key)
        if circuit and circuit.since <= departed_at:
            del self._open[key]

    def _circuit_of(self, request: OutgoingRequest) -> str:
        return f"endpoint {self.endpoint_of(request)}"

    def endpoint_of(self, request: OutgoingRequest) -> str:
        """Return the key of what a 403 closes for this request; it may hold a secret."""
        try:
            return self._endpoint_key(request.method, request.url)
        except Exception:  # noqa: BLE001 - a faulty function of the author must not fail the request
            return default_endpoint_key(request.method, request.url)


def _refusal(circuit: _OpenCircuit, seconds: float) -> DeliveryError:
    message = f"{_REASONS[circuit.status]}; the next request is allowed in {seconds:.0f} s"
    if circuit.status == HTTPStatus.UNAUTHORIZED:
        return InvalidAuthenticationError(message, retry_after=seconds)
    code = status_code_name(circuit.status)
    return IntegrationError(message, code, circuit.status, retry_after=seconds)
