"""What the rows of a port prescribe: a delivery, played step by step against the scripted partner.

A port describes a delivery once, with its departures in place. Without departures it has to be what
the reference did, and with them what we did. A departure has a row and a condition on the input:
the settings, the payload that the reference made of the event, and the partner's answers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any, Literal, NoReturn, TypeAlias
from urllib.parse import urljoin

from destination_kit import stringify_json
from destination_kit.errors import is_retryable, status_code_name
from destination_kit.http.codec import parse_retry_after
from tests.conformance.exchanges.records import Case, Ending, Exchange, Port, SentRequest
from tests.conformance.exchanges.script import TIMEOUT, Answer, ScriptedPartner

Then: TypeAlias = Literal["retry", "settings", "give up"]

#: Rows of the kit's HTTP client, which hold for every port (docs/differences.md).
REDIRECT, SETTINGS, WAIT, READ_AGAIN, MISSPELT, HALVES = "H1", "H2", "H3", "H4", "H5", "D4"
_DEADLINE = 30.0  # seconds of a delivery, as in `Live.send`
_FIRST_PAUSE = 2.0  # seconds after a 429 that names none
_MAX_REDIRECTS = 20  # of node-fetch
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_REFUSED_ACCESS = frozenset({401, 402, 403, 407})
_UNKNOWN_ADDRESS = frozenset({*range(300, 400), 404, 405, 410, 421})


_HALVES = re.compile("[\ud800-\udfff]")


class EndedError(Exception):
    """The delivery has ended."""

    def __init__(self, ending: Ending) -> None:
        self.ending = ending


class Delivery:
    """One delivery as it is prescribed: its requests so far, and the rows that it departs by."""

    def __init__(self, case: Case, *, departing: bool, has_rate_limits: bool) -> None:
        self.case = case
        self.settings: Mapping[str, Any] = case["settings"]
        #: The one subscription's mapping; empty for an audience function.
        self.mapping: Mapping[str, Any] = {}
        for subscription in self.settings["subscriptions"]:
            self.mapping = subscription["mapping"]
        #: The rows by which the delivery departs from the reference's.
        self.rows: set[str] = set()
        self.partner = ScriptedPartner(case["script"])
        self._departing = departing
        self._has_rate_limits = has_rate_limits

    def departs(self, row: str, condition: object) -> bool:
        """Return whether a row's condition holds, and note the row. The reference never departs."""
        if not (self._departing and condition):
            return False
        self.rows.add(row)
        return True

    def fail(self, code: str, then: Then = "give up") -> NoReturn:
        """End the delivery with a failure."""
        raise EndedError(Ending("failed", code, then))

    def succeed(self, returned: object) -> NoReturn:
        """End with what an audience function returns."""
        raise EndedError(Ending("delivered", returned=json_text(returned)))

    def refuse_payload(self) -> NoReturn:
        """End the delivery before any request, since its payload cannot be sent."""
        self.fail("PAYLOAD_VALIDATION_FAILED")

    def refuse_instance(self) -> NoReturn:
        """End the delivery since the instance cannot be configured."""
        raise EndedError(Ending("refused"))

    def crash(self) -> NoReturn:
        """End as the reference does by a TypeError, which it counts as a status of 500."""
        self.fail("CRASH", "retry")

    def request(
        self,
        method: str,
        url: str,
        body: object = None,
        *,
        token: str | None = None,
        address_field: str = "",
    ) -> Answer:
        """Return a 2xx answer. Any other ends the delivery, unless it departs there.

        `address_field` is the field whose value is in the URL: of the mapping or of the event.
        """
        content = "" if body is None else json_text(body)
        # The reference names the type even of an empty body.
        content_type = None if method == "GET" else "application/json"
        sent = SentRequest(method, url, token, content_type, content)
        answer = self._ask_patiently(sent)
        if "fails" in answer:
            self.fail("NO_RESPONSE", "retry")
        status = answer["status"]
        if not 200 <= status < 300:
            self.check_answer(answer)
            self.fail_on_status(status, address_field)
        return answer

    def check_answer(self, answer: Answer) -> None:
        """End the delivery where a refusal means more than its status. A port may add such."""

    def fail_on_status(self, status: int, address_field: str) -> NoReturn:
        """End the delivery by the status of a refusal."""
        code = self.code_of(status)
        is_address = status in _UNKNOWN_ADDRESS and self.is_literal(address_field)
        if self.departs(SETTINGS, status in _REFUSED_ACCESS or is_address):
            self.fail("INVALID_AUTHENTICATION" if status == 401 else code, "settings")
        self.fail(code, "retry" if is_retryable(status) else "give up")

    def code_of(self, status: int) -> str:
        """Return the code of a refusal."""
        is_moved = status == HTTPStatus.MOVED_PERMANENTLY
        if is_moved and not self.departs(MISSPELT, is_moved):
            return "MOVED_PERMENANTLY"
        return status_code_name(status)

    def is_literal(self, field: str) -> bool:
        """Return whether the mapping gives a field as it is, so that no event can change it."""
        return not field or isinstance(self.mapping.get(field), str)

    def _ask_patiently(self, sent: SentRequest) -> Answer:
        answer = self._ask(sent)
        is_read = sent.method == "GET" or sent.url.partition("?")[0].endswith("/search")
        broke = answer.get("fails", TIMEOUT) != TIMEOUT
        if self.departs(READ_AGAIN, is_read and broke):
            answer = self._ask(sent)
        if answer.get("status") == 429 and self._has_rate_limits:
            seconds = parse_retry_after(answer["headers"].get("retry-after", "")) or _FIRST_PAUSE
            if self.departs(WAIT, seconds < _DEADLINE):
                answer = self._ask(sent)
        return answer

    def _ask(self, sent: SentRequest, redirects: int = 0) -> Answer:
        answer = self.partner.answer(sent)
        location = answer.get("headers", {}).get("location")
        is_redirect = answer.get("status") in _REDIRECTS and location is not None
        if not is_redirect or self.departs(REDIRECT, is_redirect):
            return answer
        if redirects == _MAX_REDIRECTS:
            return {"fails": "max-redirect"}
        target = replace(sent, url=urljoin(sent.url, location))
        if answer["status"] == 303 or (answer["status"] < 303 and sent.method == "POST"):
            target = replace(target, method="GET", body="")
        return self._ask(target, redirects + 1)


def prescribe(
    port: Port, case: Case, theirs: Exchange, payload: Mapping[str, Any] | None, *, departing: bool
) -> tuple[Exchange, frozenset[str]]:
    """Return the exchange that a port prescribes, and the rows by which it departs."""
    make = port.delivery or Delivery
    delivery = make(case, departing=departing, has_rate_limits=port.has_rate_limits)
    try:
        _deliver(port, delivery, theirs, payload)
        ending = Ending("delivered")
    except EndedError as ended:
        ending = ended.ending
    return Exchange(tuple(delivery.partner.requests), ending), frozenset(delivery.rows)


def _deliver(
    port: Port, delivery: Delivery, theirs: Exchange, payload: Mapping[str, Any] | None
) -> None:
    if port.check_settings:
        port.check_settings(delivery)
    if theirs.ending.kind == "skipped":
        raise EndedError(theirs.ending)
    payload = delivery.case.get("audience", payload)
    if payload is None:  # `make conformance` compares which payloads are refused
        delivery.refuse_payload()
    if delivery.departs(HALVES, _has_half(payload)):
        payload = _mended(payload)
    port.deliveries[_name_of(delivery.case)](delivery, payload)


def _name_of(case: Case) -> str:
    name: str = case.get("function") or case["settings"]["subscriptions"][0]["partnerAction"]
    return name


def json_text(value: object) -> str:
    """Return JSON as JavaScript writes it, with half a surrogate pair as an escape."""
    return _HALVES.sub(lambda half: f"\\u{ord(half[0]):04x}", stringify_json(value) or "")


def _has_half(value: object) -> bool:
    return bool(_HALVES.search(stringify_json(value) or ""))


def _mended(value: Any) -> Any:
    if isinstance(value, str):
        return _HALVES.sub("\N{REPLACEMENT CHARACTER}", value)
    if isinstance(value, list):
        return [_mended(each) for each in value]
    if isinstance(value, dict):
        return {_mended(name): _mended(each) for name, each in value.items()}
    return value
