"""Generated cases of Qualtrics: settings, a subscription, an event, and the partner's script."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import combinations
from typing import Any

from tests.conformance.exchanges import qualtrics_values as values
from tests.conformance.exchanges.partner_answers import accept, make_answers, moved_rules, refuse
from tests.conformance.exchanges.records import Case
from tests.conformance.exchanges.script import FIRST_KEY, Answer
from tests.conformance.generate.chance import Chance

_ODD = 0.04
_TRIGGERS = {"identify": 'type = "identify"', "track": 'type = "track"'}
_TEXT_FIELDS = {
    "email": "$.traits.email",
    "phone": "$.traits.phone",
    "firstName": "$.traits.firstName",
    "lastName": "$.traits.lastName",
    "language": "$.traits.language",
}
_IDENTIFIERS = ("email", "extRef", "phone")


def add_contact(chance: Chance) -> Case:
    """Return a case of addContactToXmd."""
    mapping = {"directoryId": _directory(chance), "extRef": {"@path": "$.userId"}}
    mapping |= _contact_mapping(chance, 0.6)
    if chance.maybe(0.05):
        del mapping["extRef"]
    return _case(chance, "addContactToXmd", "identify", mapping)


def upsert_transaction(chance: Chance) -> Case:
    """Return a case of upsertContactTransaction. Most have one identifier, or the contact's id."""
    ext_ref = {"@path": chance.pick(("$.userId", "$.userId", "$.userId", "$.anonymousId"))}
    mapping = {
        "directoryId": _directory(chance),
        "mailingListId": chance.pick(("CG_1", {"@path": "$.properties.list"})),
        "extRef": ext_ref,
    }
    mapping |= _contact_mapping(chance, 0.18)
    if chance.maybe(0.3):
        mapping["contactId"] = chance.pick(("CID_9", {"@path": "$.properties.contact"}))
    if chance.maybe(0.6):
        mapping["transactionDate"] = {"@path": "$.properties.at"}
    if chance.maybe(0.7):
        mapping["transactionData"] = {"@path": "$.properties.data"}
    case = _case(chance, "upsertContactTransaction", "track", mapping)
    return _with_another_person(case) if chance.maybe(0.02) else case


def start_workflow(chance: Chance) -> Case:
    """Return a case of triggerXflowWorkflow."""
    urls = values.ODD_WORKFLOWS if chance.maybe(2 * _ODD) else values.WORKFLOWS
    url: object = chance.pick(urls)
    case_url = url if chance.maybe(0.6) else {"@path": "$.properties.url"}
    payload = chance.pick(
        (
            {"@path": "$.properties"},
            {"@path": "$.properties.data"},
            {"event": {"@path": "$.event"}, "who": {"@template": "{{userId}}!"}, "fixed": [1, {}]},
        )
    )
    mapping = {"workflowUrl": case_url, "eventPayload": payload}
    if chance.maybe(0.06):
        del mapping["eventPayload"]
    case = _case(chance, "triggerXflowWorkflow", "track", mapping)
    case["event"]["properties"]["url"] = url
    if chance.maybe(0.01):
        case["event"]["properties"]["data"] = {"large": "x" * 103_000}
    return case


def _case(chance: Chance, action: str, kind: str, mapping: Mapping[str, Any]) -> Case:
    trigger = _TRIGGERS[kind] if chance.maybe(0.98) else 'type = "page"'
    subscription = {"partnerAction": action, "subscribe": trigger, "mapping": mapping}
    return {
        "settings": {**_credentials(chance), "subscriptions": [subscription]},
        "event": _event(chance, kind),
        "script": _script(chance),
    }


def _with_another_person(case: Case) -> Case:
    """Return the case of an email that another person has, in a directory that merges by email."""
    mapping = case["settings"]["subscriptions"][0]["mapping"]
    mapping |= {"extRef": {"@path": "$.userId"}, "email": "ada@example.com"}
    mapping.pop("contactId", None)
    case["event"] |= {"userId": "U-2", "anonymousId": None}
    criteria = {"deduplicationCriteria": {"email": True}}
    ids = (*values.DIRECTORIES, "POOL_event")
    directories = [{"directoryId": each, **criteria} for each in ids]
    other = {"id": "CID_4", "externalDataReference": "other"}

    def answers(*elements: object) -> list[Answer]:
        return [accept({"result": {"elements": elements}})]

    rules = [
        _rule("POST", "/contacts/search", answers(other), filters=["email"]),
        _rule("POST", "/contacts/search", answers(), filters=["extRef"]),
        _rule("GET", "/directories", answers(*directories)),
    ]
    return {**case, "script": [*rules, *case["script"]]}


def _credentials(chance: Chance) -> dict[str, str]:
    token = chance.pick(values.ODD_TOKENS if chance.maybe(0.02) else values.TOKENS)
    is_odd = chance.maybe(0.03)
    datacenter = chance.pick(values.ODD_DATACENTERS if is_odd else values.DATACENTERS)
    return {"apiToken": token, "datacenter": datacenter}


def _directory(chance: Chance) -> object:
    if chance.maybe(_ODD):
        return chance.pick(values.ODD_DIRECTORIES)
    return chance.pick((*values.DIRECTORIES, {"@path": "$.context.directory"}))


def _contact_mapping(chance: Chance, share: float) -> dict[str, Any]:
    """Return mappings of contact fields. `share` is how often an identifier is mapped."""
    mapping: dict[str, Any] = {}
    for name, path in _TEXT_FIELDS.items():
        if chance.maybe(share if name in _IDENTIFIERS else 0.5):
            mapping[name] = chance.pick(({"@path": path}, {"@path": path}, "literal"))
    if chance.maybe(0.4):
        mapping["unsubscribed"] = chance.pick((False, True, {"@path": "$.traits.unsubscribed"}))
    if chance.maybe(0.4):
        mapping["embeddedData"] = {"@path": "$.traits.data"}
    return mapping


def _event(chance: Chance, kind: str) -> dict[str, Any]:
    person = {name: _text(chance) for name in ("firstName", "lastName", "language", "phone")}
    traits = {**person, "email": chance.pick(("ada@example.com", "A@B.CO", _text(chance)))}
    traits |= {"unsubscribed": chance.pick((True, False)), "data": _data(chance)}
    properties = {
        "list": "CG_2",
        "contact": chance.pick(("CID_7", "CID_8", "")),
        "at": _date(chance),
        "data": _data(chance),
        "total": chance.pick(values.NUMBERS),
    }
    return {
        "type": kind,
        "event": "Transaction Created",
        "userId": chance.pick(("u1", "u1", "u1", "U-2", _text(chance))),
        "anonymousId": chance.pick(("anon-1", "u1", None)),
        "context": {"directory": "POOL_event"},
        "traits": traits,
        "properties": properties,
    }


def _text(chance: Chance) -> str:
    return chance.pick(values.ODD_TEXTS if chance.maybe(_ODD) else values.TEXTS)


def _date(chance: Chance) -> object:
    if chance.maybe(0.04):
        return chance.pick(values.NO_DATES)
    known = list(values.DATES)
    usual = [value for value in known if not values.DATES[value].row]
    return chance.pick(known if chance.maybe(0.3) else usual)


def _data(chance: Chance) -> dict[str, Any]:
    """Return embedded data or data of a transaction: mostly flat."""
    names = chance.random.sample(
        ("plan", "total", "é t é", "a.b", "vip"), chance.pick((0, 1, 2, 3))
    )
    data = {name: chance.pick((_text(chance), chance.pick(values.NUMBERS), True)) for name in names}
    if chance.maybe(0.12):
        data["nested"] = chance.pick(({"a": [1, 2.5, None]}, ["x", {"y": "é"}], {}, None, []))
    if chance.maybe(0.02):
        data |= chance.pick(({"long": values.LONG_TEXT}, {values.LONG_NAME: 1}))
    return data


def _script(chance: Chance) -> list[dict[str, Any]]:
    return [
        *_search_rules(chance),
        _rule("GET", "/directories", _answers(chance, _directories(chance))),
        _rule("POST", "/contacts", _answers(chance, _contact(chance))),
        _rule("POST", "/transactions", _answers(chance, _transaction(chance))),
        *moved_rules(),
        _rule("POST", "", _answers(chance, {"meta": {"requestId": "r-1"}})),
    ]


def _rule(method: str, path: str, answers: list[Answer], **more: object) -> dict[str, Any]:
    return {"method": method, "path": path, **more, "answers": answers}


def _answers(chance: Chance, result: object) -> list[Answer]:
    """Return the answers to one request: the result, or what may come in place of it."""
    envelope = {"meta": {"httpStatus": "200 - OK", "requestId": "r-1"}, "result": result}
    status = chance.pick((200, 200, 201))
    if chance.maybe(0.94):
        return make_answers(chance, accept(envelope, status=status), _refusals())
    odd = (
        accept(envelope, "text/plain"),
        accept({"meta": {}}),
        accept({"result": None}),
        accept({"result": "text"}),
        accept([]),
        {"status": 200, "headers": {"content-type": "text/html"}, "body": "<html>"},
        {"status": 200, "headers": {"content-type": "application/json"}, "body": "{"},
        {"status": 204, "headers": {}, "body": ""},
        accept({"result": {}}),
    )
    return [chance.pick(odd)]


def _refusals() -> list[Answer]:
    def refusal(status: int, code: str, notice: str | None = None) -> Answer:
        error = {"errorCode": code, "errorMessage": "no"}
        return refuse(status, {"meta": {"requestId": "r-2", "notice": notice, "error": error}})

    notice = "Request proxied. For faster response times, use this host: fra1.qualtrics.com"
    return [
        refusal(400, "ATP_2"),
        refusal(400, "RP_0.1"),
        refusal(401, "AUTH_6"),
        refusal(400, "CCB_1", notice),
        refusal(503, "ISE_1", notice),
    ]


def _contact(chance: Chance) -> object:
    return chance.pick(({"id": "CID_1"},) * 9 + ({"id": ""},))


def _transaction(chance: Chance) -> object:
    created = {"createdTransactions": {FIRST_KEY: {"id": "TR_1"}}, "unprocessedTransactions": {}}
    refused = {"errorCode": "BAD", "errorMessage": "no such contact"}
    lost: list[object] = [
        {"createdTransactions": {}, "unprocessedTransactions": {FIRST_KEY: refused}},
        {"createdTransactions": {}},
        {"createdTransactions": {FIRST_KEY: {}}},
    ]
    return chance.pick(lost) if chance.maybe(0.06) else created


def _directories(chance: Chance) -> object:
    def criteria() -> dict[str, bool]:
        names = ("externalDataReference", "email", "phone")
        return {name: chance.maybe() for name in names}

    ids = (*values.DIRECTORIES, "POOL_event")
    elements = [{"directoryId": each, "deduplicationCriteria": criteria()} for each in ids]
    return {"elements": chance.pick((elements, elements, elements[:1], []))}


def _search_rules(chance: Chance) -> list[dict[str, Any]]:
    """Return a rule per set of identifiers, and one for the second page of a search."""
    rules = []
    for count in (1, 2, 3):
        for names in combinations(_IDENTIFIERS, count):
            answers = _answers(chance, _found(chance))
            if chance.maybe(0.98):  # a search whose pages never end is rare
                answers += _answers(chance, {"elements": [{"id": f"CID_{chance.pick('45')}"}]})
            rules.append(_rule("POST", "/contacts/search", answers, filters=list(names)))
    return rules


def _found(chance: Chance) -> object:
    count = chance.pick((0, 0, 1, 1, 1, 1, 2, 3))
    elements = [{"id": f"CID_{chance.pick('123')}", **_ext_ref(chance)} for _ in range(count)]
    if chance.maybe(0.02):
        elements.append({"email": "no id"})
    token = {"skipToken": "next"} if chance.maybe(0.05) else {}
    return {"elements": elements, **token}


def _ext_ref(chance: Chance) -> dict[str, Any]:
    return chance.pick(
        (
            {"externalDataReference": "u1"},
            {"externalDataReference": " U1 "},
            {"externalDataReference": "other"},
            {"externalDataReference": "other"},
            {"externalDataReference": "anon-1"},
            {"externalDataReference": None},
            {},
        )
    )


MAKERS: Mapping[str, Callable[[Chance], Case]] = {
    "addContactToXmd": add_contact,
    "upsertContactTransaction": upsert_transaction,
    "triggerXflowWorkflow": start_workflow,
}
