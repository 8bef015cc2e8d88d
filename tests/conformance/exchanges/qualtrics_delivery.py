"""Deliveries of Qualtrics as the reference does them, with our departures in place."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

from destination_kit.errors import is_retryable
from tests.conformance.exchanges.prescription import Delivery, EndedError, json_text
from tests.conformance.exchanges.qualtrics_values import DATES, Moment
from tests.conformance.exchanges.script import Answer

Payload: TypeAlias = Mapping[str, Any]
Contact: TypeAlias = tuple[str, str]
"""Id and extRef of a contact that a search has found."""

#: Rows of docs/differences.md.
UNPROCESSED, NOT_CREATED, NESTED, NULL, CONTACT_DATA, LENGTHS, PAGES, SEVERAL = (
    f"Q{number}" for number in range(1, 9)
)
DATACENTER, WORKFLOW_URL, ANSWER, NO_PAYLOAD, SIZE = "Q9", "Q10", "Q11", "Q13", "Q15"
SEGMENTS, TOKEN, NOTICE, STRONGEST, OTHER_PERSON = "Q16", "Q18", "Q19", "Q34", "Q35"
BLANKS, NO_DATA, TWICE = "Q38", "Q39", "Q40"

_BODY: Final = ("firstName", "lastName", "phone", "email", "extRef", "unsubscribed", "language")
_IDENTIFIERS: Final = ("extRef", "phone", "email")
_STRENGTH: Final = ("extRef", "email", "phone")
_LABEL = "[A-Za-z0-9][A-Za-z0-9-]{0,62}"
_WORKFLOW = re.compile(
    r"https://[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+/inbound-event(/[\w~-][\w.~-]*)+/?(\?[!\"$-~]*)?",
    re.ASCII,
)
#: What no header can hold, as node-fetch has it.
_NO_HEADER = re.compile("[^\\t\\x20-\\x7e\\x80-\\xff]")
_MAX_WORKFLOW_BYTES = 102_400
_MAX_ID_LENGTH = 100
_MAX_PAGES = 100


class QualtricsDelivery(Delivery):
    """A delivery whose refusals may name a missing token, or another data center."""

    def check_answer(self, answer: Answer) -> None:
        """End the delivery where the answer blames the credentials or the data center."""
        meta = _object(_object(_json(answer["body"])).get("meta"))
        is_token = _object(meta.get("error")).get("errorCode") == "ATP_2"
        if self.departs(TOKEN, is_token):
            self.fail("INVALID_AUTHENTICATION", "settings")
        is_final = answer["status"] != 401 and not is_retryable(answer["status"])
        if self.departs(NOTICE, meta.get("notice") and is_final):
            self.fail(self.code_of(answer["status"]), "settings")


def check_settings(delivery: Delivery) -> None:
    """Refuse an instance without a token or a data center that can be a host."""
    token, datacenter = (delivery.settings.get(name) for name in ("apiToken", "datacenter"))
    if not re.fullmatch("[!-~]+", token or "") and delivery.departs(TOKEN, condition=True):
        delivery.refuse_instance()
    is_host = re.fullmatch(rf"\s*{_LABEL}(\.{_LABEL})?\s*", datacenter or "")
    if delivery.departs(DATACENTER, not is_host):
        delivery.refuse_instance()


def add_contact(delivery: Delivery, payload: Payload) -> None:
    """Create the contact of an identify event."""
    _create_contact(delivery, payload, _contact_body(delivery, payload))


def upsert_transaction(delivery: Delivery, payload: Payload) -> None:
    """Create a transaction, after a lookup of its contact where its id is not mapped."""
    date = _date(delivery, payload)
    contact_id = payload.get("contactId") or _find_or_create(delivery, payload)
    transaction = {
        "contactId": contact_id,
        "mailingListId": payload["mailingListId"],
        "data": _transaction_data(delivery, payload),
        "transactionDate": date,
    }
    body = {"r" * 16: {key: value for key, value in transaction.items() if value is not None}}
    answer = _post(delivery, payload, body, "transactions")
    result = _object(_result(delivery, answer))
    if delivery.departs(UNPROCESSED, "r" * 16 in _object(result.get("unprocessedTransactions"))):
        delivery.fail("TRANSACTION_UNPROCESSED")
    created = _object(_object(result.get("createdTransactions")).get("r" * 16))
    if delivery.departs(NOT_CREATED, not _is_id(created.get("id"))):
        delivery.fail("UNEXPECTED_ANSWER")


def start_workflow(delivery: Delivery, payload: Payload) -> None:
    """Send the payload to the workflow's URL."""
    url, event = payload["workflowUrl"], payload.get("eventPayload")
    if delivery.departs(WORKFLOW_URL, not _WORKFLOW.fullmatch(url)):
        delivery.refuse_payload()
    if delivery.departs(SIZE, _size(event) > _MAX_WORKFLOW_BYTES):
        delivery.refuse_payload()
    if delivery.departs(WORKFLOW_URL, not url.split("/")[2].endswith(".qualtrics.com")):
        is_literal = delivery.is_literal("workflowUrl")
        delivery.fail("HOST_NOT_ALLOWED", "settings" if is_literal else "give up")
    if delivery.departs(NO_PAYLOAD, event is None):
        event = {}
    _request(delivery, "POST", url, event, "workflowUrl")


def _find_or_create(delivery: Delivery, payload: Payload) -> str | None:
    body = _contact_body(delivery, payload)
    contacts = _find(delivery, payload)
    if len(contacts) == 1:
        return contacts[0][0]
    if not contacts:
        return _create_contact(delivery, payload, body, needs_id=True)
    is_ours = delivery.departs(SEVERAL, condition=True)
    return delivery.fail("MULTIPLE_CONTACTS_FOUND" if is_ours else "directory_lookup_error")


def _find(delivery: Delivery, payload: Payload) -> Sequence[Contact]:
    identifiers = {name: payload[name] for name in _IDENTIFIERS if name in payload}
    if delivery.departs(BLANKS, any(text != text.strip() for text in identifiers.values())):
        identifiers = {name: text.strip() for name, text in identifiers.items() if text.strip()}
    if not identifiers:
        delivery.refuse_payload()
    if not delivery.departs(STRONGEST, len(identifiers) > 1):
        return _search(delivery, payload, identifiers)
    return _find_by_strongest(delivery, payload, identifiers)


def _find_by_strongest(
    delivery: Delivery, payload: Payload, identifiers: Mapping[str, str]
) -> Sequence[Contact]:
    criteria = _criteria(delivery, payload)
    anonymous_id = str(delivery.case["event"].get("anonymousId") or "").strip()
    is_anonymous = bool(anonymous_id) and identifiers.get("extRef") == anonymous_id

    def weakness(name: str) -> tuple[bool, bool, int]:
        is_weak = name == "extRef" and is_anonymous
        return is_weak, not criteria.get(name), _STRENGTH.index(name)

    strongest = min(identifiers, key=weakness)
    found = _search(delivery, payload, {strongest: identifiers[strongest]})
    if len(found) > 1 and (narrowed := _search(delivery, payload, identifiers)):
        return narrowed
    own_ext_ref = "" if is_anonymous else identifiers.get("extRef", "").lower()
    own = {"", own_ext_ref, anonymous_id.lower()}
    others = [contact for contact in found if own_ext_ref and contact[1].strip().lower() not in own]
    if strongest == "extRef" or not others:
        return found
    if len(others) < len(found):
        return [contact for contact in found if contact not in others]
    by_ext_ref = _search(delivery, payload, {"extRef": identifiers["extRef"]})
    if delivery.departs(OTHER_PERSON, not by_ext_ref):
        delivery.fail("CONTACT_OF_ANOTHER")
    return by_ext_ref


def _criteria(delivery: Delivery, payload: Payload) -> Mapping[str, bool]:
    rows = set(delivery.rows)
    try:
        answer = _request(delivery, "GET", f"{_api(delivery)}/directories")
        directories = _elements(delivery, _result(delivery, answer))
    except EndedError as ended:
        if ended.ending.then == "retry" or ended.ending.code == "INVALID_AUTHENTICATION":
            raise
        delivery.rows = rows  # the refusal does not show in the ending
        return {}
    for directory in directories:
        if directory.get("directoryId") == payload["directoryId"]:
            criteria = _object(directory.get("deduplicationCriteria"))
            names = {name: name for name in _STRENGTH} | {"extRef": "externalDataReference"}
            return {name: criteria.get(names[name]) is True for name in names}
    return {}


def _search(
    delivery: Delivery, payload: Payload, identifiers: Mapping[str, str]
) -> Sequence[Contact]:
    filters = [
        {"filterType": name, "comparison": "eq", "value": value}
        for name, value in identifiers.items()
    ]
    one = {"filter": filters[0]}
    body = one if len(filters) == 1 else {"filter": {"conjunction": "and", "filters": filters}}
    found: list[Contact] = []
    query = ""
    for _ in range(_MAX_PAGES):
        answer = _post(delivery, payload, body, f"contacts/search{query}")
        result = _result(delivery, answer)
        found += [_contact(delivery, element) for element in _elements(delivery, result)]
        by_id = {contact_id: (contact_id, ext_ref) for contact_id, ext_ref in found}
        if delivery.departs(TWICE, len(by_id) < len(found)):
            found = list(by_id.values())
        more = _object(result).get("skipToken")
        if not delivery.departs(PAGES, len(found) < 2 and more):
            return found
        query = f"?skipToken={more}"
    return delivery.fail("UNEXPECTED_ANSWER")


def _elements(delivery: Delivery, result: object) -> Sequence[Mapping[str, Any]]:
    elements = _object(result).get("elements")
    if isinstance(elements, list):
        return [_object(element) for element in elements]
    if delivery.departs(ANSWER, condition=True):
        delivery.fail("UNEXPECTED_ANSWER")
    return delivery.crash()


def _contact(delivery: Delivery, element: Mapping[str, Any]) -> Contact:
    if delivery.departs(ANSWER, not _is_id(element.get("id"))):
        delivery.fail("UNEXPECTED_ANSWER")
    ext_ref = element.get("externalDataReference")
    return element.get("id"), ext_ref if isinstance(ext_ref, str) else ""


def _create_contact(
    delivery: Delivery, payload: Payload, body: object, *, needs_id: bool = False
) -> str | None:
    result = _result(delivery, _post(delivery, payload, body, "contacts"))
    contact_id = _object(result).get("id")
    if delivery.departs(ANSWER, not _is_id(contact_id)):
        delivery.fail("UNEXPECTED_ANSWER")
    if needs_id and result is None:
        delivery.crash()
    return contact_id


def _result(delivery: Delivery, answer: Answer) -> object:
    """Return `result` of a response, None where it has none."""
    parsed = _json(answer["body"])
    is_declared = "application/json" in answer["headers"].get("content-type", "")
    result = parsed.get("result") if isinstance(parsed, dict) else None
    if is_declared and isinstance(result, dict):
        return result
    if delivery.departs(ANSWER, condition=True):
        if isinstance(result, dict):
            return result
        delivery.fail("UNEXPECTED_ANSWER", "give up" if isinstance(parsed, dict) else "retry")
    if is_declared and parsed is None:
        delivery.crash()
    return result if is_declared else None


def _contact_body(delivery: Delivery, payload: Payload) -> Mapping[str, Any]:
    body = {name: payload[name] for name in _BODY if name in payload}
    data = payload.get("embeddedData")
    if data is None:
        return body
    if delivery.departs(CONTACT_DATA, any(not _is_scalar(value) for value in data.values())):
        data = _flat(data)
    lengths = ((len(name), len(str(value))) for name, value in data.items())
    if delivery.departs(LENGTHS, any(name > 200 or value > 1024 for name, value in lengths)):
        delivery.refuse_payload()
    return body if delivery.departs(NO_DATA, not data) else {**body, "embeddedData": data}


def _transaction_data(delivery: Delivery, payload: Payload) -> Mapping[str, Any]:
    data = payload.get("transactionData") or {}
    whole = {}
    for name, value in data.items():
        if _is_scalar(value):
            whole[name] = value
        elif not delivery.departs(NULL, value is None):
            is_nested = delivery.departs(NESTED, value is not None)
            whole[name] = json_text(value if is_nested else data)
    return whole


def _date(delivery: Delivery, payload: Payload) -> str:
    value = payload.get("transactionDate")
    if value is None:
        return _now(delivery)
    moment = DATES.get(value, Moment("", None, None))
    theirs = moment.theirs or _now(delivery)
    if not delivery.departs(moment.row, moment.ours != theirs):
        return theirs
    return moment.ours or delivery.refuse_payload()  # None is no date


def _now(delivery: Delivery) -> str:
    return str(delivery.case["now"])[:19].replace("T", " ")


def _post(delivery: Delivery, payload: Payload, body: object, resource: str) -> Answer:
    directory = payload["directoryId"]
    is_no_id = not directory.strip(".") or len(directory) > _MAX_ID_LENGTH
    if delivery.departs(SEGMENTS, is_no_id or not directory.isascii()):
        delivery.refuse_payload()
    # The reference's URLs are written by Node's `url.parse`, which encodes blanks alone.
    segment = directory.replace(" ", "%20")
    if delivery.departs(SEGMENTS, _encoded(directory) != segment):
        segment = _encoded(directory)
    url = f"{_api(delivery)}/directories/{segment}/{resource}"
    return _request(delivery, "POST", url, body, "directoryId")


def _request(
    delivery: Delivery, method: str, url: str, body: object = None, address_field: str = ""
) -> Answer:
    token = delivery.settings["apiToken"]
    if _NO_HEADER.search(token):
        delivery.crash()
    return delivery.request(
        method, url.partition("#")[0], body, token=token, address_field=address_field
    )


def _api(delivery: Delivery) -> str:
    datacenter = delivery.settings["datacenter"]
    if delivery.departs(DATACENTER, datacenter != datacenter.strip()):
        datacenter = datacenter.strip()
    host = (datacenter or "iad1").lower()
    # Node's `url.parse` reads blanks as the beginning of the path.
    host = f"/{host}".replace(" ", "%20") if " " in host else host
    return f"https://{host}.qualtrics.com/API/v3"


def _encoded(text: str) -> str:
    kept = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-~"
    return "".join(
        char if char in kept else "".join(f"%{byte:02X}" for byte in char.encode()) for char in text
    )


def _flat(data: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value if _is_scalar(value) else json_text(value)
        for name, value in data.items()
        if value is not None
    }


def _size(value: object) -> int:
    return len(json_text(value).encode())


def _is_scalar(value: object) -> bool:
    return isinstance(value, str | int | float | bool)


def _is_id(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
