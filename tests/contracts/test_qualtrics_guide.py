"""The guide of Qualtrics: its codes, tables, documents and recipes are those of the code."""

import ast
import json
import re
from contextlib import asynccontextmanager
from itertools import chain
from urllib.request import urlopen

import httpx
import pytest

from destination_kit import Catalog, Failed, Skipped
from destination_kit.errors import status_code_name
from destinations.qualtrics import QUALTRICS
from destinations.qualtrics.rate_limits import ALL_RATE_LIMITS
from destinations.qualtrics.simulator import background, load_config
from tests.contracts.documents import ROOT, blocks, sections, text_of

GUIDE = "docs/qualtrics.md"
SECTIONS = dict(sections(GUIDE))
CODE = re.compile(r"[A-Z]+(?:_[A-Z]+)+")
POOL, LIST = "POOL_000000000000001", "CG_000000000000001"
#: Statuses of Qualtrics, of gateways before it, and of a wrong host.
STATUSES = (
    *(301, 302, 400, 401, 402, 403, 404, 405, 408, 409, 410, 411, 413, 414, 415, 421, 422, 423),
    *(429, 500, 501, 502, 503, 504),
)
#: Texts that look like codes: a problem of a mapping, a variable, a status that Qualtrics has not,
#: and a name in `__all__`.
NO_CODES = {"CANNOT_RESOLVE", "DKIT_TRANSPORT", "RANGE_NOT_SATISFIABLE", "USER_ORDER"}
#: Codes that no delivery of an instance ends with: those of a caller, of a broken file, and of the
#: lines between `dkit worker` and its router.
CALLERS_CODES = {"SUBSCRIPTION_NOT_MATCHED", "WORKER_ERROR"}
REMEDIES = ("settings", "event", "wait", "code")


def codes_of(*places):
    """Return the texts of source files that are written as codes are."""
    files = chain.from_iterable(
        [ROOT / place] if place.endswith(".py") else (ROOT / place).rglob("*.py")
        for place in places
    )
    trees = [
        ast.parse(path.read_text(encoding="utf-8"))
        for path in files
        # Warnings of `dkit check` have codes too, and no delivery ends with one.
        if not {"simulator", "verification", "configuration_warnings.py"} & set(path.parts)
    ]
    texts = {
        node.value
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return {text for text in texts if CODE.fullmatch(text)} - NO_CODES - CALLERS_CODES


def rows_of(heading):
    """Return the cells of each row of the first table below a heading."""
    rows = [line.strip("| \n") for line in SECTIONS[heading].splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row.split(" | ")] for row in rows[2:]]


def listed(cell):
    return re.findall(r"`([^`]+)`", cell)


def documented_codes():
    """Return the codes of the guide -> the remedies that their rows name."""
    return {
        code: [word for word in REMEDIES if f"`{word}`" in f"{remedy} {cause}"]
        for codes, remedy, cause, _ in rows_of("Error codes")
        for code in listed(codes)
    }


CODES = documented_codes()
LOOKUP_CODES = {"DIRECTORY_REQUIRED", "UNKNOWN_PAGE"}


def test_every_code_of_the_source_is_in_the_guide_and_no_other():
    source = codes_of(
        "destinations/qualtrics",
        "destination_kit/errors.py",
        "destination_kit/http",
        "destination_kit/runtime",
        "destination_kit/delivery",
    )
    statuses = {status_code_name(status) for status in STATUSES} - {"UNAUTHORIZED"}
    assert set(CODES) | LOOKUP_CODES == source | statuses
    assert all(f"`{code}`" in SECTIONS["Error codes"] for code in LOOKUP_CODES)


def test_every_row_says_what_to_do():
    for codes, remedy, cause, action in rows_of("Error codes"):
        assert remedy.strip("`") in REMEDIES, codes
        assert cause
        assert action


def instance(*subscriptions):
    settings = {"apiToken": "simulated-token", "datacenter": "iad1"}
    document = {"destination": "actions-qualtrics", "settings": settings}
    return Catalog.of(QUALTRICS).configure({**document, "subscriptions": [*subscriptions]})


@pytest.mark.parametrize("status", STATUSES)
async def test_the_remedy_of_each_status_is_that_of_the_guide(status):
    error = {"meta": {"error": {"errorMessage": "No.", "errorCode": "X"}}}
    transport = httpx.MockTransport(lambda _: httpx.Response(status, json=error))
    mapping = {"directoryId": POOL, "extRef": {"@path": "$.userId"}}
    trigger = 'type = "identify"'
    subscription = {"action": "addContactToXmd", "trigger": trigger, "mapping": mapping}
    async with instance(subscription).open(transport=transport) as live:
        [outcome] = await live.send([{"type": "identify", "userId": "u-1"}], deadline=1)
    [part] = outcome.results
    assert isinstance(part.result, Failed)
    assert part.result.remedy in CODES[part.result.code]
    [row] = [row for row in rows_of("Error codes") if part.result.code in listed(row[0])]
    assert (part.result.outcome == "unknown") is ("outcome of a write is `unknown`" in row[2])


def test_the_limits_are_those_of_the_code():
    shown = {listed(name)[0]: figure for _, name, figure, _ in rows_of("Limits and throughput")}
    assert shown == {limit.name: f"{limit.calls:,}" for limit in ALL_RATE_LIMITS}


async def test_the_permissions_are_those_that_are_tried():
    with background(load_config({})) as url:
        async with instance().open(connect_to={"*.qualtrics.com": url}) as live:
            found = await live.authenticate()
    names = [permission.name for permission in found.permissions]
    assert [listed(name)[0] for name, _ in rows_of("Permissions")] == names


def test_the_fields_with_choices_are_those_of_the_actions():
    offered = {name for action in QUALTRICS.actions.values() for name in action.choices}
    shown = {name for *_, cell in rows_of("Where each id is") for name in listed(cell)}
    assert offered == {name for name in shown if not name.startswith("dkit")}


def test_every_anchor_leads_to_a_heading():
    for document, anchor in re.findall(r"\]\(([\w./-]*)#([\w-]+)\)", text_of(GUIDE)):
        target = f"docs/{document}" if document else GUIDE
        names = {
            re.sub(r"[^\w -]", "", name.lower()).replace(" ", "-") for name, _ in sections(target)
        }
        assert anchor in names, anchor


# The documents, delivered to a simulated Qualtrics.


def document_of(heading):
    """Return the subscriptions below a heading, and the events."""
    [first, *_] = re.findall(r"^```json\n(.*?)^```$", SECTIONS[heading], re.DOTALL | re.MULTILINE)
    [lines] = re.findall(r"^```jsonl\n(.*?)^```$", SECTIONS[heading], re.DOTALL | re.MULTILINE)
    found = json.loads(first)
    events = [json.loads(line) for line in lines.splitlines()]
    return found if isinstance(found, list) else [found], events


RECIPES = [
    "Identify to contact",
    "Order Completed to transaction, products flattened",
    "Support closed to a survey workflow",
    "Anonymous visitors become known users",
    "Only people who are there, or only new ones",
    "Delete a person (GDPR)",
]


def state_of(url):
    with urlopen(f"{url}/_sim/state") as response:  # noqa: S310 - our own server
        return json.load(response)


@asynccontextmanager
async def delivered(heading, warnings=0):
    """Yield the state of a simulated Qualtrics after the events of a recipe."""
    subscriptions, events = document_of(heading)
    with background(load_config({})) as url:
        configured, results = instance(*subscriptions), []
        assert len(configured.warnings) == warnings
        for event in events:
            # Another process knows nothing of the contacts before.
            async with instance(*subscriptions).open(connect_to={"*.qualtrics.com": url}) as live:
                [outcome] = await live.send([event])
                assert outcome.results
                assert outcome.failures == ()
                results += [part.result for part in outcome.results]
        yield {**state_of(url), "results": results}


def test_every_document_of_the_guide_is_run():
    """A new block needs a test that runs it, and a place in this count."""
    assert len(blocks(GUIDE, "json")) == len(RECIPES) + 2  # the instance file, and flattened data
    assert len(blocks(GUIDE, "jsonl")) == len(RECIPES) + 1


async def test_an_identify_is_a_contact():
    async with delivered("Identify to contact") as state:
        [contact] = state["contacts"][POOL]
    expected = {"extRef": "u-1", "email": "ann@example.com", "language": "DE", "lastName": "Ode"}
    assert expected.items() <= contact.items()
    assert contact["embeddedData"] == {"plan": "pro", "company": "Acme"}


async def test_an_order_is_a_transaction_with_flat_data():
    heading = "Order Completed to transaction, products flattened"
    async with delivered(heading) as state:
        [transaction] = state["transactions"][POOL]
        [contact] = state["contacts"][POOL]
    *_, shown = re.findall(r"^```json\n(.*?)^```$", SECTIONS[heading], re.DOTALL | re.MULTILINE)
    assert transaction["data"] == json.loads(shown)
    assert transaction["transactionDate"] == "2026-11-30 08:00:00"
    assert (contact["extRef"], contact["email"]) == ("u-1", "ann@example.com")


async def test_a_closed_ticket_starts_the_workflow():
    async with delivered("Support closed to a survey workflow") as state:
        [run] = state["workflowRuns"]
    assert run["payload"]["email"] == "ann@example.com"
    assert run["payload"]["ticket"]["topic"] == "delivery"


async def test_a_visitor_becomes_a_known_user_and_is_one_contact():
    async with delivered("Anonymous visitors become known users", warnings=1) as state:
        [contact] = state["contacts"][POOL]
    assert (contact["extRef"], contact["firstName"]) == ("u-2", "Bo")
    assert contact["embeddedData"] == {"source": "newsletter"}


async def test_a_person_who_is_not_there_is_skipped_by_an_update():
    async with delivered("Only people who are there, or only new ones") as state:
        assert state["contacts"][POOL] == []
        [skipped] = state["results"]
    assert isinstance(skipped, Skipped)
    assert "the sync mode is update" in skipped.reason


async def test_a_delete_event_deletes_the_contact():
    async with delivered("Delete a person (GDPR)") as state:
        assert state["contacts"][POOL] == []
        [created, deleted] = state["results"]
    assert deleted.response == {"deletedContactIds": [created.response["contactId"]]}


def test_the_instance_file_of_the_guide_has_no_warnings():
    document = json.loads(blocks(GUIDE, "json")[0])
    configured = Catalog.of(QUALTRICS).configure(document, secrets=lambda _: "simulated-token")
    assert configured.warnings == ()
