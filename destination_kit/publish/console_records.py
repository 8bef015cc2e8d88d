"""Plain JSON of problems, failures, previews, credentials and exchanges, for a console."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from destination_kit._json import copy_json
from destination_kit.errors import DestinationKitError
from destination_kit.results import Delivered, Failed, Skipped

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject
    from destination_kit.dynamic_choices import Choices
    from destination_kit.errors import Problem
    from destination_kit.exchanges import Exchange
    from destination_kit.results import SubscriptionResult
    from destination_kit.runtime import Preview, Request


class ConsoleError(DestinationKitError):
    """A request of a console that has no answer; `record` is what to respond with."""

    def __init__(self, code: str, message: str, problems: Iterable[Problem] = ()) -> None:
        super().__init__(message)
        #: `UNKNOWN` for a name that does not exist, `REQUEST` for a request of the wrong shape,
        #: `CONFIGURATION` for a document with problems, else the code of the partner's failure.
        self.code = code
        #: What is wrong with the document, each with a JSON Pointer.
        self.problems = tuple(problems)

    @property
    def record(self) -> dict[str, Json]:
        """The error as JSON."""
        problems = [problem_record(problem) for problem in self.problems]
        return {"code": self.code, "message": str(self), "problems": problems}


def problem_record(problem: Problem) -> JsonObject:
    """Return a problem or a warning."""
    return {
        "path": problem.path,
        "code": problem.code,
        "message": problem.message,
        "severity": problem.severity,
    }


def failure_record(failed: Failed) -> JsonObject:
    """Return a failure."""
    return {
        "code": failed.code,
        "message": failed.message,
        "remedy": failed.remedy,
        "retryable": failed.retryable,
        "retryAfter": failed.retry_after,
        "outcome": failed.outcome,
        "problems": [problem_record(problem) for problem in failed.problems],
    }


def preview_record(preview: Preview | None) -> dict[str, Json]:
    """Return what a subscription would send; nothing where its trigger does not match."""
    if preview is None or preview.unmet is not None:
        nothing: dict[str, Json] = {"payload": None, "requests": [], "failed": None}
        return {"matches": False, "unmet": preview.unmet if preview else None} | nothing
    return {
        "matches": True,
        "unmet": None,
        "payload": copy_json(preview.payload),
        "requests": [_request_record(request) for request in preview.requests],
        "failed": failure_record(preview.failed) if preview.failed else None,
    }


def _request_record(request: Request) -> JsonObject:
    return {
        "method": request.method,
        "url": request.url,
        "headers": dict(request.headers),
        "body": copy_json(request.body),
        "assumption": request.assumption,
    }


def choices_record(page: Choices) -> dict[str, Json]:
    """Return a page of choices, as `choices.schema.json` describes it."""
    choices = [{"value": choice.value, "label": choice.label} for choice in page.choices]
    return {"choices": choices, "next_page": page.next_page}


def delivery_record(delivered: SubscriptionResult) -> dict[str, Json]:
    """Return the result of an event in a subscription, with the requests that led to it."""
    record: dict[str, Json] = {"subscription": delivered.subscription, "action": delivered.action}
    match delivered.result:
        case Delivered(response):
            record |= {"status": "delivered", "response": copy_json(response)}
        case Failed() as failed:
            record |= {"status": "failed", "failed": failure_record(failed)}
        case Skipped(reason):
            record |= {"status": "skipped", "reason": reason}
    return record | {"exchanges": [_exchange_record(each) for each in delivered.exchanges]}


def _exchange_record(exchange: Exchange) -> JsonObject:
    return {
        "method": exchange.method,
        "url": exchange.url,
        "status": exchange.status,
        "requestId": exchange.request_id,
        "body": exchange.body,
        "error": exchange.error,
        "seconds": exchange.seconds,
    }
