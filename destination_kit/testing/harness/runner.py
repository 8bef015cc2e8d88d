"""One run of a destination against a partner that does what it is told, and what was seen of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final, TypeAlias, TypeVar

import httpx

from destination_kit._json import Json, JsonObject
from destination_kit.catalog import Catalog
from destination_kit.definitions import Destination
from destination_kit.fields import compile_secret_finder
from destination_kit.results import Result
from destination_kit.runtime import Instance, Live
from destination_kit.testing.generators import Hints
from destination_kit.testing.harness.capture import SHORTEST, Outputs
from destination_kit.testing.harness.spy import Watch, cancel_soon, watched
from destination_kit.testing.network import no_network

Respond: TypeAlias = Callable[[httpx.Request], httpx.Response]
T = TypeVar("T")

TAKEN: Final = datetime(2026, 3, 2, 8, 16, tzinfo=UTC)
NEVER: Final = "never"
_TURNS: Final = 10  # of the event loop that an answer takes
_PATIENCE: Final = 3  # turns after an answer in which everything has ended that was begun


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What is tried: a destination with settings, and what its partner answers."""

    destination: Destination
    settings: Mapping[str, Json]
    hints: Hints
    answer: Respond
    seed: int
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How payloads are sent, and what goes wrong meanwhile.

    `fault` is what comes of every request from the `fault_at`-th on: an exception, or `NEVER`.
    A delivery is cancelled at an await of it, or when a request of it has left.
    """

    together: bool = False
    batching: bool = False
    respond: Respond | None = None
    fault: Exception | str | None = None
    fault_at: int = 1
    cancel_at: int = 0
    cancel_at_request: int = 0
    deadline: float = 30.0


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that reached the partner."""

    method: str
    url: str
    writes: bool


@dataclass(slots=True)
class Seen:
    """What a run has shown; `hidden` are the secrets that its payloads hold.

    `late` was asked, and `left` still ran, when all was answered; `reached` are hosts that it
    connected to past its client.
    """

    watch: Watch = field(default_factory=Watch)
    outputs: Outputs = field(default_factory=Outputs)
    results: list[Result] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    late: list[Asked] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    reached: list[str] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)
    over: bool = False


class _Scripted(httpx.AsyncBaseTransport):
    def __init__(self, plan: Plan, respond: Respond, seen: Seen) -> None:
        self._plan = plan
        self._respond = respond
        self._seen = seen

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        seen, plan = self._seen, self._plan
        await request.aread()
        asked = Asked(request.method, str(request.url), seen.watch.writes())
        if seen.over:
            seen.late.append(asked)
        seen.asked.append(asked)
        number = len(seen.asked)
        if number == plan.cancel_at_request:
            cancel_soon(seen.watch.task)
        for _ in range(_TURNS):
            await asyncio.sleep(0)
        if plan.fault is not None and number >= plan.fault_at:
            if isinstance(plan.fault, Exception):
                raise plan.fault
            await asyncio.Event().wait()
        return self._respond(request)


def deliver(trial: Trial, slug: str, payloads: Sequence[JsonObject], plan: Plan) -> Seen:
    """Send payloads to an action through the pipeline, and return what was seen."""
    seen = Seen(Watch(plan.cancel_at))
    find_hidden = compile_secret_finder(trial.destination.actions[slug].fields)
    seen.hidden = [
        each for payload in payloads for each in find_hidden(payload) if len(each) >= SHORTEST
    ]
    action = watched(trial.destination.actions[slug], seen.watch)
    subscription: JsonObject = {
        "action": slug,
        "trigger": 'type = "track"',
        "mapping": {"@path": "$.properties"},
    }
    alone = replace(
        trial.destination, actions={slug: action}, presets=(), subscription_warnings=None
    )
    instance = configured(trial, alone, subscription)
    events: list[JsonObject] = [
        {"type": "track", "event": "Tried", "userId": f"u-{index}", "properties": payload}
        for index, payload in enumerate(payloads)
    ]

    async def send(live: Live) -> list[Result]:
        groups = [events] if plan.together else [[each] for each in events]
        sent = [await live.send(each, deadline=plan.deadline, received_at=TAKEN) for each in groups]
        return [each.results[0].result for outcomes in sent for each in outcomes]

    seen.results = run(trial, instance, send, seen, plan) or []
    for shown in (*seen.watch.contexts, *(each.shared_state for each in seen.watch.contexts)):
        seen.outputs.add("the repr of its context", shown)
    for answer in seen.watch.answers:
        seen.outputs.add("what it returns", answer)
    for error in seen.watch.raised:
        seen.outputs.add("an exception that it raises", error)
    for result in seen.results:
        seen.outputs.add("its result", result)
    return seen


def run(
    trial: Trial,
    instance: Instance,
    use: Callable[[Live], Awaitable[T]],
    seen: Seen,
    plan: Plan,
) -> T | None:
    """Open an instance, use it, and note what it shows and what goes on when it should be over."""
    transport = _Scripted(plan, plan.respond or trial.answer, seen)

    async def main() -> T:
        async with instance.open(transport, batching=plan.batching) as live:
            before = asyncio.all_tasks()
            try:
                used = await use(live)
            finally:
                seen.over = True
                for _ in range(_PATIENCE):
                    await asyncio.sleep(0)
                left = asyncio.all_tasks() - before
                seen.left += sorted(getattr(each.get_coro(), "__qualname__", "") for each in left)
            seen.outputs.add("its repr", live)
            return used

    with no_network() as seen.reached, seen.outputs.capturing():
        used = asyncio.run(main())
    seen.outputs.add("the repr of its instance", instance)
    return used


def configured(trial: Trial, destination: Destination, *subscriptions: Json) -> Instance:
    """Return an instance of the destination with the settings of the trial.

    Rate limits are left out: they would only make everybody wait.
    """
    document: JsonObject = {
        "destination": destination.slug,
        "settings": trial.settings,
        "subscriptions": list(subscriptions),
    }
    return Catalog.of(replace(destination, rate_limits=None)).configure(document)
