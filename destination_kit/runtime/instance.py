"""A configured destination: settings, subscriptions and everything compiled from them."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from destination_kit._json import JsonObject
from destination_kit._redact import Redact
from destination_kit.definitions import EMPTY, Destination, Subscription
from destination_kit.http import Access, Budgets, HttpLibrary, Throttle
from destination_kit.results import EventResult, Failed, SubscriptionResult
from destination_kit.runtime.dispatch import CompiledSubscription, Dispatch
from destination_kit.runtime.preview import Preview, preview

if TYPE_CHECKING:
    import httpx

    from destination_kit.runtime.live import Live
    from destination_kit.runtime.observers import Observe
    from destination_kit.runtime.threaded import ThreadedInstance
    from destination_kit.telemetry import Telemetry

DEADLINE = 30.0  # seconds
WINDOW = 10_000  # events


class OpenOptions(TypedDict, total=False):
    """How an instance is opened.

    `connect_to` leads host patterns to loopback URLs. With `batching` False every payload is
    delivered by its action's `perform`. `budgets` replaces those that all instances of a catalog
    share. Not more than `window` events (10,000) are under way at a time: `send` waits for room,
    within its deadline. `telemetry` gets counts, durations and spans; without it OpenTelemetry
    does, where the host has loaded it. `http` is the library that sends requests: `"aiohttp"` or
    `"httpx"`; without it `choose_transport` decides.
    """

    http: HttpLibrary | None
    connect_to: Mapping[str, str]
    batching: bool
    budgets: Budgets | None
    window: int
    telemetry: Telemetry | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """A destination with its settings and subscriptions, checked and ready; immutable.

    Made by `Catalog.configure`. `warnings` says what is valid and may surprise, and of which
    subscription (None: of the instance itself). Its text never shows settings or mappings.
    """

    name: str
    destination: Destination = field(repr=False)
    settings: Mapping[str, Any] = field(repr=False)
    subscriptions: tuple[Subscription, ...] = field(repr=False)
    warnings: tuple[tuple[str | None, str], ...] = ()
    routes: tuple[CompiledSubscription, ...] = field(repr=False)
    candidates: Dispatch = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)
    redact: Redact = field(repr=False)
    hosts: tuple[str, ...] = ()
    observers: Mapping[str, Observe] = field(default_factory=dict, repr=False)
    shared_state: Any = field(default=None, repr=False)
    budgets: Budgets = field(default_factory=Budgets, repr=False)

    def access(self, connect_to: Mapping[str, str] = EMPTY) -> Access:
        """Return where this instance's requests may go and what they carry."""
        return Access(
            hosts=self.hosts, headers=self.headers, secrets=self.secrets, connect_to=connect_to
        )

    def open(
        self, transport: httpx.AsyncBaseTransport | None = None, **options: Unpack[OpenOptions]
    ) -> Live:
        """Return the running instance, for `async with`; leaving it drains and closes.

        `transport` replaces the network; the options are those of `OpenOptions`. Raises
        `HttpLibraryError` where the requested HTTP library cannot be used.
        """
        from destination_kit.http import CircuitBreaker, Client, endpoint, open_transport
        from destination_kit.runtime.live import Live
        from destination_kit.telemetry import usual

        flow = self._flow(options.get("budgets") or self.budgets)
        client = Client(
            self.access(options.get("connect_to", EMPTY)),
            exchange=open_transport(options.get("http"), transport),
            flow=flow,
            stops=CircuitBreaker(self.destination.endpoint_key or endpoint),
            telemetry=options.get("telemetry") or usual(),
        )
        live = Live(
            self,
            client,
            batching=options.get("batching", True),
            window=options.get("window", WINDOW),
        )
        if flow and self.destination.resolve_account:
            flow.owner = live.owner
        return live

    def open_in_thread(self, **options: Unpack[OpenOptions]) -> ThreadedInstance:
        """Return the running instance on a thread and an event loop of its own, for `async with`.

        For destinations that nobody here has written: one that blocks keeps nobody else waiting.
        """
        from destination_kit.runtime.threaded import ThreadedInstance

        return ThreadedInstance(self, partial(self.open, **options), options.get("window", WINDOW))

    def failed(
        self, event: JsonObject, failed: Failed, only: Collection[str] | None = None
    ) -> EventResult:
        """Return the result of an event that failed in every subscription that wants it."""
        from destination_kit.runtime.pipeline import NO_MATCH

        wanted = [
            route.subscription
            for route in self.candidates(event)
            if (only is None or route.subscription.name in only) and _wants(route, event)
        ]
        results = (SubscriptionResult(each.name, each.action, failed) for each in wanted)
        return EventResult(tuple(results)) if wanted else NO_MATCH

    def _flow(self, budgets: Budgets) -> Throttle | None:
        limits_of, account = self.destination.rate_limits, self.destination.account_key
        if limits_of is None:
            return None
        whose = account(self.settings) if account else self.destination.slug
        return Throttle(budgets, whose, limits_of, self.destination.slug)

    async def preview(self, event: JsonObject) -> list[Preview]:
        """Return what each subscription would make of the event; nothing leaves the machine."""
        create = self.destination.create_shared_state
        shared_state = create() if create else None  # what instances remember would hide requests
        return await preview(self.routes, self.access(), self.settings, event, shared_state)

    def send_sync(
        self,
        events: Sequence[JsonObject],
        *,
        deadline: float = DEADLINE,
        **options: Unpack[OpenOptions],
    ) -> list[EventResult]:
        """Open, send and close from code that is not async; the options are those of `open`.

        Raises `RuntimeError` inside a running event loop.
        """
        if _a_loop_runs():
            msg = "send_sync waits, and an event loop runs here: use `async with instance.open()`"
            raise RuntimeError(msg)
        return asyncio.run(self._send_once(events, deadline, options))

    async def _send_once(
        self, events: Sequence[JsonObject], deadline: float, options: OpenOptions
    ) -> list[EventResult]:
        async with self.open(**options) as live:
            return await live.send(events, deadline=deadline)


def _wants(route: CompiledSubscription, event: JsonObject) -> bool:
    try:
        return route.matches(event)
    except Exception:  # noqa: BLE001 - a hostile event
        return True


def _a_loop_runs() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
