"""The records that a destination consists of: frozen data, and the types of its functions.

`settings` and `fields` are JSON Schema objects (draft-07). The dict that an author writes is the
dict that validates. `Any` stands where such a schema has already checked the value, so that an
author may declare its shape (a `TypedDict`, say) instead of taking it apart again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from destination_kit._json import Json, JsonObject
from destination_kit.audience_details import AudienceDetails, read_audience
from destination_kit.auth_results import AuthResult
from destination_kit.dynamic_choices import ChoiceRequest, Choices
from destination_kit.errors import Problem
from destination_kit.http_interface import AssumeResponse, Http, Response
from destination_kit.limits import BatchLimits, RateLimit
from destination_kit.refreshed_settings import RefreshedSettings
from destination_kit.results import Result, Submitted

if TYPE_CHECKING:
    from destination_kit.services import Cache, MaskingLogger, Metrics, Services

EMPTY: Mapping[str, Any] = MappingProxyType({})


def no_fields() -> JsonObject:
    """Return the schema of an object without any field."""
    # A schema without `properties` would accept any object, and keep all its members.
    return {"type": "object", "properties": {}}


def _default_services() -> Services:
    from destination_kit.services import Services

    return Services()


SyncMode: TypeAlias = 'Literal["add", "update", "upsert", "delete", "mirror"]'
"""What becomes of the partner's records: Segment's word for each mode."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Everything that a function of a destination may use, since there are no globals.

    The context of a batch has no `anonymous_id` and no `audience_membership`, and its `received_at`
    and `personas_context` are those of the first payload; `payload_contexts` holds what differs by
    payload.
    """

    #: The settings of the instance, checked against the destination's schema.
    settings: Mapping[str, Any] = field(repr=False)
    #: The HTTP client: it adds the credentials and keeps to the destination's `hosts`.
    http: Http = field(repr=False)
    #: When the kit received the event, in UTC. It is the same for every attempt.
    received_at: datetime
    #: The event's `anonymousId`, None where it has none.
    anonymous_id: str | None = field(default=None, repr=False)
    #: The value that the destination's `create_shared_state` returned: one per catalog.
    shared_state: Any = field(default=None, repr=False)
    #: In a batch, the context of each payload, in the order of the payloads; else empty.
    #: A request through one of them belongs to that payload alone: when its response never
    #: comes, the outcome of the other payloads stays known.
    payload_contexts: Sequence[Context] = field(default=(), repr=False)
    #: Whether the event adds its user to an audience (True) or removes it (False); None where the
    #: event is about no audience. Segment names the audience in `context.personas`; rows of a
    #: warehouse have the events `new`, `updated` and `deleted`.
    audience_membership: bool | None = None
    #: The sync mode that the mapping chooses; None where the action has none.
    sync_mode: SyncMode | None = None
    #: The field by which the partner matches users, as the mapping chooses it; None without one.
    matching_key: str | None = None
    #: The event's `context.personas`, which describes the audience; None where it has none.
    personas_context: JsonObject | None = field(default=None, repr=False)
    #: Hook name -> the outputs that the subscription keeps of its action's mapping hook.
    hook_outputs: Mapping[str, JsonObject] = field(default_factory=dict, repr=False)
    #: The number of this attempt to deliver the event, from 1, as its sender counts.
    attempt: int = 1
    #: Whether an earlier attempt ended with the outcome `unknown`: the partner may have the event.
    outcome_unknown: bool = False
    #: The subscription that the event matches; None in a function that serves no event.
    subscription: Subscription | None = field(default=None, repr=False)
    #: Logger, features, cache and telemetry, which all events of an open instance have in common.
    services: Services = field(default_factory=_default_services, repr=False)

    @property
    def options(self) -> JsonObject:
        """What the subscription chooses of `Action.options`; empty without any."""
        return self.subscription.options if self.subscription else EMPTY

    @property
    def subscriptions(self) -> Sequence[Subscription]:
        """The subscriptions of the instance, disabled ones too."""
        return self.services.subscriptions

    @property
    def logger(self) -> MaskingLogger:
        """A logger below `destination_kit` that masks the secrets of the instance."""
        return self.services.logger

    @property
    def features(self) -> Mapping[str, bool]:
        """Switches of the host, from `open(features=...)`; a name that it leaves out is missing."""
        return self.services.features

    @property
    def cache(self) -> Cache:
        """Values that all instances of the account remember, each for a time."""
        return self.services.cache

    @property
    def telemetry(self) -> Metrics:
        """Counts and durations of the author's own, beside those of the kit."""
        return self.services.telemetry

    @property
    def audience(self) -> AudienceDetails | None:
        """The audience of the event, from `personas_context`; None where the event has none.

        A batch has one audience: events with different `external_audience_id` share no call.
        """
        return read_audience(self.personas_context)


Perform: TypeAlias = Callable[[Context, Any], Awaitable[Json | Response | Result | Submitted]]
"""(context, payload) -> the response, which becomes `Delivered`; an exception becomes `Failed`.

A `Skipped` says that there was nothing to do.
"""

PerformBatch: TypeAlias = Callable[
    [Context, Sequence[Any]],
    Awaitable[Sequence[Json | Response | Result | Submitted | BaseException] | Submitted],
]
"""(context, payloads) -> one response per payload, in order; an exception fails its payload.

One `Submitted` stands for all payloads.
"""

Poll: TypeAlias = Callable[
    [Context, Sequence[Any]],
    Awaitable[Sequence[Json | Response | Result | Submitted | BaseException]],
]
"""(context, the job of each payload) -> one response per job, in order; `Submitted`: it runs on."""


ListChoices: TypeAlias = (
    Callable[[Context, JsonObject, str | None], Awaitable[Choices]]
    | Callable[[Context, ChoiceRequest], Awaitable[Choices]]
)
"""(context, request) -> a page of choices; or (context, mapping so far, page) -> the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingHook:
    """What runs when a mapping is saved: a person's `inputs` in, `outputs` for deliveries back."""

    #: The heading of the form.
    title: str
    #: What the form is for, in a sentence or two.
    description: str = ""
    #: The JSON Schema of the values that a person enters.
    inputs: JsonObject = field(default_factory=no_fields)
    #: The JSON Schema of the values that the hook returns.
    outputs: JsonObject = field(default_factory=no_fields)
    #: (context, inputs) -> the outputs; None where an editor has nothing to run.
    perform: Callable[[Context, Any], Awaitable[JsonObject]] | None = None
    #: Input with `x-dynamic` -> the function that lists what it can be set to, as in `Action`.
    choices: Mapping[str, ListChoices] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One thing that a partner can do."""

    #: The name that a person reads.
    title: str
    #: What the action does, in a sentence or two.
    description: str = ""
    #: The default trigger, in FQL; None where an operator must choose one.
    trigger: str | None = None
    #: The JSON Schema of the payload. The `default` of a field is its default mapping: a literal
    #: or a directive.
    fields: JsonObject = field(default_factory=no_fields)
    #: Delivers one payload. With `perform_batch` it serves previews and `batching=False` only.
    perform: Perform
    #: Delivers every payload, alone or with others, within the limits of `batch`.
    perform_batch: PerformBatch | None = None
    #: Asks for the jobs that `perform` or `perform_batch` submitted; required for `Submitted`.
    poll: Poll | None = None
    #: How much one call of `perform_batch` may carry.
    batch: BatchLimits = BatchLimits()
    #: The limits that a plugin's action brings; they join the destination's `rate_limits`.
    rate_limits: RateLimits | None = None
    #: Every limit that `rate_limits` returns.
    all_rate_limits: tuple[RateLimit, ...] = ()
    #: Field with `x-dynamic` -> the function that lists what it can be set to. A dotted path names
    #: a nested field, and arrays are transparent: `address.city`, `items.sku`. At the end,
    #: `__keys__` stands for the keys of an object and `__values__` for the values of its other keys.
    choices: Mapping[str, ListChoices] = field(default_factory=dict)
    #: The JSON Schema of the mode that an operator chooses for a mapping; its modes are `oneOf`.
    sync_mode: JsonObject | None = None
    #: The JSON Schema of what an operator may choose for a subscription beside its mapping; None
    #: without options.
    options: JsonObject | None = None
    #: Hook name -> the form that an editor shows when a mapping is saved.
    hooks: Mapping[str, MappingHook] = field(default_factory=dict)
    #: Whether editors leave the action out of their lists.
    hidden: bool = False
    #: Attributes of Segment's published definition for which this record has no attribute.
    segment: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Authentication:
    """How a destination authenticates itself."""

    #: The scheme, in Segment's words. `none` means that the partner asks for no credentials.
    scheme: Literal["custom", "basic", "oauth2", "oauth-managed", "none"] = "custom"
    #: Asks the partner whether the credentials are good; a `DeliveryError` counts as a refusal.
    test: Callable[[Context], Awaitable[AuthResult]] | None = None
    #: Returns the settings that replace expired ones, by name, or `RefreshedSettings`, which say
    #: when the new ones expire. The kit calls it after a 401 and shortly before they expire, once
    #: for all callers of an account. Its `context.http` adds no credentials; see
    #: `destination_kit.oauth` for ready-made functions.
    refresh: (
        Callable[[Context], Awaitable[RefreshedSettings]]
        | Callable[[Context], Awaitable[Mapping[str, str]]]
        | None
    ) = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """A ready-made subscription that an operator can use without changes."""

    #: The name that a person reads.
    name: str
    #: The slug of the action that the subscription starts.
    action: str
    #: The trigger, in FQL; None where `event` starts the action, or the action's own holds.
    trigger: str | None = None
    #: The event of the surrounding platform that starts the action instead of a trigger.
    event: str | None = None
    #: Field name -> literal or directive.
    mapping: JsonObject = field(default_factory=dict)
    #: Attributes of Segment's published definition for which this record has no attribute.
    segment: JsonObject = field(default_factory=dict)


AudienceFunction: TypeAlias = Callable[[Context, AudienceDetails], Awaitable[str]]
"""(context, audience) -> the partner's id of the audience."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """The audiences of a partner: how to create and find them there, and their settings."""

    #: `synced` where the partner receives changes of membership; Segment's word.
    mode: str = "synced"
    #: Whether the partner can receive whole audiences.
    full_sync: bool = False
    #: Whether Segment's published definition creates and finds audiences at the partner.
    functions: bool = False
    #: The JSON Schema of the settings that each audience has.
    settings: JsonObject = field(default_factory=no_fields)
    #: Setting with `x-dynamic` -> the function that lists what it can be set to, as in `Action`.
    choices: Mapping[str, ListChoices] = field(default_factory=dict)
    #: Creates an audience at the partner. Its `name` is given, its `external_id` is not.
    create_audience: AudienceFunction | None = None
    #: Finds an audience by its `external_id`, and returns the id that the partner has for it.
    get_audience: AudienceFunction | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """One trigger, one action and one mapping of an instance, its defaults filled in."""

    #: The name within the instance; the action's slug where the document gives none.
    name: str
    #: The slug of the action.
    action: str
    #: The trigger, in FQL.
    trigger: str
    #: Field name -> literal or directive, laid over the action's defaults where that was asked.
    mapping: JsonObject = field(repr=False)
    #: Whether events start the action at all.
    enabled: bool = True
    #: The action's batch limits with the operator's changes.
    batch: BatchLimits = BatchLimits()
    #: The sync mode that the mapping chooses; None where the action has none.
    sync_mode: SyncMode | None = None
    #: The field by which the partner matches users; None where the mapping chooses none.
    matching_key: str | None = None
    #: Hook name -> the outputs that the document keeps of the action's mapping hook.
    hook_outputs: Mapping[str, JsonObject] = field(default_factory=dict, repr=False)
    #: What the document chooses of `Action.options`.
    options: JsonObject = field(default_factory=dict)


RateLimits: TypeAlias = Callable[[str, str], Sequence[RateLimit]]
"""(method, URL) -> the limits that the request spends, the narrowest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestExtension:
    """What `extend_request` adds to a request. The kit masks all of it as credentials."""

    #: Headers.
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    #: Parameters of the query, which replace those of the same name.
    params: Mapping[str, str | int | bool] = field(default_factory=dict, repr=False)
    #: (user, password) for HTTP's basic authentication, or None.
    auth: tuple[str, str] | None = field(default=None, repr=False)


ExtendRequest: TypeAlias = (
    Callable[[Mapping[str, Any]], Mapping[str, str] | RequestExtension]
    | Callable[[Mapping[str, Any], Any], Mapping[str, str] | RequestExtension]
)
"""settings, or settings and payload -> the headers that carry the credentials, and more.

The payload is None for a request that belongs to no single payload: that of a batch as a whole, of
a test of the credentials, or of choices.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """A partner: how to reach it, and what it can do."""

    #: The identifier in instance files. It is unique among the installed destinations.
    slug: str
    #: The name that a person reads.
    name: str
    #: What the destination does, in a sentence or two.
    description: str = ""
    #: The JSON Schema of the settings that an instance needs.
    settings: JsonObject = field(default_factory=no_fields)
    #: Setting with `x-dynamic` -> the function that lists what it can be set to, as in `Action`.
    #: Its context has the settings so far, and may lack those with `x-dynamic`.
    choices: Mapping[str, ListChoices] = field(default_factory=dict)
    #: How the destination authenticates itself.
    authentication: Authentication = Authentication()
    #: The only hosts that may receive the credentials, over https: `api.example.com` or
    #: `*.example.com`. A destination with `extend_request` must name them.
    hosts: tuple[str, ...] = ()
    #: Returns the headers that carry the credentials, or a `RequestExtension`. With a second
    #: parameter it gets the payload of each request.
    extend_request: ExtendRequest | None = None
    #: Returns the state that all instances of a catalog share, such as a cache, for
    #: `Context.shared_state`. Several event loops and threads may use that state at a time. A
    #: function with a parameter `max_bytes` gets the bound that the variable
    #: `DKIT_SHARED_STATE_BYTES` sets; without one it is called without arguments.
    create_shared_state: Callable[..., Any] | None = None
    #: settings -> the account whose rate limits a request spends. Without it all instances of
    #: the destination spend the same.
    account_key: Callable[[Mapping[str, Any]], str] | None = None
    #: Asks the partner which account the settings belong to, where several `account_key`s may
    #: be one account.
    resolve_account: Callable[[Context], Awaitable[str]] | None = None
    #: The limits of each request. The client spaces its requests to stay within them.
    rate_limits: RateLimits | None = None
    #: Every limit that `rate_limits` returns; `--limit` refuses other names. Without it, none.
    all_rate_limits: tuple[RateLimit, ...] = ()
    #: (method, URL) -> the requests that one 403 stops, as a key. Without it these are the
    #: requests to the same URL with any query.
    endpoint_key: Callable[[str, str], str] | None = None
    #: Slug -> action.
    actions: Mapping[str, Action] = field(default_factory=dict)
    #: Subscriptions to offer to an operator.
    presets: tuple[Preset, ...] = ()
    #: Which audiences the partner can receive; None where it has none.
    audience: Audience | None = None
    #: Returns what a valid subscription may do that its operator does not expect: a sentence each,
    #: or a `Problem` with a path into the subscription and a code. `dkit check` shows them.
    subscription_warnings: Callable[[Subscription], Sequence[str | Problem]] | None = None
    #: (context, payload) -> the response. Deletes what the partner holds of the user of a
    #: `delete` event. The payload has the event's `userId` and `anonymousId`, as texts, or the one
    #: of the two that the event has. Its result has the subscription and the action `on_delete`.
    on_delete: Perform | None = None
    #: What a preview assumes that the partner responds, so that it can show the next request.
    assume_response: AssumeResponse | None = None
    #: The import path of a module that plays the partner for `dkit simulate` and `dkit demo`, with
    #: `load_config`, `hint`, `serve` and `background` (see `destinations.qualtrics.simulator`).
    simulator: str | None = None
    #: The import path of a module whose `VERIFICATION` is the `Verification` of
    #: `destination_kit.verification` that `dkit verify` runs.
    verification: str | None = None
    #: `"package:folder"` with `events.jsonl`, an `instance.json` for these events and, where the
    #: author has one, the `template.json` that `dkit init` starts from.
    samples: str | None = None
    #: Attributes of Segment's published definition for which this record has no attribute.
    segment: JsonObject = field(default_factory=dict)
