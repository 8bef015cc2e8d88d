"""Our requests and the simulator's responses keep what the vendor's models and others say."""

import asyncio
import inspect
import json
import re
from dataclasses import replace
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from destination_kit import Catalog
from destinations.qualtrics import QUALTRICS, client
from destinations.qualtrics.simulator import background, load_config
from destinations.qualtrics.simulator.routes import (
    account,
    batches,
    contacts,
    imports,
    lists,
    transactions,
    workflows,
)
from tests.qualtrics.vendor.contract import (
    ASSUMED,
    MESSAGES,
    Message,
    find_request,
    find_response,
    find_violations,
    load_sources,
)
from tests.qualtrics.vendor.recording import recorded

POOL, LIST, TOKEN = "POOL_1", "CG_1", "t0ken"
D = "/API/v3/directories"
#: The calls of the destination's client, and the endpoint of each.
CALLS = {
    "whoami": "GET /API/v3/whoami",
    "list_directories": f"GET {D}",
    "list_mailing_lists": f"GET {D}/{{directoryId}}/mailinglists",
    "list_contacts": f"GET {D}/{{directoryId}}/contacts",
    "search_page": f"POST {D}/{{directoryId}}/contacts/search",
    "get_contact": f"GET {D}/{{directoryId}}/contacts/{{contactId}}",
    "create_contact": f"POST {D}/{{directoryId}}/contacts",
    "update_contact": f"PUT {D}/{{directoryId}}/contacts/{{contactId}}",
    "contact_exists": f"GET {D}/{{directoryId}}/contacts/{{contactId}}",
    "search_contacts": f"POST {D}/{{directoryId}}/contacts/search",
    "delete_contact": f"DELETE {D}/{{directoryId}}/contacts/{{contactId}}",
    "create_transactions": f"POST {D}/{{directoryId}}/transactions",
    "list_transactions": f"GET {D}/{{directoryId}}/contacts/{{contactId}}/transactions",
    "start_workflow": "POST /inbound-event/{path}",
}
#: `dkit verify` reads an export that does not exist; no source shows the answer for one that does.
UNMODELLED = f"GET {D}/{{directoryId}}/export-contacts/{{exportId}}"
MODELLED = [
    endpoint.route
    for module in (account, contacts, lists, imports, batches, transactions, workflows)
    for endpoint in module.ENDPOINTS
    if endpoint.route != UNMODELLED
]
CONFIG = {
    "tokens": {TOKEN: "UR_1", "other": "UR_2"},
    "users": {"UR_1": {}, "UR_2": {"directories": [], "mayListDirectories": False}},
    "pages": {"directories": 1, "mailingLists": 1, "search": 1, "contacts": 1},
    "directories": {
        POOL: {
            "mergeRules": [["extRef"], ["email"]],
            "mailingLists": {LIST: {}, "CG_2": {"name": "Others"}},
            "contacts": [
                {"extRef": "u-9", "phone": "111", "embeddedData": {"plan": "pro"}, "lists": [LIST]},
                {"extRef": "u-8", "phone": "111", "unsubscribed": True},
            ],
        },
        "POOL_2": {"name": None, "mergeRules": [["email"]]},
        "POOL_3": {"lite": True},
    },
}
WORKFLOW = "https://iad1.qualtrics.com/inbound-event/v1/events/json/triggers?urlTokenId=s3cret-id"


def subscription(action, event, **mapping):
    trigger = f'event = "{event}"'
    return {"action": action, "trigger": trigger, "useDefaultMapping": True, "mapping": mapping}


INSTANCE = {
    "destination": "actions-qualtrics",
    "settings": {"apiToken": TOKEN, "datacenter": "iad1"},
    "subscriptions": [
        subscription(
            "addContactToXmd",
            "contact",
            directoryId=POOL,
            embeddedData={"plan": "pro", "seats": 3, "trial": True, "nested": {"a": [1]}},
        )
        | {"options": {"deleteContacts": True}},
        subscription(
            "upsertContactTransaction",
            "transaction",
            directoryId=POOL,
            mailingListId=LIST,
            email={"@path": "$.traits.email"},
            phone={"@path": "$.traits.phone"},
            transactionData={"@path": "$.data"},
        ),
        subscription("triggerXflowWorkflow", "workflow", workflowUrl=WORKFLOW),
    ],
}


def event(name, who, data=None, **traits):
    return {
        "type": "track",
        "event": name,
        "userId": who,
        "messageId": "m-1",
        "data": data,
        "traits": {"firstName": "Ann", "lastName": "Ode", "email": f"{who}@example.com", **traits},
    }


async def exercise_every_call(live, simulator_url):
    """Make the destination send each of its requests at least once."""
    await live.authenticate()
    for key, name in (
        ("addContactToXmd", "directoryId"),
        ("upsertContactTransaction", "mailingListId"),
        ("upsertContactTransaction", "contactId"),
        ("upsertContactTransaction", "embeddedData.__keys__"),
    ):
        page = await live.choices(key, name, mapping={"directoryId": POOL})
        await live.choices(key, name, mapping={"directoryId": POOL}, page=page.next_page)
    for text in ("u-9", "CID_000000000000000"):
        await live.choices(
            "upsertContactTransaction", "contactId", mapping={"directoryId": POOL}, search=text
        )
    await live.send([event("contact", "u-1")])
    await live.send([event("contact", "u-1", phone="222")])
    data = {"total": 9.5, "paid": True, "sku": "A", "nested": {"a": 1}, "none": None}
    await live.send([event("transaction", "u-2", data, phone="333")])
    repeated = event("transaction", "u-2", data, phone="333")
    await live.send([repeated], unknown=[{"upsertContactTransaction"}])
    ambiguous = {"type": "track", "event": "transaction", "traits": {"phone": "111"}}
    await live.send([ambiguous])
    state = json.loads(call(simulator_url, "GET", "/_sim/state?part=contacts")[1])
    for contact in state["contacts"][POOL]:
        call(simulator_url, "DELETE", f"{D}/{POOL}/contacts/{contact['contactId']}")
    await live.send([event("transaction", "u-2", data, phone="333")])
    await live.send([event("workflow", "u-1")])
    await live.delete(user_id="u-2")


def call(url, method, target, body=None, **headers):
    """Return the status and the content of a response; a header that is None is left out."""
    address = urlsplit(url)
    known = {"Host": "iad1.qualtrics.com", "X-API-TOKEN": TOKEN, "Content-Type": "application/json"}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    sent = {name: value for name, value in {**known, **named}.items() if value is not None}
    connection = HTTPConnection(address.hostname, address.port, timeout=10)
    try:
        content = body if body is None or isinstance(body, bytes) else json.dumps(body)
        connection.request(method, target, content, sent)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def endpoint_of(exchange):
    """Return the endpoint of the tables that an exchange belongs to, its own call where none is."""
    endpoints = {message.endpoint for message in MESSAGES}
    most_fixed_first = sorted(endpoints, key=lambda name: name.count("{"))
    for endpoint in most_fixed_first:
        method, _, template = endpoint.partition(" ")
        pattern = re.sub(r"\{path\}", ".+", template)
        pattern = re.sub(r"\{\w+\}", "[^/]+", pattern)
        path = exchange.path.rstrip("/")
        if method == exchange.method and re.fullmatch(pattern, path, re.IGNORECASE):
            return endpoint
    return f"{exchange.method} {exchange.path}"


def violations_of(exchange):
    """Return what breaks the tables in a request and in its response."""
    endpoint = endpoint_of(exchange)
    request, response = find_request(endpoint), find_response(endpoint, exchange.status)
    if response is None or request is None:
        return [f"{endpoint}: {exchange.status} is in no table"]
    if response.content not in exchange.content_type:
        return [f"{endpoint}: {exchange.status} is {exchange.content_type}"]
    found = find_violations(request, exchange.request) if exchange.status < 300 else []
    if response.content == "application/json":
        found += find_violations(response, exchange.response)
    return [f"{endpoint} {exchange.status}: {problem}" for problem in found]


@pytest.fixture(scope="module")
def ours():
    """Exchanges of the destination with the simulator, recorded over a socket."""

    async def deliver(url, proxy):
        instance = Catalog.of(QUALTRICS).configure(INSTANCE)
        async with instance.open(connect_to={"*.qualtrics.com": proxy}) as live:
            await exercise_every_call(live, url)

    with background(load_config(CONFIG)) as url, recorded(url) as (proxy, exchanges):
        asyncio.run(deliver(url, proxy))
    return exchanges


def test_every_request_of_the_destination_keeps_the_tables(ours):
    assert {endpoint_of(exchange) for exchange in ours} == set(CALLS.values())
    assert [problem for exchange in ours for problem in violations_of(exchange)] == []
    sent = {name for exchange in ours if exchange.body for name in exchange.request["body"]}
    assert {"extRef", "embeddedData", "unsubscribed", "filter"} <= sent


def test_a_renamed_field_or_a_missing_token_in_a_request_of_ours_is_found(ours):
    contacts = [
        exchange for exchange in ours if exchange.body and exchange.path.endswith("/contacts")
    ]
    assert contacts
    for exchange in contacts:
        body = json.loads(exchange.body)
        for name in body:
            renamed = {f"{key}s" if key == name else key: body[key] for key in body}
            changed = replace(exchange, body=json.dumps(renamed).encode())
            assert violations_of(changed), name
        headers = {name: exchange.headers[name] for name in exchange.headers if "token" not in name}
        assert violations_of(replace(exchange, headers=headers))


def test_every_call_of_the_client_is_in_the_tables():
    functions = {
        name
        for name, function in vars(client).items()
        if inspect.iscoroutinefunction(function)
        and function.__module__ == client.__name__
        and not name.startswith("_")
    }
    assert functions == set(CALLS)
    for endpoint in CALLS.values():
        assert find_request(endpoint), endpoint
        assert find_response(endpoint, 200), endpoint


@pytest.fixture(scope="module")
def simulated():
    with background(load_config(CONFIG)) as url, recorded(url) as (proxy, exchanges):
        yield proxy, exchanges


IMPORTS = f"{D}/{{directoryId}}/mailinglists/{{mailingListId}}/transactioncontacts"
IMPORT = f"POST {IMPORTS}"
BATCHES = f"{D}/{{directoryId}}/transactionbatches"
CONTACT_BODY = {"extRef": "u-5", "email": "a@b.co", "embeddedData": {"a": 1, "b": "x"}}
TARGETS = {
    "GET /API/v3/whoami": None,
    f"GET {D}": None,
    f"POST {D}/{{directoryId}}/contacts/search": {
        "filter": {"filterType": "phone", "comparison": "eq", "value": "111"}
    },
    f"GET {D}/{{directoryId}}/contacts": None,
    f"POST {D}/{{directoryId}}/contacts": CONTACT_BODY,
    f"GET {D}/{{directoryId}}/contacts/{{contactId}}": None,
    f"PUT {D}/{{directoryId}}/contacts/{{contactId}}": CONTACT_BODY,
    f"DELETE {D}/{{directoryId}}/contacts/{{contactId}}": None,
    f"GET {D}/{{directoryId}}/contacts/{{contactId}}/transactions": None,
    f"POST {D}/{{directoryId}}/transactions": {
        "t-1": {
            "contactId": "{contactId}",
            "mailingListId": LIST,
            "transactionDate": "2026-01-31 23:59:59",
            "data": {"a": 1, "b": "x", "c": True},
        },
    },
    f"DELETE {D}/{{directoryId}}/transactions/{{transactionId}}": None,
    f"GET {D}/{{directoryId}}/mailinglists": None,
    f"POST {D}/{{directoryId}}/mailinglists": {"name": "New"},
    f"GET {D}/{{directoryId}}/mailinglists/{{mailingListId}}/contacts": None,
    f"POST {D}/{{directoryId}}/mailinglists/{{mailingListId}}/contacts": CONTACT_BODY,
    f"GET {D}/{{directoryId}}/mailinglists/{{mailingListId}}/contacts/{{contactId}}": None,
    IMPORT: {
        "contacts": [
            {**CONTACT_BODY, "transactionData": {"order": "o-1", "total": 9.5}},
            {"extRef": "u-6", "email": "malformed"},
            {"extRef": "u-7", "transactionData": {"colour": "red"}},
        ],
        "transactionMeta": {"batchId": "{batchId}", "fields": ["order", "total"]},
    },
    f"GET {IMPORTS}/{{importId}}": None,
    f"GET {IMPORTS}/{{importId}}/summary": None,
    f"GET {D}/{{directoryId}}/imports/api-import/jobs/{{importId}}/report": None,
    f"POST {BATCHES}": {"transactionIds": [], "creationDate": "2026-01-31T23:59:59Z"},
    f"GET {BATCHES}": None,
    f"GET {BATCHES}/{{batchId}}/transactions": None,
    "POST /inbound-event/{path}": {"event": "Signed Up", "list": [1, None]},
}
#: The status of a success, where it is not 200.
SUCCESS = {IMPORT: 202}
QUERIES = {
    f"POST {D}/{{directoryId}}/contacts/search": "?includeEmbedded=true&includeSegments=true",
    f"GET {D}/{{directoryId}}/contacts/{{contactId}}": "?includeSegments=true",
    f"GET {D}/{{directoryId}}/mailinglists/{{mailingListId}}/contacts": "?includeEmbedded=true",
}


def prepare(proxy):
    """Reset the simulator; return the id of a contact on the list, who has a transaction."""
    call(proxy, "POST", "/_sim/reset")
    _, content = call(proxy, "POST", f"{D}/{POOL}/mailinglists/{LIST}/contacts", CONTACT_BODY)
    contact_id = json.loads(content)["result"]["id"]
    entry = fill(TARGETS[f"POST {D}/{{directoryId}}/transactions"], contact_id)
    call(proxy, "POST", f"{D}/{POOL}/transactions", entry)
    return contact_id


def start_import(proxy):
    """Return the ids of a finished import and of its transaction batch."""
    names = {}
    for name, endpoint in (("{batchId}", f"POST {BATCHES}"), ("{importId}", IMPORT)):
        target = fill(endpoint.partition(" ")[2], "")
        body = json.loads(
            json.dumps(TARGETS[endpoint]).replace("{batchId}", names.get("{batchId}", ""))
        )
        names[name] = json.loads(call(proxy, "POST", target, body)[1])["result"]["id"]
    call(proxy, "GET", f"{fill(IMPORTS, '')}/{names['{importId}']}")
    return names


def find_transaction(proxy, contact_id):
    """Return the id of the contact's first transaction."""
    _, content = call(proxy, "GET", f"{D}/{POOL}/contacts/{contact_id}/transactions")
    return json.loads(content)["result"]["elements"][0]["transactionId"]


def fill(value, contact_id, pool=POOL):
    names = {
        "{directoryId}": pool,
        "{contactId}": contact_id,
        "{mailingListId}": LIST,
        "{path}": "v1/events/json/triggers",
    }
    text = json.dumps(value)
    for name, filled in names.items():
        text = text.replace(name, filled)
    return json.loads(text)


def send(simulated, endpoint, *, contact_id, pool=POOL, query="", switches=None, **headers):
    """Send the call of an endpoint, and return the exchange."""
    proxy, exchanges = simulated
    transaction_id = find_transaction(proxy, contact_id) if "{transactionId}" in endpoint else ""
    is_import = "{importId}" in endpoint or "{batchId}" in json.dumps([endpoint, TARGETS[endpoint]])
    names = start_import(proxy) if is_import else {}
    if switches:
        assert call(proxy, "POST", "/_sim/config", switches)[0] == 200
    method, _, template = endpoint.partition(" ")
    target = fill(template, contact_id, pool).replace("{transactionId}", transaction_id) + query
    body = fill(TARGETS[endpoint], contact_id, pool)
    for name, identifier in names.items():
        target = target.replace(name, identifier)
        body = json.loads(json.dumps(body).replace(name, identifier))
    call(proxy, method, target, body, **headers)
    return exchanges[-1]


def test_every_modelled_endpoint_is_in_the_tables():
    assert set(TARGETS) == set(MODELLED)
    tabled = {message.endpoint for message in MESSAGES} - {"*"}
    assert tabled == set(MODELLED)


@pytest.mark.parametrize("endpoint", TARGETS)
def test_every_answer_of_the_simulator_keeps_the_tables(simulated, endpoint):
    contact_id = prepare(simulated[0])
    exchange = send(simulated, endpoint, contact_id=contact_id, query=QUERIES.get(endpoint, ""))
    assert exchange.status == SUCCESS.get(endpoint, 200)
    assert violations_of(exchange) == []


@pytest.mark.parametrize("status", [429, 500, 503, 504])
def test_every_injected_error_keeps_the_tables(simulated, status):
    for endpoint in TARGETS:
        contact_id = prepare(simulated[0])
        faults = {"faults": {"script": [str(status)]}}
        exchange = send(simulated, endpoint, contact_id=contact_id, switches=faults)
        assert exchange.status == status
        assert violations_of(exchange) == []


API = [endpoint for endpoint in TARGETS if "/API/" in endpoint]
IN_DIRECTORY = [endpoint for endpoint in API if "{directoryId}" in endpoint]
REFUSE_UNKNOWN = {"imports": {"unknownPlace": "refuse"}}
REFUSALS = [
    *((endpoint, 400, {"X_API_TOKEN": None}, {}) for endpoint in API),
    *((endpoint, 401, {"X_API_TOKEN": "unknown"}, {}) for endpoint in API),
    *((endpoint, 403, {"X_API_TOKEN": "other"}, {}) for endpoint in IN_DIRECTORY),
    (f"GET {D}", 403, {"X_API_TOKEN": "other"}, {}),
    *(
        (endpoint, 404, {}, {"pool": "POOL_none", "switches": REFUSE_UNKNOWN})
        for endpoint in IN_DIRECTORY
    ),
    *((endpoint, 404, {}, {"contact_id": "CID_none"}) for endpoint in API if "{c" in endpoint),
    *(
        (endpoint, 415, {"Content_Type": "text/plain"}, {})
        for endpoint, body in TARGETS.items()
        if body
    ),
    *((endpoint, 421, {"Host": "nowhere.example.com"}, {}) for endpoint in TARGETS),
    *((endpoint, 413, {}, {"switches": {"bodyBytes": 1}}) for endpoint, b in TARGETS.items() if b),
    *(
        (endpoint, 502, {}, {"switches": {"faults": {"script": ["502-html"]}}})
        for endpoint in TARGETS
    ),
    (f"POST {D}/{{directoryId}}/contacts/search", 403, {}, {"pool": "POOL_3"}),
    ("POST /inbound-event/{path}", 400, {"X_API_TOKEN": None}, {"switches": "token"}),
    ("POST /inbound-event/{path}", 404, {}, {"switches": {"workflow": {"urlTokens": []}}}),
    ("POST /inbound-event/{path}", 413, {}, {"switches": {"bodyBytes": 1}}),
    ("POST /inbound-event/{path}", 202, {}, {"switches": {"workflow": {"status": 202}}}),
    (
        "POST /inbound-event/{path}",
        202,
        {},
        {"switches": {"workflow": {"status": 202, "body": "empty"}}},
    ),
]


@pytest.mark.parametrize(("endpoint", "status", "headers", "changes"), REFUSALS)
def test_every_other_status_keeps_the_tables(simulated, endpoint, status, headers, changes):
    known = {"contact_id": prepare(simulated[0]), **changes}
    if known.get("switches") == "token":
        known["switches"] = {"workflow": {"tokenChecked": True}}
    exchange = send(simulated, endpoint, **known, **headers)
    assert exchange.status == status
    assert violations_of(exchange) == []


@pytest.mark.parametrize(
    "switches",
    [
        {"errors": {"validation": None, "notFound": None}},
        {"errors": {"emptyRequestIds": True}},
        {"pages": {"last": "absent"}},
        {"pages": {"last": "placeholder"}},
        {"search": {"lag": 5}},
        {"contacts": {"nulls": "ignore", "lookupPrefix": "MLRP_"}},
        {"transactions": {"unprocessedShare": 1.0}},
        {"dataCenters": {"home": "az1", "proxied": ["iad1"]}},
    ],
    ids=json.dumps,
)
def test_switches_that_keep_the_shape_keep_the_tables(simulated, switches):
    for endpoint in TARGETS:
        contact_id = prepare(simulated[0])
        exchange = send(simulated, endpoint, contact_id=contact_id, switches=switches)
        assert exchange.status == SUCCESS.get(endpoint, 200)
        assert violations_of(exchange) == []


def test_an_unknown_route_keeps_the_tables(simulated):
    prepare(simulated[0])
    call(simulated[0], "GET", "/API/v3/nothing")
    exchange = simulated[1][-1]
    envelope = find_response(f"GET {D}", 404)
    assert (exchange.status, find_violations(envelope, exchange.response)) == (404, [])


def test_a_post_without_a_length_is_a_page_as_the_tables_have_it(simulated):
    prepare(simulated[0])
    address = urlsplit(simulated[0])
    connection = HTTPConnection(address.hostname, address.port, timeout=10)
    connection.putrequest("POST", f"{D}/{POOL}/contacts")
    connection.endheaders()
    assert connection.getresponse().status == 411
    connection.close()
    assert violations_of(simulated[1][-1]) == []


@pytest.mark.parametrize(
    ("switches", "endpoint", "shown"),
    [
        ({"errors": {"oldShape": True}}, "GET /API/v3/whoami", "httpStatus is missing"),
        (
            {"transactions": {"codeKey": "errorCode", "unprocessedShare": 1.0}},
            f"POST {D}/{{directoryId}}/transactions",
            "errorCode is in no source",
        ),
        (
            {"errors": {"statusTexts": {"200": "OK"}}},
            "GET /API/v3/whoami",
            r"httpStatus does not match \d{3} - .+",
        ),
    ],
)
def test_switches_that_play_an_undocumented_shape_break_the_tables(
    simulated, switches, endpoint, shown
):
    contact_id = prepare(simulated[0])
    headers = {"X_API_TOKEN": "unknown"} if "oldShape" in str(switches) else {}
    exchange = send(simulated, endpoint, contact_id=contact_id, switches=switches, **headers)
    assert any(problem.endswith(shown) for problem in violations_of(exchange))


def rows_to_break():
    """Yield every row of a call of ours, with a message that has it."""
    for endpoint in CALLS.values():
        for message in (find_request(endpoint), find_response(endpoint, 200)):
            for row in message.rows:
                yield pytest.param(message, row, id=f"{endpoint} {message.message} {row.field}")


def sample(message: Message, *, broken=None, missing=None):
    """Return a document that has every field of a message, one of them broken or missing."""
    document: dict = {}
    for row in sorted(message.rows, key=lambda row: len(row.path)):
        if row.path[: len(missing or ())] == missing:
            continue
        _insert(document, row.path, "broken" if row.path == broken else _value_of(row))
    return document


class Broken:
    """A value of no JSON type."""


def _value_of(row):
    if row.values:
        return row.values[0]
    if row.field.endswith("transactionDate"):
        return "2026-01-31 23:59:59"
    if row.pattern:
        return "application/json" if "json" in row.pattern else "200 - OK"
    kinds = {"string": "x", "integer": 1, "number": 1, "boolean": True, "null": None}
    kind = row.type.split("|")[0]
    return {"object": {}, "array": []}.get(kind, kinds.get(kind))


def _insert(document, path, value):
    *parents, last = path
    for index, name in enumerate(parents):
        child = [] if [*parents, last][index + 1] == "[]" else {}
        document = _child(document, name, child)
        if not isinstance(document, dict | list):
            return
    if last == "[]":
        document.append(value)
    elif last not in document or value not in ({}, []):
        document["any" if last == "*" else last] = Broken() if value == "broken" else value


def _child(document, name, child):
    if name == "[]":
        if not document:
            document.append(child)
        return document[0]
    return document.setdefault("any" if name == "*" else name, child)


@pytest.mark.parametrize(
    ("message", "row"), [case for case in rows_to_break() if case.values[1].field != "body.*"]
)
def test_a_field_of_another_type_is_found(message, row):
    assert find_violations(message, sample(message, broken=row.path))


@pytest.mark.parametrize(
    ("message", "row"), [case for case in rows_to_break() if case.values[1].required]
)
def test_a_missing_field_is_found(message, row):
    assert find_violations(message, sample(message, missing=row.path))


@pytest.mark.parametrize("endpoint", CALLS.values())
def test_a_field_that_no_source_has_is_found(endpoint):
    for message in (find_request(endpoint), find_response(endpoint, 200)):
        document = sample(message)
        if message.endpoint.startswith("POST /inbound-event/"):
            continue
        assert find_violations(message, {**document, "cookie": {}})
        document.setdefault("body", {})["externalRef"] = "u-1"
        assert find_violations(message, document)


def test_an_endpoint_or_status_without_a_row_is_found():
    assert find_request("PATCH /API/v3/whoami") is None
    assert find_response("PATCH /API/v3/whoami", 400) is None
    assert find_response("GET /API/v3/whoami", 207) is None


def test_a_filter_of_six_is_found():
    message = find_request(CALLS["search_contacts"])
    condition = {"filterType": "email", "comparison": "eq", "value": "a"}
    known = {"header": {"x-api-token": "t", "content-type": "application/json"}, "query": {}}

    def violations(count):
        body = {"filter": {"conjunction": "and", "filters": [condition] * count}}
        return find_violations(message, {**known, "body": body})

    assert violations(5) == []
    assert violations(6) == ["body.filter.filters has 6 items"]
    assert violations(1) == ["body.filter.filters has 1 items"]


def test_every_row_has_a_source_and_every_contradiction_a_reason():
    sources = load_sources()
    used = set()
    for message in MESSAGES:
        if message.source:
            used.add(message.source)
            assert message.source == ASSUMED or message.source in sources
            assert message.why
        for row in message.rows:
            used.add(row.source)
            assert row.source in sources, row
            assert bool(row.against) == bool(row.why), row
            if row.against:
                used.add(row.against["source"])
                assert row.against["source"] in sources
                assert row.against["source"] != row.source
    assert set(sources) == used - {ASSUMED}


def test_no_call_of_ours_rests_on_an_assumption():
    for endpoint in CALLS.values():
        for message in (find_request(endpoint), find_response(endpoint, 200)):
            assert not [row for row in message.rows if row.source == ASSUMED]


def test_a_source_can_be_looked_up():
    for name, source in load_sources().items():
        places = {"repository", "address", "search"} & set(source)
        assert len(places) == 1, name
        assert ("path" in source) == ("repository" in source), name
        assert re.fullmatch("[0-9a-f]{40}", source.get("commit", "0" * 40)), name
