"""Instance: a configured destination, ready to be opened."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypedDict, Unpack

from destination_kit._json import JsonObject, as_object
from destination_kit._redact import GrowingRedactor
from destination_kit.combined_rate_limits import combine_rate_limits
from destination_kit.definitions import EMPTY, Context
from destination_kit.http import Budgets, HttpLibrary, Throttle
from destination_kit.http_interface import Http
from destination_kit.request_extensions import compile_extension
from destination_kit.results import EventResult
from destination_kit.runtime.failures import log_lost_exception
from destination_kit.runtime.instance_plan import InstancePlan
from destination_kit.runtime.preview import Preview, preview
from destination_kit.send_options import refuse_unknown_options
from destination_kit.services import Cache, MaskingLogger, Metrics, Services
from destination_kit.store_keys import cache_namespace, token_key

if TYPE_CHECKING:
    import httpx

    from destination_kit.http import Client
    from destination_kit.runtime.live import Live
    from destination_kit.runtime.threaded import ThreadedInstance
    from destination_kit.stores import Store
    from destination_kit.telemetry import Telemetry

#: Seconds.
_DEADLINE: Final = 30.0
#: Events in flight.
_WINDOW: Final = 10_000


class OpenOptions(TypedDict, total=False):
    """How an instance is opened."""

    #: The library that sends requests, `"aiohttp"` or `"httpx"`; see `choose_transport` for the
    #: choice without it.
    http: HttpLibrary | None
    #: Host pattern -> loopback URL that receives the requests instead.
    connect_to: Mapping[str, str]
    #: Whether payloads of an action with `perform_batch` are sent in batches (the default).
    batching: bool
    #: Rate limits in place of those that all instances of a catalog share.
    budgets: Budgets | None
    #: The number of events in flight (10,000). Beyond it `send` waits, until its deadline.
    window: int
    #: Bytes of the largest event as JSON (1,000,000). A larger one fails as `INVALID_EVENT`.
    max_event_bytes: int
    #: Keeps refreshed tokens and `context.cache`. Without it the instances of a catalog share one in
    #: memory, which ends with the process.
    store: Store | None
    #: Name -> whether it is on, for `context.features`.
    features: Mapping[str, bool]
    #: Receives counts, durations and spans. Without it OpenTelemetry does, where the host has
    #: imported that.
    telemetry: Telemetry | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance(InstancePlan):
    """A destination with its settings and subscriptions, checked and compiled; immutable.

    `Catalog.configure` makes it. Its repr shows neither settings nor mappings.
    """

    def open(
        self, transport: httpx.AsyncBaseTransport | None = None, **options: Unpack[OpenOptions]
    ) -> Live:
        """Return the running instance, for `async with`, which drains and closes it at the end.

        `transport` is a transport of httpx that replaces the network; the options are those of
        `OpenOptions`. Raises `HttpLibraryError` where the requested HTTP library cannot be used,
        `EnvironmentVariableError` where the proxy or the certificates of the machine cannot, and
        `TypeError` for an unknown option.
        """
        from destination_kit._event_size import MAX_EVENT_BYTES
        from destination_kit.http import (
            CircuitBreaker,
            Client,
            default_endpoint_key,
            open_transport,
        )
        from destination_kit.runtime.live import EventLimits, Live
        from destination_kit.telemetry import default_telemetry

        refuse_unknown_options("open", options, OpenOptions)
        telemetry = options.get("telemetry") or default_telemetry()
        services = self._open_services(options, telemetry)
        client = Client(
            self.request_policy(options.get("connect_to", EMPTY)),
            transport=open_transport(options.get("http"), transport),
            throttle=self._create_throttle(options.get("budgets") or self.budgets),
            breaker=CircuitBreaker(self.destination.endpoint_key or default_endpoint_key),
            telemetry=telemetry,
        )
        plan = self._with_refresh(client, services, options.get("store") or self.store)
        return Live(
            plan,
            client,
            telemetry=telemetry,
            batching=options.get("batching", True),
            limits=EventLimits(
                window=options.get("window", _WINDOW),
                event_bytes=options.get("max_event_bytes", MAX_EVENT_BYTES),
            ),
            services=services,
        )

    def open_in_thread(self, **options: Unpack[OpenOptions]) -> ThreadedInstance:
        """Return the running instance on a thread and an event loop of its own, for `async with`.

        It is for destinations whose code the host does not trust: one that blocks its event loop
        holds up no other instance. The options are those of `open`.
        """
        from destination_kit.runtime.threaded import ThreadedInstance

        refuse_unknown_options("open", options, OpenOptions)
        return ThreadedInstance(self, partial(self.open, **options), options.get("window", _WINDOW))

    async def preview(self, event: JsonObject) -> list[Preview]:
        """Return what each subscription would send for the event; nothing leaves the machine."""
        return await preview(self, event)

    def send_sync(
        self,
        events: Sequence[JsonObject],
        *,
        deadline: float = _DEADLINE,
        **options: Unpack[OpenOptions],
    ) -> list[EventResult]:
        """Open, send and close, from code that is not async; the options are those of `open`.

        Raises `RuntimeError` inside a running event loop.
        """
        if _is_loop_running():
            msg = "send_sync blocks the running event loop: use `async with instance.open()`"
            raise RuntimeError(msg)
        return asyncio.run(self._send_once(events, deadline, options))

    async def _send_once(
        self, events: Sequence[JsonObject], deadline: float, options: OpenOptions
    ) -> list[EventResult]:
        asyncio.get_running_loop().set_exception_handler(log_lost_exception)
        async with self.open(**options) as live:
            return await live.send(events, deadline=deadline)

    def _with_refresh(self, client: Client, services: Services, store: Store) -> Instance:
        """Return the instance with settings that a refresh replaces, where it has a `refresh`."""
        refresh, redact = self.destination.authentication.refresh, self.redact
        if refresh is None or not isinstance(redact, GrowingRedactor):
            return self
        from destination_kit.stored_tokens import StoredTokens
        from destination_kit.token_refresh import RefreshFunctions, TokenRefresher

        settings = dict(self.settings)
        plan = replace(self, settings=MappingProxyType(settings))
        context = Context(
            settings=plan.settings,
            http=client.for_refresh(),
            received_at=datetime.now(UTC),
            shared_state=self.shared_state,
            services=services,
        )
        functions = RefreshFunctions(
            refresh=partial(refresh, context),
            learn=redact.learn,
            apply=partial(plan.extend_client, client, redact.learn),
            redact=redact,
        )
        known = as_object(self.destination.settings.get("properties"))
        stored = StoredTokens(store, token_key(self.destination, self.settings), known)
        client.refresh_with(TokenRefresher(settings, functions, stored))
        return plan

    def extend_client(self, client: Client, learn: Callable[[list[str]], None]) -> None:
        """Put the credentials of the settings into each further request of a client."""
        if self.destination.extend_request is None:
            return
        extend, takes_payload = compile_extension(self.destination.extend_request, self.settings)
        extension, known = extend(None), {*self.extension.list_credentials()}
        learn([text for text in extension.list_credentials() if text not in known])
        client.replace_credentials(extension, extend if takes_payload else None)

    def _open_services(self, options: OpenOptions, telemetry: Telemetry | None) -> Services:
        slug = self.destination.slug
        namespace = cache_namespace(self.destination, self.settings)
        return Services(
            logger=MaskingLogger(f"destination_kit.{slug}", self.redact),
            features=MappingProxyType(dict(options.get("features", EMPTY))),
            cache=Cache(options.get("store") or self.store, namespace),
            telemetry=Metrics(telemetry, slug, self.redact),
            subscriptions=self.subscriptions,
        )

    def _create_throttle(self, budgets: Budgets) -> Throttle | None:
        limits_of, account_key = combine_rate_limits(self.destination), self.destination.account_key
        if limits_of is None:
            return None
        slug = self.destination.slug
        account = account_key(self.settings) if account_key else slug
        return Throttle(budgets, account, limits_of, slug, self._account_resolver())

    def _account_resolver(self) -> Callable[[Http], Awaitable[str]] | None:
        resolve_account = self.destination.resolve_account
        if resolve_account is None:
            return None

        def resolve(http: Http) -> Awaitable[str]:
            context = Context(
                settings=self.settings,
                http=http,
                received_at=datetime.now(UTC),
                shared_state=self.shared_state,
            )
            return resolve_account(context)

        return resolve


def _is_loop_running() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
