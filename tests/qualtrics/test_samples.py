"""The sample events and their instance, through the whole kit, to a Qualtrics of a few lines."""

import json
from collections import Counter
from importlib.resources import files

import httpx
import pytest

from destination_kit import Catalog, Failed
from destinations.qualtrics import QUALTRICS

SAMPLES = files("destinations.qualtrics") / "samples"
EVENTS = [json.loads(line) for line in (SAMPLES / "events.jsonl").read_text("utf-8").splitlines()]
INSTANCE = json.loads((SAMPLES / "instance.json").read_text("utf-8"))


@pytest.fixture
def instance():
    return Catalog.of(QUALTRICS).configure(INSTANCE, secrets={"QUALTRICS_API_TOKEN": "t0k"}.get)


class Directory:
    """A partner that merges contacts by extRef, so that the same person is one contact."""

    def __init__(self):
        self.contacts, self.transactions, self.workflows = {}, [], []

    def __call__(self, request):
        if request.method == "GET":
            return httpx.Response(200, json={"result": {"elements": []}, "meta": {}})
        body = json.loads(request.content)
        if request.method == "PUT":
            self.contacts[request.url.path.rpartition("/CID_")[2]].update(body)
            return httpx.Response(200, json={"meta": {}})
        answer = {
            "search": self.search,
            "contacts": self.merge,
            "transactions": self.transact,
            "triggers": self.start,
        }[request.url.path.rpartition("/")[2]]
        return httpx.Response(200, json={"result": answer(body), "meta": {}})

    def search(self, body):
        filters = body["filter"].get("filters", [body["filter"]])
        wanted = {leaf["filterType"]: leaf["value"] for leaf in filters}
        hit = self.contacts.get(wanted["extRef"])
        return {"elements": [hit] if hit else []}

    def merge(self, body):
        known = self.contacts.setdefault(body["extRef"], {"id": f"CID_{body['extRef']}"})
        known.update(body)
        return {"id": known["id"]}

    def transact(self, body):
        self.transactions += body.values()
        return {"createdTransactions": {key: {"id": "TR_1"} for key in body}}

    def start(self, body):
        self.workflows.append(body)
        return {}


def test_the_samples_are_of_every_type_and_about_40():
    types = Counter(event["type"] for event in EVENTS)
    assert types == {"track": 18, "identify": 10, "page": 5, "screen": 3, "alias": 2, "group": 2}
    assert len({event["messageId"] for event in EVENTS}) == len(EVENTS) == 40


def test_the_sample_instance_is_one_that_a_careful_operator_would_write(instance):
    assert instance.warnings == ()


async def test_what_becomes_of_the_samples(instance):
    directory = Directory()
    async with instance.open(httpx.MockTransport(directory)) as live:
        outcomes = await live.send(EVENTS)
    delivered = Counter(
        delivery.subscription for outcome in outcomes if outcome.ok for delivery in outcome.results
    )
    assert delivered == {
        "Keep contacts in sync": 9,
        "Record transactions": 9,
        "Ask how support did": 3,
    }
    assert sum(outcome.skipped is not None for outcome in outcomes) == 17
    assert len(directory.contacts) == 6
    assert len(directory.transactions) == 9
    assert len(directory.workflows) == 3


async def test_two_samples_are_invalid_and_say_why(instance):
    async with instance.open(httpx.MockTransport(Directory())) as live:
        outcomes = await live.send(EVENTS)
    failed = {
        event["messageId"]: failure
        for event, outcome in zip(EVENTS, outcomes, strict=True)
        for failure in outcome.failures
    }
    bio, date = failed.values()
    assert isinstance(bio, Failed)
    assert "embeddedData: the value of 'bio' has 1380 characters" in bio.message
    assert (bio.code, bio.retryable) == ("PAYLOAD_VALIDATION_FAILED", False)
    assert "transactionDate" in f"{date.message} {date.problems}"
    assert (date.code, date.retryable) == ("PAYLOAD_VALIDATION_FAILED", False)


async def test_a_sample_contact_is_exactly_this(instance):
    directory = Directory()
    ada = [event for event in EVENTS if event["messageId"] == "msg-003"]
    async with instance.open(httpx.MockTransport(directory)) as live:
        await live.send(ada)
    assert directory.contacts == {
        "user-1001": {
            "id": "CID_user-1001",
            "firstName": "Ada",
            "lastName": "Quill",
            "email": "ada.quill@example.com",
            "phone": "+1 555 0101",
            "extRef": "user-1001",
            "language": "EN",
            "embeddedData": {
                "plan": "pro",
                "company": '{"name":"Example Mills","employees":42}',
                "newsletter": True,
            },
        }
    }
