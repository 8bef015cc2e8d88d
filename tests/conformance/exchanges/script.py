"""The scripted partner: answers by method and path, the same ones for both sides.

A script is a list of rules `{"method", "path", "filters"?, "answers"}`. The first rule counts whose
method is the request's, whose path ends that of the request, and whose filter types are those of
the search. Each call takes the next answer, and the last one stays. Any other request gets 404.

An answer is `{"status", "headers", "body"}`, or `{"fails": "ECONNREFUSED"}` where none comes. In
the body, `FIRST_KEY` stands for the first key of the request: the temporary id of a transaction.
`reference.mjs` does the same in JavaScript.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, TypeAlias

import httpx

from tests.conformance.exchanges.records import SentRequest

Answer: TypeAlias = dict[str, Any]

TIMEOUT = "timeout"
REFUSED = "ECONNREFUSED"
RESET = "ECONNRESET"
FIRST_KEY = "FIRST_KEY"
_NOT_FOUND: Answer = {"status": 404, "headers": {}, "body": ""}
_FAILURES = {
    TIMEOUT: httpx.ReadTimeout,
    REFUSED: httpx.ConnectError,
    RESET: httpx.ReadError,
}


class ScriptedPartner(httpx.AsyncBaseTransport):
    """A partner that follows a script and records what it is requested."""

    def __init__(self, script: Sequence[dict[str, Any]]) -> None:
        self.requests: list[SentRequest] = []
        self._rules = script
        self._calls = [0] * len(script)

    def answer(self, request: SentRequest) -> Answer:
        """Record a request and return its answer."""
        self.requests.append(request)
        for index, rule in enumerate(self._rules):
            if _matches(rule, request):
                answers = rule["answers"]
                answer = answers[min(self._calls[index], len(answers) - 1)]
                self._calls[index] += 1
                return _filled_in(answer, request)
        return _NOT_FOUND

    @property
    def used_rules(self) -> set[int]:
        """The positions of the rules that have answered."""
        return {index for index, calls in enumerate(self._calls) if calls}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request of httpx; raise its exception where the script has no answer."""
        answer = self.answer(
            SentRequest(
                request.method,
                str(request.url).partition("#")[0],
                request.headers.get("x-api-token") or request.headers.get("x-signature"),
                request.headers.get("content-type"),
                request.content.decode(),
            )
        )
        if "fails" in answer:
            raise _FAILURES[answer["fails"]](answer["fails"], request=request)
        content = answer["body"].encode()
        return httpx.Response(answer["status"], headers=answer["headers"], content=content)


def first_key(body: str) -> str:
    """Return the first key of a JSON object, "" where the text is none."""
    try:
        return next(iter(json.loads(body)), "")
    except (ValueError, TypeError):
        return ""


def _matches(rule: dict[str, Any], request: SentRequest) -> bool:
    path = request.url.partition("?")[0]
    if rule["method"] != request.method or not path.endswith(rule["path"]):
        return False
    return "filters" not in rule or rule["filters"] == _filter_types(request.body)


def _filter_types(body: str) -> list[str]:
    found = json.loads(body)["filter"]
    return sorted(each["filterType"] for each in found.get("filters", [found]))


def _filled_in(answer: Answer, request: SentRequest) -> Answer:
    if FIRST_KEY not in answer.get("body", ""):
        return answer
    return {**answer, "body": answer["body"].replace(FIRST_KEY, first_key(request.body))}
