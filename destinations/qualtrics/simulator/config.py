"""The simulator's configuration: one JSON document, as frozen records.

A JSON key is the attribute's name in camelCase, so `merge_rules` is `mergeRules`. The annotations
are the types and bounds that `record_loader` enforces. A key that the document leaves out keeps its
default. Where Qualtrics documents nothing, an option lets a test try each behaviour.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from destinations.qualtrics.simulator.import_config import ImportSettings
from destinations.qualtrics.simulator.record_loader import Between

Count = Annotated[int, Between(1)]
Seconds = Annotated[float, Between(0)]
Probability = Annotated[float, Between(0, 1)]
MatchField = Literal["email", "extRef", "firstName", "lastName", "phone"]

DEFAULT_USER_ID = "UR_000000000000001"
DEFAULT_TOKEN = "simulated-token"  # noqa: S105 - it gives access to this simulator only
DEFAULT_DIRECTORY_ID = "POOL_000000000000001"
DEFAULT_MAILING_LIST_ID = "CG_000000000000001"

# Qualtrics reserves `Points` and the names of its default fields, but lists none of these
# (https://www.qualtrics.com/support/iq-directory/directory-contacts-tab/adding-directory-contacts).
# We guess that they are the fields of the API.
RESERVED_NAMES = (
    *("Points", "firstName", "lastName", "email", "phone", "extRef"),
    *("externalDataReference", "language", "unsubscribed"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A Qualtrics user, as `GET /API/v3/whoami` shows the owner of a token."""

    user_name: str = "operator@example.com#simulated"
    brand_id: str = "simulated"
    account_type: str = "UT_BRANDADMIN"
    first_name: str = "Olive"
    last_name: str = "Operator"
    email: str = "operator@example.com"
    language: str = "EN"
    #: Ids of the directories that the user may use; null allows all of them.
    directories: tuple[str, ...] | None = None
    #: Whether the user may list directories; a client may use one that it cannot list.
    may_list_directories: bool = True
    #: The scopes of the user, such as `manage:directory_contacts`; null allows everything.
    scopes: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InitialContact:
    """A contact that a directory holds from the start."""

    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    phone: str | None = None
    ext_ref: str | None = None
    language: str | None = None
    unsubscribed: bool | None = None
    embedded_data: Mapping[str, str | float | bool] | None = None
    #: Ids of the mailing lists that the contact is a member of.
    lists: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class InitialMailingList:
    """A mailing list that a directory holds from the start."""

    name: str = "Customers"
    owner_id: str = DEFAULT_USER_ID


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """An XM Directory: its merge rules, and its lists and contacts at the start."""

    #: The name in listings; Qualtrics allows null.
    name: str | None = "Customers"
    is_default: bool = False
    #: Up to three rules, tried in order. A rule matches when all of its fields match.
    merge_rules: tuple[tuple[MatchField, ...], ...] = ()
    #: The `deduplicationCriteria` that listings report; null derives them from the merge rules.
    deduplication_criteria: Mapping[str, bool] | None = None
    #: An XM Directory Lite, which refuses to search and list contacts, and transactions.
    lite: bool = False
    #: Mailing lists by id.
    mailing_lists: Mapping[str, InitialMailingList] = field(default_factory=dict)
    contacts: tuple[InitialContact, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DataCenterSettings:
    """The brand's data center, and the others that proxy requests to it."""

    #: The data center that serves the brand.
    home: str = "iad1"
    # No public source lists all data centers. These ids occur in public code and issues, such as
    # https://github.com/ropensci/qualtRics/issues/255. A client with another one gets 421.
    #: The data centers that accept requests for the brand and proxy them to `home`.
    proxied: tuple[str, ...] = ("az1", "ca1", "eu", "fra1", "pdx1", "sjc1", "syd1", "yul1")
    #: The data center that whoami reports; null reports `home`.
    whoami: str | None = None
    #: The data center that the proxy notice recommends; null recommends `home`.
    notice_host: str | None = None
    #: Seconds that a proxied request takes longer.
    proxied_delay: Seconds = 0.0
    #: Whether proxied POST requests succeed; at Qualtrics some have failed with status 400.
    proxied_posts: Literal["succeed", "fail"] = "succeed"
    #: Whether `brand.iad1.qualtrics.com` is a host too, as public clients document it.
    brand_hosts: bool = True
    #: Whether a Host header with a loopback address reaches the `home` data center.
    loopback: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorSettings:
    """The `errorCode` of each kind of error, and the shape of error bodies.

    Qualtrics documents none of these codes. Null leaves the code out of the body.
    """

    #: The code of every 4xx status that has no option of its own.
    validation: str | None = "SIM_VALIDATION"
    forbidden: str | None = "SIM_FORBIDDEN"
    #: The code of a credential that belongs to no user, as live responses have it.
    unauthorized: str | None = "DCD_7"
    # No public source names the status. A partner that hides which directories exist sends 403.
    #: The status of a directory that does not exist.
    unknown_directory_status: Literal[403, 404] = 404
    not_found: str | None = "SIM_NOT_FOUND"
    too_many_requests: str | None = "SIM_TOO_MANY_REQUESTS"
    #: The code of every 5xx status.
    server: str | None = "SIM_SERVER"
    #: The status of a request without a credential, whose code is `ATP_2`.
    missing_credential_status: Literal[400, 401] = 400
    #: The status of an unknown credential, whose code is `DCD_7`.
    unknown_credential_status: Literal[401, 403] = 401
    #: The status of a request for a contact that does not exist.
    missing_contact_status: Literal[400, 404] = 404
    #: Whether a missing permission is refused before or after a request with a wrong content.
    permission_checked: Literal["first", "last"] = "first"
    #: Whether error messages repeat the body of the request, data about people included.
    echoed_bodies: bool = False
    #: Whether bodies have the older keys `qualtricsErrorCode`, `internalErrorCode`, `meta.status`.
    old_shape: bool = False
    #: Whether `meta.requestId` is an empty string, as some responses of Qualtrics have it.
    empty_request_ids: bool = False
    #: Texts for `meta.httpStatus` by status, for bodies that disagree with the real status.
    status_texts: Mapping[str, str] = field(default_factory=dict)
    # We know no public response with the header. The default is seconds, because one connector
    # expects them (`qualtrics_api_doc.md` in
    # https://github.com/databrickslabs/lakeflow-community-connectors).
    #: The form of the `Retry-After` header in responses with status 429.
    retry_after: Literal["none", "seconds", "date"] = "seconds"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactSettings:
    """Validation of contact bodies, and the effect of writing to an existing contact."""

    #: Whether the format of `email`, `phone` and `language` is checked.
    email_checked: bool = False
    phone_checked: bool = False
    language_checked: bool = False
    # Bulk imports refuse null (`ContactImportsApi.java` in
    # https://github.com/wtx-labs/qualtrics-api-client-java). We guess that these bodies do so too.
    # The stricter default finds clients that send null.
    #: The treatment of null values in a body.
    nulls: Literal["ignore", "refuse"] = "refuse"
    #: The treatment of keys that a contact body does not have.
    unknown_keys: Literal["ignore", "refuse"] = "refuse"
    # No public source names a limit for the fields of a contact. 1,000 is a guess, near the 1,024
    # of embedded data.
    #: The treatment of a name or value that is too long.
    too_long: Literal["refuse", "cut"] = "refuse"
    #: The longest text of a contact's own field, in characters.
    field_length: Count = 1000
    #: The longest name and value of embedded data, in characters, as Qualtrics documents them.
    embedded_name_length: Count = 200
    embedded_value_length: Count = 1024
    #: Whether names of embedded data that differ only in case are different names.
    embedded_names_case_sensitive: bool = False
    #: Names that embedded data may not have, compared without case.
    reserved_names: tuple[str, ...] = RESERVED_NAMES
    #: Whether a new contact must have all fields of at least one merge rule.
    identity_required: bool = False
    #: The step after a merge rule without a match: try the next rule, or create a contact.
    unmatched_rule: Literal["next", "stop"] = "next"
    #: Whether PUT keeps or clears the fields that its body lacks.
    put_fields: Literal["keep", "clear"] = "keep"
    #: Whether PUT merges embedded data into the stored data or replaces it.
    put_embedded_data: Literal["merge", "replace"] = "merge"
    # A merge overwrites stored fields:
    # https://www.qualtrics.com/support/iq-directory/directory-settings-tab/automatic-deduplication
    # No public source says whether `false` ends an opt-out. The default is the worse case for a
    # client that sends `false` with each event.
    #: Whether `unsubscribed: false` ends an opt-out.
    false_resubscribes: bool = True
    #: The prefix of the ids that a contact has on a mailing list.
    lookup_prefix: str = "CGC_"


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchSettings:
    """Search lag and depth."""

    #: Seconds until search finds a write.
    lag: Seconds = 0.0
    #: The number of contacts after which paging is refused, as Qualtrics documents it.
    depth: Count = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSettings:
    """Page sizes, both largest and default, by listing."""

    directories: Count = 100
    contacts: Count = 100
    search: Count = 100
    mailing_lists: Count = 100
    list_contacts: Count = 50
    transactions: Count = 100
    #: The treatment of a `pageSize` over the largest one.
    oversize: Literal["clamp", "refuse"] = "refuse"
    # The placeholder is the text "string", at which the R client qualtRics stops (R/all_surveys.R
    # in https://github.com/ropensci/qualtRics). A client that takes it for a URL fails.
    #: The `nextPage` of the last page: null, no such key, or the placeholder `string`.
    last: Literal["null", "absent", "placeholder"] = "null"
    #: The host in `nextPage`; null repeats the host of the request.
    next_host: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionSettings:
    """Validation of transactions, and random failures of single entries."""

    # No public source names a maximum. 100 is the batch size of the destination, so only tests that
    # set less see a refused call.
    #: The largest number of transactions in one request.
    entries_per_call: Count = 100
    #: The status of a request with more transactions.
    too_many_status: Literal[400, 413] = 400
    #: The status of a call with unprocessed transactions.
    partial_status: Literal[200, 207] = 200
    #: The probability that a valid transaction comes back as unprocessed.
    unprocessed_share: Probability = 0.0
    # The only public source is `CreateContactTransactionResponse` in the reference's
    # qualtricsApiClient.ts. Other errors of Qualtrics say `errorCode`.
    #: The key of the error code of an unprocessed transaction.
    code_key: Literal["error", "errorCode"] = "error"
    #: Whether an invalid transaction comes back as unprocessed, or the whole request is refused.
    invalid_entry: Literal["unprocessed", "refuse-request"] = "unprocessed"
    #: Whether a temporary id may occur in a second request for the same directory.
    repeated_ids: Literal["accept", "refuse"] = "accept"
    #: The form of `transactionDate`: `2026-01-31 23:59:59` or `2026-01-31T23:59:59Z`.
    date_form: Literal["spaced", "iso"] = "spaced"
    #: Whether values of `data` may be numbers and booleans, or texts only.
    data_values: Literal["scalars", "texts"] = "scalars"
    # No public source says when a listing shows a transaction.
    #: Seconds until the listing of a contact's transactions shows a new one.
    listing_lag: Seconds = 0.0
    id_prefix: str = "CTR_"
    mailing_list_required: bool = True
    date_required: bool = True
    #: Whether the contact must be a member of the mailing list.
    membership_required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowSettings:
    """Validation and responses of workflow URLs."""

    # The reference's tests mock 202 (triggerXflowWorkflow/__tests__/index.test.ts). Other public
    # clients read the envelope of a 200 and would fail without it, so 200 is the default.
    #: The status of an accepted event.
    status: Literal[200, 202] = 200
    #: The body of the response: the usual envelope, or none.
    body: Literal["envelope", "empty"] = "envelope"
    #: Whether a request needs credentials, which each workflow decides at Qualtrics.
    token_checked: bool = False
    #: The accepted values of the query parameter `urlTokenId`; null accepts any.
    url_tokens: tuple[str, ...] | None = None
    #: The largest body, as Qualtrics documents it for JSON events.
    payload_bytes: Count = 100 * 1024
    #: The status of a request with a larger body.
    too_large_status: Literal[400, 413] = 413


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultSettings:
    """Injected faults: error statuses and connection resets, random or by script."""

    #: The probability of each error status, such as `{"503": 0.1}`.
    statuses: Mapping[str, Probability] = field(default_factory=dict)
    #: The probability that a 5xx fault has the HTML body of a gateway.
    html: Probability = 0.0
    #: The probability that a 5xx fault comes after the write took effect.
    late: Probability = 0.0
    #: The probability of a connection reset before the write.
    reset_before: Probability = 0.0
    #: The probability of a connection reset after the write.
    reset_after: Probability = 0.0
    # A gateway may give up while the API still works on a request.
    #: How many seconds a write without a response may take to show, at most; each draws its own.
    applied_late: Seconds = 0.0
    #: The outcomes of the first requests, one entry each, before chance decides.
    #: An entry is `ok`, `reset-before`, `reset-after`, or a status such as `503-html-late`.
    script: tuple[str, ...] = ()
    #: Routes that faults are limited to, such as `POST /API/v3/…`; empty means all routes.
    only: tuple[str, ...] = ()
    #: The `Retry-After` of an injected 429.
    retry_after_seconds: Count = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimitSettings:
    """Rate limits in requests per minute, for the brand and for each route."""

    enabled: bool = False
    #: How many times faster than real time the limits run; 60 makes a minute a second.
    time_scale: Annotated[float, Between(0.001)] = 1.0
    #: Requests per minute over all routes of the brand.
    brand: Count = 3000
    #: Requests per minute by route; they replace the documented limits of those routes.
    routes: Mapping[str, Count] = field(default_factory=dict)
    workflow_runs_per_day: Count = 300_000


def _default_directories() -> Mapping[str, Directory]:
    directory = Directory(
        is_default=True,
        merge_rules=(("extRef",), ("email",)),
        mailing_lists={DEFAULT_MAILING_LIST_ID: InitialMailingList()},
    )
    return {DEFAULT_DIRECTORY_ID: directory}


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Every option of a simulator.

    The defaults describe a brand with one user, one directory and one mailing list.
    """

    #: The seed of all random numbers and ids, so that a run can be repeated.
    seed: int = 0
    #: Seconds that a request takes, or the bounds of a range to draw from.
    latency: Seconds | tuple[Seconds, Seconds] = 0.0
    #: The largest body of a request; Qualtrics accepts uploads of 5 MB.
    body_bytes: Count = 5_000_000
    #: Whether a request with a body needs `Content-Type: application/json`.
    content_type_checked: bool = True
    #: User ids by API token.
    tokens: Mapping[str, str] = field(default_factory=lambda: {DEFAULT_TOKEN: DEFAULT_USER_ID})
    #: User ids by OAuth access token.
    bearer_tokens: Mapping[str, str] = field(default_factory=dict)
    #: Users by id.
    users: Mapping[str, User] = field(default_factory=lambda: {DEFAULT_USER_ID: User()})
    #: Directories by id.
    directories: Mapping[str, Directory] = field(default_factory=_default_directories)
    data_centers: DataCenterSettings = field(default_factory=DataCenterSettings)
    errors: ErrorSettings = field(default_factory=ErrorSettings)
    contacts: ContactSettings = field(default_factory=ContactSettings)
    search: SearchSettings = field(default_factory=SearchSettings)
    pages: PageSettings = field(default_factory=PageSettings)
    transactions: TransactionSettings = field(default_factory=TransactionSettings)
    imports: ImportSettings = field(default_factory=ImportSettings)
    workflow: WorkflowSettings = field(default_factory=WorkflowSettings)
    faults: FaultSettings = field(default_factory=FaultSettings)
    limits: RateLimitSettings = field(default_factory=RateLimitSettings)
