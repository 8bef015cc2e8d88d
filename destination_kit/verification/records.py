"""The records of a verification: its checks, what they find, and what they share in a run."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any, Literal, TypeAlias

from destination_kit._json import Json, JsonObject
from destination_kit.definitions import Context, Subscription
from destination_kit.http_interface import Response
from destination_kit.verification.expectations import Expectation

Verdict: TypeAlias = Literal["holds", "differs", "noted", "unsettled"]
"""`noted` is an answer on which the destination does not rely."""


class UnsettledError(Exception):
    """A check has no answer. Its message gives the reason, and names no id and no person."""


class PreparationError(Exception):
    """The run cannot begin: the partner refuses the credentials, or a parameter is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A fact about the partner, and the calls that settle it."""

    #: The name in reports: lower-case words with hyphens.
    name: str
    #: The fact on which the destination relies, as a sentence.
    fact: str
    #: The question that the calls answer.
    question: str
    #: The answers with which the destination works.
    expected: Expectation
    #: The option of the simulator that plays the answer, as a path of keys with dots.
    switch: str
    #: The most calls that the check makes, those that remove what it has made included.
    calls: int
    #: Makes the calls and returns the answer; raises `UnsettledError` where there is none. The
    #: answer goes into reports, so it names no id and no person.
    run: Callable[[Session], Awaitable[Json]]
    #: What the check writes, for the person who allows it; "" for a check that only reads.
    writes: str = ""
    #: The answer -> the part of the simulator's configuration that behaves so. Without it, the
    #: option `switch` gets the answer.
    configure: Callable[[Json], JsonObject] | None = None

    def configuration(self, seen: Json) -> JsonObject:
        """Return the part of the simulator's configuration that behaves as seen."""
        return self.configure(seen) if self.configure else nest(self.switch, seen)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The answer to a check."""

    check: Check
    verdict: Verdict
    #: The answer, None for an unsettled check.
    seen: Json = None
    #: Why there is no answer; "" where there is one.
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """What a person names for a run, such as the directory that is meant for it."""

    #: The name in `--with NAME=VALUE`.
    name: str
    #: What it is, in a few words.
    help: str
    #: A regular expression that the whole value matches.
    pattern: str
    #: A value for the help.
    example: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """The verification of a destination: the name `VERIFICATION` in its module."""

    checks: Sequence[Check]
    #: Checks the parameters by reads before the first check; raises `PreparationError`.
    prepare: Callable[[Session], Awaitable[None]]
    #: Removes what the run has made, and takes each thing out of `Session.made` as soon as it is
    #: gone. The run names what is left.
    clean_up: Callable[[Session], Awaitable[None]]
    parameters: Sequence[Parameter] = ()
    #: The most calls of `prepare`.
    prepare_calls: int = 0
    #: Names of JSON members that the partner's API defines. A recording replaces others.
    known_keys: frozenset[str] = frozenset()
    #: Those of them whose texts a recording keeps, because they name no person and no account.
    public_keys: frozenset[str] = frozenset()
    #: The part of the simulator's configuration that every run writes.
    base_configuration: JsonObject = field(default_factory=dict)

    @property
    def calls(self) -> int:
        """The most calls of a whole run."""
        return self.prepare_calls + sum(check.calls for check in self.checks)


def nest(path: str, value: Json) -> JsonObject:
    """Return `{"a": {"b": value}}` for the path `a.b`."""
    for key in reversed(path.split(".")):
        value = {key: value}
    return value  # type: ignore[return-value] # a path has at least one key


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A request and its response, as they went over the network."""

    method: str
    #: The URL without `--connect-to`.
    url: str = field(repr=False)
    #: The body of the request, None for a request without one. Secrets in a text are masked.
    content: bytes | None = field(repr=False)
    #: The response; a request that ended without one is counted only.
    response: Response = field(repr=False)
    #: The media type of the request's body.
    content_type: str = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A thing that a run has made at the partner, or may have made, and has not removed yet."""

    #: What it is and how a person removes it, as a sentence.
    remedy: str
    #: The calls that its removal takes.
    calls: int = 1


def _allow(check: Check, call: str) -> bool:  # noqa: ARG001 - the arguments of every `approve`
    return True


def _ignore(_: object) -> None:
    """Do nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionOptions:
    """How a verification runs."""

    #: The mark of what the run makes, such as `dkit-verify-0a1b2c3d`.
    run_id: str
    #: The most calls, those that remove what the run has made included.
    max_calls: int
    #: The values of the verification's parameters, by name.
    parameters: Mapping[str, str] = field(default_factory=dict)
    #: When the run begins.
    started_at: datetime = field(default_factory=partial(datetime.now, UTC))
    #: Host pattern -> loopback URL that receives the requests instead.
    connect_to: Mapping[str, str] = field(default_factory=dict)
    #: (check, call such as `POST /contacts`) -> whether the write may leave.
    approve: Callable[[Check, str], bool] = _allow
    #: Called with each check before its first call.
    on_check: Callable[[Check], None] = _ignore
    #: Called with each finding.
    on_finding: Callable[[Finding], None] = _ignore
    #: Waits for some seconds.
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


@dataclass(slots=True, kw_only=True)
class Session:
    """What the checks of one run share."""

    options: SessionOptions
    #: The context for the calls. Its client counts them, and asks before each write.
    context: Context
    #: The subscriptions of the instance.
    subscriptions: Sequence[Subscription] = ()
    #: Every exchange of the run so far, in order.
    exchanges: Sequence[Exchange] = ()
    #: How many requests have left.
    departures: Callable[[], int] = lambda: 0
    #: What is still to be removed. A check adds a thing before the request that makes it.
    made: list[Made] = field(default_factory=list)
    #: What a check leaves for a later one.
    memory: dict[str, Any] = field(default_factory=dict)
    #: The check that runs now; None while the run is prepared or removes what it has made.
    check: Check | None = None
    is_cleaning: bool = False

    @property
    def run_id(self) -> str:
        """The mark of what the run makes."""
        return self.options.run_id

    @property
    def departed(self) -> int:
        """How many requests have left so far; the one that runs counts from its departure."""
        return self.departures()

    @property
    def parameters(self) -> Mapping[str, str]:
        """The values of the verification's parameters, by name."""
        return self.options.parameters

    def calls_left(self, calls: int) -> int:
        """Return how many calls may follow, with a reserve for the removal of what was made."""
        if self.is_cleaning:
            return 1
        return self.options.max_calls - calls - sum(made.calls for made in self.made)
