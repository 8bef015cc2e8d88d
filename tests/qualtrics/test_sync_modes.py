"""Sync modes: update only, add only, and both, with 64 events in flight and 3 s of search lag."""

import asyncio
import json
from collections import Counter
from contextlib import asynccontextmanager
from dataclasses import replace
from urllib.request import urlopen

import httpx
import pytest

from destination_kit import (
    Catalog,
    ConfigurationError,
    Failed,
    PayloadValidationError,
    RetryableError,
    Skipped,
)
from destinations.qualtrics import QUALTRICS
from destinations.qualtrics.actions.add_contact_to_xmd import perform as add
from destinations.qualtrics.actions.upsert_contact_transaction import perform as transact
from destinations.qualtrics.simulator import load_config
from destinations.qualtrics.simulator.server import running
from tests.qualtrics.test_upsert_contact_transaction import (
    DIRECTORY,
    PAYLOAD,
    SEARCH,
    TRANSACT,
    hits,
    transaction,
)

POOL, LIST, TOKEN, LAG = "POOL_1", "CG_1", "t0ken", 3.0
CONTACT = {"directoryId": "POOL_1", "extRef": "user-1", "firstName": "Ada"}
UPDATE = f"PUT {DIRECTORY}/contacts/CID_1"
PEOPLE = 64


def in_mode(partner, mode, **more):
    return replace(partner.context, sync_mode=mode, **more)


async def test_an_update_of_a_person_who_is_there_is_a_put(partner):
    partner.queue_results(hits("CID_1"), {})
    assert await add(in_mode(partner, "update"), CONTACT) == {"contactId": "CID_1"}
    assert partner.calls == [SEARCH, UPDATE]
    assert partner.body(1) == {"firstName": "Ada", "extRef": "user-1"}


async def test_an_update_of_a_person_who_is_missing_is_skipped(partner):
    for perform, payload in ((add, CONTACT), (transact, PAYLOAD)):
        partner.queue_results(hits())
        skipped = await perform(in_mode(partner, "update"), payload)
        assert isinstance(skipped, Skipped)
        assert "no contact with this extRef" in skipped.reason
    assert partner.calls == [SEARCH] * 2


async def test_an_update_finds_out_that_a_cached_contact_is_gone(partner):
    partner.queue_results(hits("CID_1"), {})
    await add(in_mode(partner, "update"), CONTACT)
    partner.queue_results({"errorMessage": "gone"}, status=404)
    partner.queue_results(hits())
    assert isinstance(await add(in_mode(partner, "update"), {**CONTACT, "firstName": "B"}), Skipped)
    assert partner.calls[2:] == [UPDATE, SEARCH]


async def test_a_transaction_of_a_person_who_is_there_is_added(partner):
    partner.queue_results(hits("CID_1"))
    partner.queue_responses(transaction())
    answer = await transact(in_mode(partner, "update"), PAYLOAD)
    assert answer == {"contactId": "CID_1", "transactionId": "TR_1"}


async def test_a_person_who_is_missing_is_added(partner):
    partner.queue_results(hits(), {"id": "CID_1"})
    assert await add(in_mode(partner, "add"), CONTACT) == {"contactId": "CID_1"}
    partner.queue_results({"id": "CID_2"})
    other = {**PAYLOAD, "extRef": "user-2"}
    partner.responses.appendleft(
        httpx.Response(200, json={"result": hits(), "meta": {"requestId": "r"}})
    )
    partner.queue_responses(transaction())
    assert (await transact(in_mode(partner, "add"), other))["contactId"] == "CID_2"


@pytest.mark.parametrize("found", [("CID_1",), ("CID_1", "CID_2")])
async def test_a_person_who_is_there_is_left_alone(partner, found):
    for perform, payload in ((add, CONTACT), (transact, PAYLOAD)):
        partner.queue_results(hits(*found))
        partner.cache.__init__()
        skipped = await perform(in_mode(partner, "add"), payload)
        assert isinstance(skipped, Skipped)
        assert "in the directory already" in skipped.reason
    assert partner.calls == [SEARCH] * 2


async def test_a_mapped_contact_id_is_a_known_contact(partner):
    known = {**PAYLOAD, "contactId": "CID_1"}
    assert isinstance(await transact(in_mode(partner, "add"), known), Skipped)
    partner.queue_responses(transaction())
    assert (await transact(in_mode(partner, "update"), known))["transactionId"] == "TR_1"
    assert partner.calls == [TRANSACT]


@pytest.mark.parametrize("mode", ["add", "update"])
async def test_a_person_is_found_by_an_identifier_only(partner, mode):
    with pytest.raises(PayloadValidationError, match=f"The sync mode {mode} needs at least one"):
        await add(in_mode(partner, mode), {"directoryId": "POOL_1", "firstName": "Ada"})


async def test_the_transaction_of_an_added_person_is_not_lost_by_a_failure(partner):
    """The next attempt finds the contact that the first one has created, and goes on."""
    partner.queue_results(hits(), {"id": "CID_1"})
    partner.queue_results({"errorMessage": "later"}, status=429)
    partner.queue_results({"errorMessage": "later"}, status=429)
    failed = await transact(in_mode(partner, "add"), PAYLOAD)
    assert isinstance(failed, Failed)
    assert (failed.outcome, failed.remedy) == ("unknown", "wait")
    context = in_mode(partner, "add", outcome_unknown=True)
    partner.responses.clear()
    partner.queue_results({"elements": []})
    assert (await transact(context, PAYLOAD)).code == "TRANSACTION_IN_DOUBT"
    assert isinstance(await transact(in_mode(partner, "add"), PAYLOAD), Skipped)


async def test_while_a_contact_is_in_doubt_no_mode_decides(partner):
    partner.queue_results(hits())
    partner.queue_responses(httpx.ReadError("reset"))
    with pytest.raises(RetryableError):
        await add(in_mode(partner, "add"), CONTACT)
    for mode in ("add", "update"):
        with pytest.raises(RetryableError) as raised:
            await add(in_mode(partner, mode), CONTACT)
        assert raised.value.code == "CONTACT_IN_DOUBT"


def configure(*subscriptions):
    return Catalog.of(QUALTRICS).configure(
        {
            "destination": "actions-qualtrics",
            "settings": {"apiToken": TOKEN, "datacenter": "iad1"},
            "subscriptions": [*subscriptions],
        }
    )


def subscription(action, mode, event, name=None):
    mapping = {"directoryId": POOL, "email": {"@path": "$.traits.email"}}
    if action == "upsertContactTransaction":
        mapping |= {"mailingListId": LIST, "transactionData": {"n": {"@path": "$.n"}}}
    return {
        "name": name or mode,
        "action": action,
        "trigger": f'event = "{event}"',
        "useDefaultMapping": True,
        "mapping": mapping,
        **({"syncMode": mode} if mode else {}),
    }


@asynccontextmanager
async def simulated(instance, **directory):
    known = {"mailingLists": {LIST: {}}, "mergeRules": [["extRef"]], **directory}
    config = {
        "tokens": {TOKEN: "UR_000000000000001"},
        "directories": {POOL: known},
        "search": {"lag": LAG},
        "latency": [0.0, 0.02],
    }
    async with (
        running(load_config(config)) as url,
        instance.open(connect_to={"*.qualtrics.com": url}) as live,
    ):
        yield live, lambda part: _state(url, part)[POOL]


def _state(url, part):
    with urlopen(f"{url}/_sim/state?part={part}") as answer:  # noqa: S310 - our own server
        return json.load(answer)[part]


def event(name, number, n=0, **traits):
    who = f"u-{number}"
    traits = {"email": f"{who}@example.com", **traits}
    return {"type": "track", "event": name, "userId": who, "n": n, "traits": traits}


async def results_of(live, *events):
    sent = await asyncio.gather(*(live.send([event]) for event in events))
    return [part.result for results in sent for result in results for part in result.results]


def kinds(results):
    return Counter(type(result).__name__ for result in results)


async def test_an_update_finds_people_that_another_subscription_is_creating():
    """Search lags behind by 3 s: the locks and the cache know the contacts."""
    instance = configure(
        subscription("addContactToXmd", "upsert", "new"),
        subscription("addContactToXmd", "update", "change"),
    )
    async with simulated(instance) as (live, state):
        events = []
        for number in range(PEOPLE):
            events += [event("new", number), event("change", number, firstName="Ada")]
        results = await results_of(live, *events)
        assert kinds(results) == {"Delivered": 2 * PEOPLE}
        contacts = state("contacts")
        assert len(contacts) == PEOPLE
        assert {contact["firstName"] for contact in contacts} == {"Ada"}
        strangers = [event("change", 1000 + number) for number in range(PEOPLE)]
        assert kinds(await results_of(live, *strangers)) == {"Skipped": PEOPLE}
        assert len(state("contacts")) == PEOPLE


async def test_two_events_for_a_new_person_add_one_contact_and_the_second_is_skipped():
    instance = configure(subscription("addContactToXmd", "add", "new"))
    async with simulated(instance) as (live, state):
        events = [event("new", number) for number in range(PEOPLE) for _ in range(2)]
        results = await results_of(live, *events)
        assert kinds(results) == {"Delivered": PEOPLE, "Skipped": PEOPLE}
        assert len(state("contacts")) == PEOPLE
        changed = [event("new", number, firstName="Eve") for number in range(PEOPLE)]
        assert kinds(await results_of(live, *changed)) == {"Skipped": PEOPLE}
        assert {contact["firstName"] for contact in state("contacts")} == {None}


async def test_transactions_follow_the_mode_of_their_subscription():
    known = [{"extRef": f"u-{number}"} for number in range(PEOPLE)]
    instance = configure(
        subscription("upsertContactTransaction", "update", "change"),
        subscription("upsertContactTransaction", "add", "new"),
        subscription("upsertContactTransaction", None, "any", name="default"),
    )
    async with simulated(instance, contacts=known) as (live, state):
        old, new = range(PEOPLE), range(PEOPLE, 2 * PEOPLE)
        results = await results_of(live, *(event("change", number) for number in (*old, *new)))
        assert kinds(results) == {"Delivered": PEOPLE, "Skipped": PEOPLE}
        assert len(state("contacts")) == PEOPLE
        pairs = [event("new", number) for number in (*old, *new, *new)]
        results = await results_of(live, *pairs)
        assert kinds(results) == {"Delivered": PEOPLE, "Skipped": 2 * PEOPLE}
        assert (len(state("contacts")), len(state("transactions"))) == (2 * PEOPLE, 2 * PEOPLE)
        results = await results_of(live, *(event("any", number) for number in (*old, *new)))
        assert kinds(results) == {"Delivered": 2 * PEOPLE}
        assert len(state("contacts")) == 2 * PEOPLE


async def test_a_mode_that_the_actions_do_not_offer_is_refused():
    with pytest.raises(ConfigurationError, match=r"does not offer 'mirror'.*upsert"):
        configure(subscription("addContactToXmd", "mirror", "x"))
