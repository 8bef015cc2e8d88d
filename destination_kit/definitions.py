"""What a destination is made of: frozen data, and the shapes of the functions that it carries.

`settings` and `fields` are JSON Schema objects (draft-07). The dict that an author writes is the
dict that validates; `Any` stands where such a schema has already checked the value, so that an
author may give it a shape (a `TypedDict`, say) instead of taking it apart again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Literal, Protocol, TypeAlias

from destination_kit._json import Json, JsonObject, Resolver
from destination_kit.http_interface import Http, Response
from destination_kit.results import Result


class Compiler(Protocol):
    """What a directive may ask of the mapping compiler while it is compiled.

    `steps` lead from the directive's argument to the place that is meant.
    """

    def compile(self, value: Json, *steps: str | int) -> Resolver:
        """Compile a nested value of the argument; `@` directives in it are found and compiled."""
        ...

    def problem(self, message: str, *steps: str | int) -> None:
        """Report what is wrong at a place of the argument; compiling goes on to find more."""
        ...


@dataclass(frozen=True, slots=True)
class Example:
    """A mapping value, an event, and what the one makes of the other. Examples run as tests."""

    mapping: Json
    event: JsonObject
    result: Json


@dataclass(frozen=True, slots=True)
class Directive:
    """One word of the mapping language.

    `name` starts with `@`. `compile` gets the directive's argument once, when an instance is
    configured, and returns the function that runs for each event.
    """

    name: str
    compile: Callable[[Json, Compiler], Resolver]
    summary: str
    examples: tuple[Example, ...] = ()


EMPTY: Mapping[str, Any] = MappingProxyType({})


def no_fields() -> JsonObject:
    """Return the schema of an object without any field.

    A schema that is silent about `properties` takes any object as it is.
    """
    return {"type": "object", "properties": {}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Everything that a function of a destination may use; there are no globals.

    `settings` are checked against the destination's schema. `received_at` is the moment at which the
    kit took the event (UTC), the same for every try; `anonymous_id` is the event's, where it has
    one. `shared_state` is what the destination's `create_shared_state` has made, the same in every instance of a
    catalog.

    A batch has no `anonymous_id` of its own, and its `received_at` is that of its first payload. There
    `payload_contexts` holds the context of every payload in their order: a request through one of
    them is made for that payload only, so that no other is in doubt when its answer never comes.
    """

    settings: Mapping[str, Any] = field(repr=False)
    http: Http = field(repr=False)
    received_at: datetime
    anonymous_id: str | None = field(default=None, repr=False)
    shared_state: Any = field(default=None, repr=False)
    payload_contexts: Sequence[Context] = field(default=(), repr=False)


Perform: TypeAlias = Callable[[Context, Any], Awaitable[Json | Response]]
PerformBatch: TypeAlias = Callable[
    [Context, Sequence[Any]], Awaitable[Sequence[Json | Response | Result | BaseException]]
]
"""(context, payloads) -> one answer per payload, in their order; an exception fails that one."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a dynamic field, with the name that a person knows it by."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Choices:
    """A page of choices; `next_page` asks for the following one, None where this is the last."""

    choices: tuple[Choice, ...]
    next_page: str | None = None


ListChoices: TypeAlias = Callable[[Context, JsonObject, str | None], Awaitable[Choices]]
"""(context, the mapping so far, the page wanted) -> a page of choices."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchLimits:
    """How much one `perform_batch` call may carry, and what must not share one.

    `count` payloads and `bytes` of JSON at most (one that is larger goes alone); `wait` seconds
    for more to come; payloads whose values of the fields `keys` differ go into different calls.
    """

    count: int = 1000
    bytes: int = 4_000_000
    wait: float = 0.0
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RateLimit:
    """What a partner allows an account: `calls` per `seconds`, of all that go by this name."""

    name: str
    calls: int
    seconds: float = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingHook:
    """What happens when a mapping is saved: a person fills in `inputs`, and it gives `outputs`.

    Both are JSON Schema objects. The kit describes hooks to editors and runs none.
    """

    title: str
    description: str = ""
    inputs: JsonObject = field(default_factory=no_fields)
    outputs: JsonObject = field(default_factory=no_fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One thing that a partner can do.

    `fields` is the JSON Schema of the payload; a field's `default` is its default mapping, a
    literal or a directive. `trigger` is FQL, None where an operator must choose one. Where there is
    a `perform_batch` it gets every payload that is delivered, one or many, within the limits of
    `batch`; `perform` is for previews and for whoever wants no batches. `sync_mode` is
    the JSON Schema of the mode that an operator chooses for a whole mapping, its modes as `oneOf`.
    `segment` is what Segment's document says of the action beyond this record.
    """

    title: str
    description: str = ""
    trigger: str | None = None
    fields: JsonObject = field(default_factory=no_fields)
    perform: Perform
    perform_batch: PerformBatch | None = None
    batch: BatchLimits = BatchLimits()
    choices: Mapping[str, ListChoices] = field(default_factory=dict)
    sync_mode: JsonObject | None = None
    hooks: Mapping[str, MappingHook] = field(default_factory=dict)
    hidden: bool = False
    segment: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AuthResult:
    """Whether the partner knows us: as whom, what is wrong, and what a person should know."""

    ok: bool
    account: str | None = None
    message: str = ""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Authentication:
    """How a destination proves who it is. `test` asks the partner and raises nothing of its own."""

    scheme: Literal["custom", "basic", "oauth2", "oauth-managed", "none"] = "custom"
    test: Callable[[Context], Awaitable[AuthResult]] | None = None
    refresh: Callable[[Context], Awaitable[Mapping[str, str]]] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """A ready-made subscription that an operator can take as it is.

    `event` names the event of the surrounding platform that starts it, where a trigger does not.
    """

    name: str
    action: str
    trigger: str | None = None
    event: str | None = None
    mapping: JsonObject = field(default_factory=dict)
    segment: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """That a partner takes audiences: whole ones or changes, and the settings of each.

    `settings` is a JSON Schema object. The kit describes audiences to editors and syncs none.
    """

    mode: str = "synced"
    full_sync: bool = False
    functions: bool = False
    settings: JsonObject = field(default_factory=no_fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """One trigger, one action and one mapping of an instance, defaults already laid under it.

    `batch` are the action's limits with what the operator has changed.
    """

    name: str
    action: str
    trigger: str
    mapping: JsonObject = field(repr=False)
    enabled: bool = True
    batch: BatchLimits = BatchLimits()


RateLimits: TypeAlias = Callable[[str, str], Sequence[RateLimit]]
"""(method, URL) -> the limits that a request falls under, the narrowest first."""

ExtendRequest: TypeAlias = Callable[[Mapping[str, Any]], Mapping[str, str]]
"""settings -> the headers that carry the credentials."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """A partner: what reaches it, and what it can do.

    `hosts` are the only hosts that credentials may be sent to, as patterns such as
    `*.example.com`, over https; a destination with `extend_request` must name them. `create_shared_state` makes
    what its instances have in common, once per catalog, for `context.shared_state`; several event loops
    and threads may use it at a time. `rate_limits` are what the partner allows each account, which
    `account_key` tells from the settings, and `resolve_account` asks the partner where several may be one; the
    kit's client keeps to them. `endpoint_key` names, from method
    and URL, what else a 403 refuses (without it the same URL, whatever its query). `subscription_warnings` warns
    of what a valid subscription may do unexpectedly. `simulator` (a module that plays the partner,
    with `load_config`, `hint`, `serve` and `background` as Qualtrics has them) and `samples`
    (`"package:folder"` with `events.jsonl` and an `instance.json` for them) are loaded only when
    asked for. `segment` is what Segment's document says of the destination beyond this record.
    """

    slug: str
    name: str
    description: str = ""
    settings: JsonObject = field(default_factory=no_fields)
    authentication: Authentication = Authentication()
    hosts: tuple[str, ...] = ()
    extend_request: ExtendRequest | None = None
    create_shared_state: Callable[[], Any] | None = None
    account_key: Callable[[Mapping[str, Any]], str] | None = None
    resolve_account: Callable[[Context], Awaitable[str]] | None = None
    rate_limits: RateLimits | None = None
    endpoint_key: Callable[[str, str], str] | None = None
    actions: Mapping[str, Action] = field(default_factory=dict)
    presets: tuple[Preset, ...] = ()
    audience: Audience | None = None
    subscription_warnings: Callable[[Subscription], Sequence[str]] | None = None
    on_delete: Callable[[Context, JsonObject], Awaitable[Json]] | None = None
    simulator: str | None = None
    samples: str | None = None
    segment: JsonObject = field(default_factory=dict)
