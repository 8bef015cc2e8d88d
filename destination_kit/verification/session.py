"""Session of a verification: the destination's own client, which asks before each write."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, Unpack
from urllib.parse import urlsplit

from destination_kit.combined_rate_limits import combine_rate_limits
from destination_kit.definitions import Context
from destination_kit.http import Client, Throttle, open_transport
from destination_kit.http_interface import Http, RequestOptions, Response
from destination_kit.verification.exchanges import ObservingTransport
from destination_kit.verification.records import Session, SessionOptions, UnsettledError

if TYPE_CHECKING:
    from destination_kit.runtime import Instance

# A partner that refuses a call with 429 may ask for a pause of a minute.
_PATIENCE: Final = 90.0


class DeclinedError(UnsettledError):
    """The person has not allowed a write."""


class GuardedHttp(Http):
    """An `Http` that asks before each write of a check."""

    def __init__(self, client: Client, throttle: Throttle | None, session: Session) -> None:
        self._client = client
        self._throttle = throttle
        self._session = session

    async def request(self, method: str, url: str, **options: Unpack[RequestOptions]) -> Response:
        """Send a request; raise `DeclinedError` for a write that the person does not allow."""
        request = self._client.prepare(method, url, options)
        check = self._session.check
        if (
            request.writes
            and check
            and not self._session.options.approve(check, _show(method, url))
        ):
            raise DeclinedError("a write was not allowed")
        now = self._throttle.budgets.now() if self._throttle else 0.0
        return await self._client.send(request, until=now + _PATIENCE)


def open_session(
    instance: Instance, options: SessionOptions
) -> tuple[Session, Client, ObservingTransport]:
    """Return the session of a run, with the client to close and the transport that it observes.

    The client is the destination's own: its hosts, credentials, secrets and rate limits count.
    """
    throttle = _create_throttle(instance)
    transport = ObservingTransport(open_transport(), instance.redact)
    client = Client(
        instance.request_policy(options.connect_to), transport=transport, throttle=throttle
    )
    context = Context(
        settings=instance.settings,
        http=client,
        received_at=options.started_at,
        shared_state=instance.shared_state,
    )
    session = Session(
        options=options,
        context=context,
        subscriptions=instance.subscriptions,
        exchanges=transport.exchanges,
        departures=lambda: transport.departures,
    )
    transport.calls_left = session.calls_left
    session.context = replace(context, http=GuardedHttp(client, throttle, session))
    return session, client, transport


def _create_throttle(instance: Instance) -> Throttle | None:
    destination = instance.destination
    rate_limits = combine_rate_limits(destination)
    if rate_limits is None:
        return None
    key = destination.account_key
    account = key(instance.settings) if key else destination.slug
    return Throttle(instance.budgets, account, rate_limits, destination.slug)


def _show(method: str, url: str) -> str:
    # The query of a URL may be a secret, such as that of a workflow.
    return f"{method} {urlsplit(url).path}"
