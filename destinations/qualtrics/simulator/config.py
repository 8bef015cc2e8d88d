"""The one JSON document that configures a simulator, as a record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from destinations.qualtrics.simulator.record_loader import Between

Count = Annotated[int, Between(1)]
Seconds = Annotated[float, Between(0)]
Share = Annotated[float, Between(0, 1)]
MatchField = Literal["email", "extRef", "firstName", "lastName", "phone"]

USER = "UR_000000000000001"
RESERVED = (
    *("Points", "firstName", "lastName", "email", "phone", "extRef"),
    *("externalDataReference", "language", "unsubscribed"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Whom a token stands for; `directories` names the only ones they may use, null means all."""

    user_name: str = "operator@example.com#simulated"
    brand_id: str = "simulated"
    account_type: str = "UT_BRANDADMIN"
    first_name: str = "Olive"
    last_name: str = "Operator"
    email: str = "operator@example.com"
    language: str = "EN"
    directories: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A contact that is there from the start, on the mailing lists named in `lists`."""

    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    phone: str | None = None
    ext_ref: str | None = None
    language: str | None = None
    unsubscribed: bool | None = None
    embedded_data: Mapping[str, str | float | bool] | None = None
    lists: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MailingList:
    """A mailing list that is there from the start."""

    name: str = "Customers"
    owner_id: str = USER


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """A directory: up to three merge rules in order, and what it holds from the start.

    `deduplication_criteria` is what listings report; null derives it from the rules. A `lite`
    directory refuses search, list and transactions.
    """

    name: str | None = "Customers"
    is_default: bool = False
    merge_rules: tuple[tuple[MatchField, ...], ...] = ()
    deduplication_criteria: Mapping[str, bool] | None = None
    lite: bool = False
    mailing_lists: Mapping[str, MailingList] = field(default_factory=dict)
    contacts: tuple[Person, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DataCenters:
    """The data center that serves the brand, and those that pass calls on to it.

    `whoami` and `notice_host` are what whoami and the notice name; null means the home.
    `loopback` lets calls in whose Host is an address of this machine.
    """

    home: str = "iad1"
    proxied: tuple[str, ...] = ("az1", "ca1", "eu", "fra1", "pdx1", "sjc1", "syd1", "yul1")
    whoami: str | None = None
    notice_host: str | None = None
    proxied_delay: Seconds = 0.0
    proxied_posts: Literal["succeed", "fail"] = "succeed"
    loopback: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Errors:
    """Codes nobody documents (null leaves `errorCode` out), and the oddities of error bodies.

    `status_texts` replaces `meta.httpStatus` by status, since it may disagree with the real one.
    """

    validation: str | None = "SIM_VALIDATION"
    forbidden: str | None = "SIM_FORBIDDEN"
    not_found: str | None = "SIM_NOT_FOUND"
    too_many_requests: str | None = "SIM_TOO_MANY_REQUESTS"
    server: str | None = "SIM_SERVER"
    old_shape: bool = False
    empty_request_ids: bool = False
    status_texts: Mapping[str, str] = field(default_factory=dict)
    retry_after: Literal["none", "seconds", "date"] = "seconds"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contacts:
    """What a contact's body may hold, and what writing one does to a contact already there."""

    email_checked: bool = False
    phone_checked: bool = False
    language_checked: bool = False
    nulls: Literal["ignore", "refuse"] = "refuse"
    unknown_keys: Literal["ignore", "refuse"] = "refuse"
    field_length: Count = 1000
    embedded_name_length: Count = 200
    embedded_value_length: Count = 1024
    embedded_names_case_sensitive: bool = False
    reserved_names: tuple[str, ...] = RESERVED
    identity_required: bool = False
    unmatched_rule: Literal["next", "stop"] = "next"
    put_embedded_data: Literal["merge", "replace"] = "merge"
    false_resubscribes: bool = True
    lookup_prefix: str = "CGC_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """How long a write stays unseen by search, and how deep a search may be paged."""

    lag: Seconds = 0.0
    depth: Count = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """Largest (and default) page of each listing, and how the last page says so."""

    directories: Count = 100
    contacts: Count = 100
    search: Count = 100
    mailing_lists: Count = 100
    list_contacts: Count = 50
    transactions: Count = 100
    oversize: Literal["clamp", "refuse"] = "refuse"
    last: Literal["null", "absent", "placeholder"] = "null"
    next_host: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Transactions:
    """Entries taken per call, what each needs, and the share left unprocessed by chance."""

    entries_per_call: Count = 100
    too_many_status: Literal[400, 413] = 400
    unprocessed_share: Share = 0.0
    code_key: Literal["error", "errorCode"] = "errorCode"
    id_prefix: str = "CTR_"
    mailing_list_required: bool = True
    date_required: bool = True
    membership_required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Workflow:
    """How a workflow's URL answers; `url_tokens` null takes any, `empty` answers without body."""

    status: Literal[200, 202] = 200
    body: Literal["envelope", "empty"] = "envelope"
    token_checked: bool = False
    url_tokens: tuple[str, ...] | None = None
    payload_bytes: Count = 100 * 1024
    too_large_status: Literal[400, 413] = 413


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """Shares of calls that go wrong: by status, or by a connection reset around the write.

    `html` of the 5xx carry a gateway's page; `late` of them come after the work was done.
    `script` comes first, one entry per call: `ok`, a status with `-html` or `-late` after it if
    wanted, `reset-before`, `reset-after`. `only` names the routes at risk (`POST /API/v3/…`).
    """

    statuses: Mapping[str, Share] = field(default_factory=dict)
    html: Share = 0.0
    late: Share = 0.0
    reset_before: Share = 0.0
    reset_after: Share = 0.0
    script: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    retry_after_seconds: Count = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Calls per minute for the brand and per route; a `time_scale` of 60 makes minutes seconds."""

    enabled: bool = False
    time_scale: Annotated[float, Between(0.001)] = 1.0
    brand: Count = 3000
    routes: Mapping[str, Count] = field(default_factory=dict)
    workflow_runs_per_day: Count = 300_000


TOKEN = "simulated-token"  # noqa: S105 - opens nothing but this simulator
DIRECTORY = "POOL_000000000000001"
MAILING_LIST = "CG_000000000000001"


def _default_directories() -> Mapping[str, Directory]:
    lists = {MAILING_LIST: MailingList()}
    rules: tuple[tuple[MatchField, ...], ...] = (("extRef",), ("email",))
    return {DIRECTORY: Directory(is_default=True, merge_rules=rules, mailing_lists=lists)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Every switch; the defaults are a brand with one user, one directory and one mailing list.

    `latency` is seconds per call, or a range to draw from. `tokens` and `bearer_tokens` name the
    user that each stands for. `seed` leads all chance, so that a run can be repeated.
    """

    seed: int = 0
    latency: Seconds | tuple[Seconds, Seconds] = 0.0
    body_bytes: Count = 5_000_000
    content_type_checked: bool = True
    tokens: Mapping[str, str] = field(default_factory=lambda: {TOKEN: USER})
    bearer_tokens: Mapping[str, str] = field(default_factory=dict)
    users: Mapping[str, User] = field(default_factory=lambda: {USER: User()})
    directories: Mapping[str, Directory] = field(default_factory=_default_directories)
    data_centers: DataCenters = field(default_factory=DataCenters)
    errors: Errors = field(default_factory=Errors)
    contacts: Contacts = field(default_factory=Contacts)
    search: Search = field(default_factory=Search)
    pages: Pages = field(default_factory=Pages)
    transactions: Transactions = field(default_factory=Transactions)
    workflow: Workflow = field(default_factory=Workflow)
    faults: Faults = field(default_factory=Faults)
    limits: Limits = field(default_factory=Limits)
