"""Runner: one run of a destination against a scripted partner, recorded."""

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
from destination_kit.testing.harness.spy import CallSpy, cancel_soon, spy_on
from destination_kit.testing.network import no_network

Respond: TypeAlias = Callable[[httpx.Request], httpx.Response]
"""request -> the partner's response."""

T = TypeVar("T")

#: When the events of a run were received. It is fixed, so that runs can be compared.
RECEIVED_AT: Final = datetime(2026, 3, 2, 8, 16, tzinfo=UTC)
#: A fault: the response never comes.
NEVER: Final = "never"
# Without turns of the event loop, a response would come before a concurrent task could send, or a
# cancellation arrive. Ten leave such a task a few awaits before it sends, and take 0.03 ms. A
# cancelled task in `gather` ends its awaiter after three turns; without these it would count as
# unfinished.
_RESPONSE_TURNS: Final = 10
_GRACE_TURNS: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The destination under test, and how it is tested."""

    #: The destination.
    destination: Destination
    #: Generated settings that fit its schema.
    settings: Mapping[str, Json]
    #: Values that cannot be generated, and hosts for URLs.
    hints: Hints
    #: The partner's response to each request.
    respond: Respond
    #: The seed of everything that is generated.
    seed: int
    #: How many payloads each action gets.
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """How payloads are sent in one run, and what goes wrong meanwhile."""

    #: Whether one `send` carries all events; else each event is sent alone.
    together: bool = False
    #: Whether `perform_batch` is used.
    batching: bool = False
    #: The partner's responses, where they differ from the subject's.
    respond: Respond | None = None
    #: What happens to requests instead of a response: an exception, or `NEVER`.
    fault: Exception | str | None = None
    #: The first request that meets the fault, counted from 1.
    fault_at: int = 1
    #: The await at which the delivery is cancelled, counted from 1; 0 is none.
    cancel_at: int = 0
    #: The request after whose departure the delivery is cancelled, counted from 1; 0 is none.
    cancel_at_request: int = 0
    #: The deadline of each `send`, in seconds.
    deadline: float = 30.0


@dataclass(frozen=True, slots=True)
class SentRequest:
    """A request that reached the partner."""

    method: str
    url: str
    #: Whether it may have changed something at the partner.
    writes: bool


@dataclass(slots=True)
class Recording:
    """What one run has shown."""

    #: The calls of the action.
    spy: CallSpy = field(default_factory=CallSpy)
    #: The texts that were shown.
    outputs: Outputs = field(default_factory=Outputs)
    #: The results, in the order of the payloads.
    results: list[Result] = field(default_factory=list)
    #: The requests that reached the partner, in order.
    sent: list[SentRequest] = field(default_factory=list)
    #: Those of them that came after the results.
    late: list[SentRequest] = field(default_factory=list)
    #: The names of coroutines that still ran after the results.
    unfinished: list[str] = field(default_factory=list)
    #: Hosts that the destination connected to past its client.
    reached_hosts: list[str] = field(default_factory=list)
    #: The values of secret fields in the payloads.
    secrets: list[str] = field(default_factory=list)
    #: Whether the results are there.
    is_closed: bool = False


class _ScriptedTransport(httpx.AsyncBaseTransport):
    """Responds to requests as a scenario wants it, and records them."""

    def __init__(self, scenario: Scenario, respond: Respond, recording: Recording) -> None:
        self._scenario = scenario
        self._respond = respond
        self._recording = recording

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        recording, scenario = self._recording, self._scenario
        await request.aread()
        sent = SentRequest(request.method, str(request.url), recording.spy.writes())
        if recording.is_closed:
            recording.late.append(sent)
        recording.sent.append(sent)
        number = len(recording.sent)
        if number == scenario.cancel_at_request:
            cancel_soon(recording.spy.task)
        for _ in range(_RESPONSE_TURNS):
            await asyncio.sleep(0)
        if scenario.fault is not None and number >= scenario.fault_at:
            if isinstance(scenario.fault, Exception):
                raise scenario.fault
            await asyncio.Event().wait()
        return self._respond(request)


def deliver(
    subject: Subject, slug: str, payloads: Sequence[JsonObject], scenario: Scenario
) -> Recording:
    """Send payloads to an action through the real pipeline, and return the recording."""
    recording = Recording(CallSpy(scenario.cancel_at))
    find_secrets = compile_secret_finder(subject.destination.actions[slug].fields)
    recording.secrets = [
        secret
        for payload in payloads
        for secret in find_secrets(payload)
        if len(secret) >= SHORTEST
    ]
    instance = _configure_action(subject, slug, recording.spy)
    events: list[JsonObject] = [
        {"type": "track", "event": "Tried", "userId": f"u-{index}", "properties": payload}
        for index, payload in enumerate(payloads)
    ]

    async def send(live: Live) -> list[Result]:
        groups = [events] if scenario.together else [[event] for event in events]
        sent = [
            await live.send(group, deadline=scenario.deadline, received_at=RECEIVED_AT)
            for group in groups
        ]
        return [event_result.results[0].result for group in sent for event_result in group]

    recording.results = run(subject, instance, send, recording, scenario) or []
    _add_outputs(recording)
    return recording


def _configure_action(subject: Subject, slug: str, spy: CallSpy) -> Instance:
    """Return an instance with one subscription, which maps `properties` to the payload."""
    subscription: JsonObject = {
        "action": slug,
        "trigger": 'type = "track"',
        "mapping": {"@path": "$.properties"},
    }
    action = spy_on(subject.destination.actions[slug], spy)
    destination = replace(
        subject.destination, actions={slug: action}, presets=(), subscription_warnings=None
    )
    return configure_subject(subject, destination, subscription)


def _add_outputs(recording: Recording) -> None:
    outputs, spy = recording.outputs, recording.spy
    for context in spy.contexts:
        outputs.add("the repr of its context", context)
        outputs.add("the repr of its context", context.shared_state)
    for returned in spy.returned:
        outputs.add("what it returns", returned)
    for error in spy.raised:
        outputs.add("an exception that it raises", error)
    for result in recording.results:
        outputs.add("its result", result)


def run(
    subject: Subject,
    instance: Instance,
    use: Callable[[Live], Awaitable[T]],
    recording: Recording,
    scenario: Scenario,
) -> T | None:
    """Open an instance, use it, and record what it shows and what outlives its results."""
    transport = _ScriptedTransport(scenario, scenario.respond or subject.respond, recording)

    async def main() -> T:
        async with instance.open(transport, batching=scenario.batching) as live:
            before = asyncio.all_tasks()
            try:
                used = await use(live)
            finally:
                recording.is_closed = True
                for _ in range(_GRACE_TURNS):
                    await asyncio.sleep(0)
                remaining = asyncio.all_tasks() - before
                recording.unfinished += sorted(
                    getattr(task.get_coro(), "__qualname__", "") for task in remaining
                )
            recording.outputs.add("its repr", live)
            return used

    with no_network() as recording.reached_hosts, recording.outputs.capturing():
        used = asyncio.run(main())
    recording.outputs.add("the repr of its instance", instance)
    return used


def configure_subject(subject: Subject, destination: Destination, *subscriptions: Json) -> Instance:
    """Return an instance of the destination with the subject's settings."""
    document: JsonObject = {
        "destination": destination.slug,
        "settings": subject.settings,
        "subscriptions": list(subscriptions),
    }
    # The partner is simulated, so rate limits would only make the runs wait.
    return Catalog.of(replace(destination, rate_limits=None)).configure(document)
