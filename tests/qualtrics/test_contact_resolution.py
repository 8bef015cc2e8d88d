"""One person is one contact: for all events in flight, for all actions, and while in doubt."""

import asyncio
import json
from collections import Counter
from contextlib import asynccontextmanager
from urllib.request import urlopen

import pytest

from destination_kit import (
    Catalog,
    DeliveryError,
    HTTPError,
    IntegrationError,
    InvalidAuthenticationError,
    RetryableError,
)
from destinations.qualtrics import QUALTRICS
from destinations.qualtrics.actions.add_contact_to_xmd import perform as add
from destinations.qualtrics.actions.upsert_contact_transaction import perform_batch
from destinations.qualtrics.client import ContactRef
from destinations.qualtrics.contact_cache import ContactCache
from destinations.qualtrics.contact_resolution import (
    ResolvedContact,
    create_contact,
    evict_if_deleted,
    find_or_create_contact,
)
from destinations.qualtrics.simulator import load_config
from destinations.qualtrics.simulator.server import running
from tests.qualtrics.test_upsert_contact_transaction import (
    CREATE,
    PAYLOAD,
    SEARCH as SEARCH_CALL,
    hits,
)

POOL, LIST, TOKEN = "POOL_1", "CG_1", "t0ken"
EMAIL, PHONE = {"@path": "$.traits.email"}, {"@path": "$.traits.phone"}
CONTACTS = "POST /API/v3/directories/{directoryId}/contacts"
SEARCH, UPDATE = f"{CONTACTS}/search", "PUT /API/v3/directories/{directoryId}/contacts/{contactId}"
DOCUMENT = {
    "destination": "actions-qualtrics",
    "settings": {"apiToken": TOKEN, "datacenter": "iad1"},
    "subscriptions": [
        {
            "action": "upsertContactTransaction",
            "trigger": 'type = "track"',
            "useDefaultMapping": True,
            "mapping": {
                "directoryId": POOL,
                "mailingListId": LIST,
                "email": EMAIL,
                "phone": PHONE,
                "transactionData": {"n": {"@path": "$.n"}},
            },
        },
        {"action": "addContactToXmd", "useDefaultMapping": True, "mapping": {"directoryId": POOL}},
    ],
}


def state(url, part):
    with urlopen(f"{url}/_sim/state?part={part}") as answer:  # noqa: S310 - our own server
        return json.load(answer)[part]


class Open:
    """An open instance and the simulator behind it."""

    def __init__(self, live, url):
        self.live, self.url = live, url

    async def send(self, *events):
        outcomes = await self.live.send(events)
        return [result for outcome in outcomes for result in map(_result, outcome.results)]

    def contacts(self):
        return state(self.url, "contacts")[POOL]

    def transactions(self):
        found = state(self.url, "transactions")[POOL]
        return {int(transaction["data"]["n"]): transaction["contactId"] for transaction in found}

    def calls(self):
        counts = state(self.url, "calls").items()
        return Counter({name: sum(by_status.values()) for name, by_status in counts})


def _result(delivery):
    return delivery.result


@asynccontextmanager
async def simulated(*contacts, instances=1, directory=None, **switches):
    known = {"mailingLists": {LIST: {}}, "contacts": list(contacts), **(directory or {})}
    config = {"tokens": {TOKEN: "UR_000000000000001"}, "directories": {POOL: known}, **switches}
    catalog = Catalog.of(QUALTRICS)
    async with running(load_config(config)) as url:
        there = {"*.qualtrics.com": url}
        lives = [catalog.configure(DOCUMENT).open(connect_to=there) for _ in range(instances)]
        try:
            found = [Open(live, url) for live in lives]
            yield found[0] if instances == 1 else found
        finally:
            for live in lives:
                await live.aclose()


def track(number, who="u-1", **more):
    traits = {"email": f"{who}@example.com", **more.pop("traits", {})}
    return {"type": "track", "userId": who, "n": number, "traits": traits, **more}


def identify(who="u-1", **traits):
    return {"type": "identify", "userId": who, "traits": {"email": f"{who}@example.com", **traits}}


async def test_many_events_in_flight_for_new_people_make_a_contact_for_each():
    async with simulated(search={"lag": 3.0}) as qualtrics:
        events = [
            identify(f"u-{number % 8}") if number % 3 else track(number, f"u-{number % 8}")
            for number in range(64)
        ]
        answers = await asyncio.gather(*(qualtrics.send(event) for event in events))
        assert all(type(result).__name__ == "Delivered" for [result] in answers)
        assert len(qualtrics.contacts()) == 8
        assert len(qualtrics.transactions()) == 22
        assert qualtrics.calls()[CONTACTS] == 8


async def test_instances_of_one_catalog_share_the_contact_cache():
    async with simulated(instances=2, search={"lag": 3.0}) as (one, other):
        events = [track(number, f"u-{number % 4}") for number in range(16)]
        async with asyncio.TaskGroup() as group:
            for index, event in enumerate(events):
                group.create_task((one, other)[index % 2].send(event))
        assert len(one.contacts()) == 4


async def test_cached_contacts_cost_no_search_and_are_updated_by_their_id():
    async with simulated(search={"lag": 3.0}) as qualtrics:
        await qualtrics.send(track(1))
        before = qualtrics.calls()
        await qualtrics.send(track(2))
        await qualtrics.send(identify(firstName="Ada"))
        after = qualtrics.calls() - before
        assert (after[SEARCH], after[CONTACTS], after[UPDATE]) == (0, 0, 1)
        [contact] = qualtrics.contacts()
        assert contact["firstName"] == "Ada"


async def test_events_of_a_person_stay_in_order_and_different_people_are_concurrent():
    async with simulated(latency=0.02) as qualtrics:
        names = [f"Name {number}" for number in range(20)]
        await qualtrics.send(*(identify("u-1", firstName=name) for name in names), identify("u-2"))
        first, _ = sorted(qualtrics.contacts(), key=lambda contact: contact["extRef"])
        assert first["firstName"] == names[-1]
        assert len(qualtrics.contacts()) == 2


async def test_identical_events_share_one_call_and_its_result():
    async with simulated() as qualtrics:
        changed = identify(firstName="Ada")
        events = [identify(), identify(), changed, changed, changed, identify()]
        answers = await qualtrics.send(*events)
        [contact] = qualtrics.contacts()
        assert {result.response["contactId"] for result in answers} == {contact["contactId"]}
        assert (qualtrics.calls()[CONTACTS], qualtrics.calls()[UPDATE]) == (1, 2)


async def test_the_strongest_identifier_alone_finds_a_contact_with_a_changed_email():
    async with simulated({"extRef": "u-1", "email": "old@example.com"}) as qualtrics:
        await qualtrics.send(track(1))
        [contact] = qualtrics.contacts()
        assert qualtrics.transactions() == {1: contact["contactId"]}
        assert qualtrics.calls()[SEARCH] == 1


async def test_the_strongest_identifier_is_the_one_that_the_directory_deduplicates_by():
    rules = {"mergeRules": [["phone"]]}
    known = {"phone": "111", "email": "old@example.com"}
    async with simulated(known, directory=rules) as qualtrics:
        await qualtrics.send(track(1, traits={"phone": "111"}))
        [contact] = qualtrics.contacts()
        assert qualtrics.transactions() == {1: contact["contactId"]}


async def test_an_anonymous_id_is_the_weakest_identifier():
    async with simulated({"extRef": "u-1", "email": "u-1@example.com"}) as qualtrics:
        anonymous = {**track(1), "anonymousId": "anon-1"}
        del anonymous["userId"]
        await qualtrics.send(anonymous)
        [contact] = qualtrics.contacts()
        assert qualtrics.transactions() == {1: contact["contactId"]}


async def test_without_a_deduplication_rule_a_contact_with_the_same_email_is_another_person():
    other = {"extRef": "u-2", "email": "u-1@example.com"}
    async with simulated(other) as qualtrics:
        await qualtrics.send(track(1))
        own = {contact["extRef"]: contact["contactId"] for contact in qualtrics.contacts()}
        assert qualtrics.transactions() == {1: own["u-1"]}
        assert len(own) == 2


async def test_a_contact_of_another_person_is_not_taken_even_where_a_rule_would():
    other = {"extRef": "u-2", "email": "u-1@example.com"}
    async with simulated(other, directory={"mergeRules": [["email"]]}) as qualtrics:
        [failed] = await qualtrics.send(track(1))
        assert failed.code == "CONTACT_OF_ANOTHER"
        assert "email" in failed.message
        [contact] = qualtrics.contacts()
        assert contact["extRef"] == "u-2"
        assert qualtrics.transactions() == {}


async def test_a_contact_is_found_by_ext_ref_although_its_email_is_another_persons():
    contacts = [
        {"extRef": "u-2", "email": "u-1@example.com"},
        {"extRef": "u-1", "email": "x@example.com"},
    ]
    async with simulated(*contacts, directory={"mergeRules": [["email"]]}) as qualtrics:
        await qualtrics.send(track(1))
        own = {contact["extRef"]: contact["contactId"] for contact in qualtrics.contacts()}
        assert qualtrics.transactions() == {1: own["u-1"]}


async def delete(qualtrics):
    """Take the contact away behind everybody's back."""
    [contact] = qualtrics.contacts()
    url = f"https://iad1.qualtrics.com/API/v3/directories/{POOL}/contacts/{contact['contactId']}"
    await qualtrics.live._client.delete(url)  # noqa: SLF001 - as an operator would, elsewhere
    return contact["contactId"]


async def test_a_deleted_contact_is_looked_up_once_more():
    async with simulated() as qualtrics:
        await qualtrics.send(track(1))
        gone = await delete(qualtrics)
        answers = await qualtrics.send(track(2), track(3), track(4, "u-2"))
        assert [type(result).__name__ for result in answers] == ["Delivered"] * 3
        transactions = qualtrics.transactions()
        assert transactions[2] == transactions[3] != gone
        assert len(qualtrics.contacts()) == 2


async def test_a_deleted_contact_is_created_again():
    async with simulated() as qualtrics:
        await qualtrics.send(identify())
        gone = await delete(qualtrics)
        [answer] = await qualtrics.send(identify())
        [contact] = qualtrics.contacts()
        assert answer.response == {"contactId": contact["contactId"]}
        assert contact["contactId"] != gone


async def test_entries_that_are_not_processed_fail_exactly_their_events():
    async with simulated(transactions={"unprocessedShare": 0.3}) as qualtrics:
        answers = await qualtrics.send(*(track(number) for number in range(50)))
        delivered = {n for n, result in enumerate(answers) if type(result).__name__ == "Delivered"}
        assert delivered == set(qualtrics.transactions())
        assert 0 < len(delivered) < 50


ERROR = {"errorMessage": "No."}


@pytest.mark.parametrize("status", [404, 503])
async def test_an_error_of_a_search_is_shared_by_all_that_wait_for_it(partner, status):
    partner.queue_results(ERROR, status=status)
    answers = await perform_batch(partner.context, [PAYLOAD] * 5)
    assert [result.status for result in answers] == [status] * 5
    assert partner.calls == [SEARCH_CALL]


async def test_a_body_that_is_refused_is_the_error_of_its_own_event(partner):
    partner.queue_results(hits())
    partner.queue_results(ERROR, status=400)
    partner.queue_results(hits(), {"id": "CID_1"})
    partner.queue_results({"createdTransactions": {}})
    first, second = await perform_batch(
        partner.context, [{**PAYLOAD, "firstName": "?"}, {**PAYLOAD, "firstName": "Ada"}]
    )
    assert isinstance(first, DeliveryError)
    assert first.status == 400
    assert second.code == "UNEXPECTED_ANSWER"
    assert partner.calls[:4] == [SEARCH_CALL, CREATE, SEARCH_CALL, CREATE]


async def test_a_create_that_may_have_happened_leaves_doubt_about_its_own_event_only(partner):
    partner.queue_results(hits())
    partner.queue_results(ERROR, status=504)
    first, second = await perform_batch(partner.context, [PAYLOAD] * 2)
    assert (first.outcome_unknown, first.retryable) == (True, True)
    assert (getattr(second, "outcome_unknown", False), second.retryable) == (False, True)
    assert (second.status, second.code) == (504, first.code)
    assert partner.calls == [SEARCH_CALL, CREATE]


async def test_a_host_that_passes_no_posts_on_names_the_host_to_set():
    centers = {"home": "sjc1", "proxied": ["iad1"], "proxiedPosts": "fail"}
    async with simulated(dataCenters=centers) as qualtrics:
        failures = await qualtrics.send(identify(), track(1))
    assert len(failures) == 2
    for failed in failures:
        assert "could not be passed on" in failed.message
        assert "use this host instead: sjc1.qualtrics.com" in failed.message


async def test_different_people_do_not_wait_for_each_other(partner):
    partner.queue_results(hits("CID_1"), hits("CID_2"))
    partner.queue_results({"createdTransactions": {}})
    payloads = [PAYLOAD, {**PAYLOAD, "extRef": "user-2"}]
    await asyncio.wait_for(perform_batch(partner.context, payloads), 5)
    [entries] = [partner.body(2)]
    assert [transaction["contactId"] for transaction in entries.values()] == ["CID_1", "CID_2"]


@pytest.mark.parametrize("made", [True, False])
async def test_a_contact_that_may_have_been_made_is_searched_before_it_is_made_again(
    partner, clock, made
):
    partner.cache = ContactCache(clock)
    contact = {"directoryId": "POOL_1", "extRef": "user-1", "firstName": "Ada"}
    partner.queue_results(ERROR, status=504)
    with pytest.raises(HTTPError):
        await add(partner.context, contact)
    with pytest.raises(RetryableError) as raised:
        await add(partner.context, contact)
    assert (raised.value.code, raised.value.retry_after) == ("CONTACT_IN_DOUBT", 10.0)
    [answer] = await perform_batch(partner.context, [PAYLOAD])
    assert answer.code == "CONTACT_IN_DOUBT"
    assert partner.calls == [CREATE]
    clock.now += 10
    partner.queue_results(*([hits("CID_1"), {}] if made else [hits(), {"id": "CID_1"}]))
    assert await add(partner.context, contact) == {"contactId": "CID_1"}
    assert partner.calls[1:] == [SEARCH_CALL, f"PUT {CREATE[5:]}/CID_1" if made else CREATE]
    partner.queue_results({})
    await add(partner.context, {**contact, "firstName": "Eve"})
    assert partner.calls[3:] == [f"PUT {CREATE[5:]}/CID_1"]


async def test_no_contact_is_created_until_the_deduplication_criteria_are_known(partner):
    partner.queue_results(hits())
    partner.queue_results(ERROR, status=503)
    [answer] = await perform_batch(partner.context, [{**PAYLOAD, "email": "a@example.com"}])
    assert (answer.status, answer.retryable) == (503, True)
    assert CREATE not in partner.calls


async def find(partner, identity):
    return await find_or_create_contact(partner.context, identity, {"extRef": "user-1"})


async def test_an_only_contact_of_a_search_is_the_one(partner, make_identity):
    partner.queue_results(hits("CID_1"))
    found = ResolvedContact("CID_1", ext_ref="user-1")
    assert await find(partner, make_identity(extRef="user-1")) == found
    cached = found._replace(is_cached=True)
    assert await find(partner, make_identity(extRef="user-1")) == cached
    assert partner.calls == [SEARCH_CALL]


async def test_two_contacts_of_a_search_are_too_many(partner, make_identity):
    partner.queue_results(hits("CID_1", "CID_2"))
    with pytest.raises(IntegrationError, match="2 contacts or more have this extRef") as raised:
        await find(partner, make_identity(extRef="user-1"))
    assert (raised.value.code, raised.value.status) == ("MULTIPLE_CONTACTS_FOUND", 400)
    assert partner.calls == [SEARCH_CALL], "no weaker identifier can narrow it"


async def test_a_contact_that_another_token_has_just_created_is_used(partner, make_identity):
    """A search does not find it yet, but shows that this token may read the directory."""
    partner.cache.remember(make_identity(extRef="user-1", api_key="tok-2"), ContactRef("CID_9", ""))
    partner.queue_results(hits())
    assert await find(partner, make_identity(extRef="user-1")) == ResolvedContact("CID_9", True)
    assert partner.calls == [SEARCH_CALL]


@pytest.mark.parametrize(("status", "in_doubt"), [(401, False), (400, False), (504, True)])
async def test_only_a_create_without_an_outcome_leaves_a_doubt(
    partner, make_identity, status, in_doubt
):
    ada = make_identity(extRef="user-1")
    partner.queue_results(ERROR, status=status)
    with pytest.raises((HTTPError, InvalidAuthenticationError)):
        await create_contact(partner.context, ada, {})
    assert partner.cache.is_in_doubt(ada) is in_doubt


@pytest.mark.parametrize(("status", "is_deleted"), [(200, False), (404, True)])
async def test_a_contact_is_evicted_where_the_directory_does_not_have_it(
    partner, make_identity, status, is_deleted
):
    ada = make_identity(extRef="user-1")
    partner.cache.remember(ada, ContactRef("CID_1", "user-1"))
    partner.queue_results(ERROR, status=status)
    assert await evict_if_deleted(partner.context, ada, "CID_1") is is_deleted
    assert partner.cache.has_contact(ada) is not is_deleted
