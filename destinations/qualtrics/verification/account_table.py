"""The checks of the account: the fact, the question, the calls, the answer and the switch of each."""

from __future__ import annotations

from typing import Final

from destination_kit.verification import Check, Expectation, anything, exactly, one_of
from destinations.qualtrics.verification import account_checks as account

_STATUS_404: Final = Expectation("status 404", lambda seen: _status(seen) == 404)  # noqa: PLR2004 - RFC 9110, 15.5.5
_STATUS_400: Final = Expectation(
    "status 400, not with the code of a missing token",
    lambda seen: isinstance(seen, dict) and seen == {**seen, "status": 400} and _is_other(seen),
)
_STATUS_2XX: Final = Expectation("a status 2xx", lambda seen: str(_status(seen)).startswith("2"))


def _status(seen: object) -> object:
    return seen.get("status") if isinstance(seen, dict) else None


def _is_other(seen: dict[str, object]) -> bool:
    return seen.get("code") not in {"ATP_2", "DCD_7"}


ACCOUNT_CHECKS: Final = (
    Check(
        name="data-center-notice",
        fact="The data center of the settings serves the account itself.",
        question="Does whoami bring a notice that recommends another host?",
        expected=exactly("none"),
        switch="dataCenters.home",
        calls=0,
        run=account.check_notice,
        configure=account.configure_notice,
    ),
    Check(
        name="whoami-data-center",
        fact="The notice names the data center to set, and whoami may name another one.",
        question="Does whoami name the data center that serves the account?",
        expected=anything(),
        switch="dataCenters.whoami",
        calls=0,
        run=account.check_whoami,
        configure=account.configure_whoami,
    ),
    Check(
        name="unknown-token",
        fact="A token that Qualtrics does not know gets status 401 and the code DCD_7.",
        question="What does a request with a made-up token get?",
        expected=exactly({"status": 401, "code": "DCD_7"}),
        switch="errors.unauthorized",
        calls=1,
        run=account.check_unknown_token,
        configure=account.configure_unknown_token,
    ),
    Check(
        name="missing-contact",
        fact="A contact that does not exist gets status 404.",
        question="What does a read of a contact that does not exist get?",
        expected=_STATUS_404,
        switch="errors.notFound",
        calls=1,
        run=account.check_missing_contact,
        configure=account.configure_missing_contact,
    ),
    Check(
        name="invalid-request",
        fact="An invalid request gets status 400, without the code of a missing token.",
        question="What does a search with an unknown filter get?",
        expected=_STATUS_400,
        switch="errors.validation",
        calls=1,
        run=account.check_invalid_filter,
        configure=account.configure_invalid_filter,
    ),
    Check(
        name="unknown-directory",
        fact="A directory that does not exist gets status 403 or 404.",
        question="What does a read of a directory that does not exist get?",
        expected=Expectation("status 403 or 404", lambda seen: _status(seen) in {403, 404}),
        switch="errors.unknownDirectoryStatus",
        calls=1,
        run=account.check_unknown_directory,
        configure=account.configure_unknown_directory,
    ),
    Check(
        name="older-error-keys",
        fact="Error bodies have either shape of keys.",
        question="Do error bodies have meta.status in place of meta.httpStatus?",
        expected=anything(),
        switch="errors.oldShape",
        calls=1,
        run=account.check_error_shape,
    ),
    Check(
        name="empty-request-ids",
        fact="The id of a request may be empty.",
        question="Is meta.requestId of a response empty?",
        expected=anything(),
        switch="errors.emptyRequestIds",
        calls=0,
        run=account.check_request_ids,
    ),
    Check(
        name="last-page",
        fact="A last page has the nextPage null, none, or the text `string`.",
        question="What is nextPage on the last page of the mailing lists?",
        expected=one_of("null", "absent", "placeholder"),
        switch="pages.last",
        calls=0,
        run=account.check_last_page,
    ),
    Check(
        name="page-size",
        fact="The destination takes pages of the default size.",
        question="Is a page size over the largest one refused?",
        expected=anything(),
        switch="pages.oversize",
        calls=1,
        run=account.check_page_size,
    ),
)
LAST_CHECKS: Final = (
    Check(
        name="next-page-host",
        fact="The URL of a next page is on the host of the request.",
        question="On which host is the next page of contacts?",
        expected=exactly("same"),
        switch="pages.nextHost",
        calls=1,
        run=account.check_next_host,
        configure=account.configure_next_host,
    ),
    Check(
        name="workflow-response",
        fact="A workflow accepts an event with a status 2xx.",
        question="Which status and body does the workflow of the instance return?",
        expected=_STATUS_2XX,
        switch="workflow.status",
        calls=1,
        run=account.check_workflow,
        writes="an event that starts the workflow of the instance",
        configure=account.configure_workflow,
    ),
    Check(
        name="retry-after",
        fact="A 429 may have a Retry-After in seconds or as a date.",
        question="Which form has it, after more than 10 reads of an export in a minute?",
        expected=one_of("seconds", "date", "none"),
        switch="errors.retryAfter",
        calls=2 * account.EXPORT_READS,
        run=account.check_retry_after,
    ),
    Check(
        name="too-many-requests-code",
        fact="The destination does not rely on the code of a 429.",
        question="Which code has a 429?",
        expected=anything(),
        switch="errors.tooManyRequests",
        calls=0,
        run=account.check_rate_code,
    ),
)
