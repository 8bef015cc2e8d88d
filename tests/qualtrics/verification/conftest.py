"""Runs of the verification against a simulator over a real socket."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from http.client import HTTPConnection

import pytest

from destination_kit import Budgets, Catalog
from destination_kit.verification import SessionOptions, verify
from destinations.qualtrics import QUALTRICS
from destinations.qualtrics.rate_limits import ALL_RATE_LIMITS
from destinations.qualtrics.simulator import background, load_config
from destinations.qualtrics.verification import VERIFICATION

DIRECTORY, MAILING_LIST = "POOL_000000000000001", "CG_000000000000001"
PEOPLE = [
    {"extRef": "u-1", "email": "Ann@Customer.example", "firstName": "Ann", "unsubscribed": True},
    {"extRef": "u-2", "phone": "555 0100", "embeddedData": {"secretPlan": "Gold"}},
]
CONFIG = {
    "directories": {
        DIRECTORY: {
            "isDefault": True,
            "mergeRules": [["extRef"], ["email"]],
            "mailingLists": {MAILING_LIST: {"name": "Customers of Acme"}},
            "contacts": [{**person, "lists": [MAILING_LIST]} for person in PEOPLE],
        }
    }
}
WORKFLOW = "https://iad1.qualtrics.com/inbound-event/v1/events/json/triggers?urlTokenId=s3cr3t"


async def no_sleep(_seconds):
    await asyncio.sleep(0)


def configure(*subscriptions):
    document = {
        "destination": QUALTRICS.slug,
        "settings": {"apiToken": "simulated-token", "datacenter": "iad1"},
        "subscriptions": list(subscriptions),
    }
    instance = Catalog.of(QUALTRICS).configure(document)
    # At the usual limits, a run of a second would take ten.
    budgets = Budgets({limit.name: 1_000_000 for limit in ALL_RATE_LIMITS})
    return replace(instance, budgets=budgets)


def with_workflow():
    return configure(
        {
            "action": "triggerXflowWorkflow",
            "trigger": 'type = "track"',
            "mapping": {"workflowUrl": WORKFLOW, "eventPayload": {"@path": "$.properties"}},
        }
    )


class Simulator:
    def __init__(self, url):
        self.url = url

    def call(self, method, target, body=None):
        connection = HTTPConnection(self.url.removeprefix("http://"), timeout=10)
        connection.request(method, target, None if body is None else json.dumps(body))
        response = connection.getresponse()
        content = json.loads(response.read())
        connection.close()
        assert response.status == 200, content
        return content

    def reset(self, **config):
        self.call("POST", "/_sim/reset")
        self.call("POST", "/_sim/config", config)

    @property
    def state(self):
        """What the directory holds."""
        state = self.call("GET", "/_sim/state")
        return {part: state[part] for part in ("contacts", "mailingLists", "transactions")}

    async def verify(self, instance=None, **options):
        usual = {
            "run_id": "dkit-verify-0a1b2c3d",
            "max_calls": VERIFICATION.calls,
            "parameters": {"directory": DIRECTORY, "list": MAILING_LIST},
            "connect_to": {"*.qualtrics.com": self.url},
            "sleep": no_sleep,
        }
        verification = options.pop("verification", VERIFICATION)
        chosen = SessionOptions(**{**usual, **options})
        return await verify(instance or configure(), verification, chosen)


@pytest.fixture(scope="module")
def server():
    with background(load_config(CONFIG)) as url:
        yield Simulator(url)


@pytest.fixture
def simulator(server):
    server.reset()
    return server
