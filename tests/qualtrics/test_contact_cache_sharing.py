"""The contact cache is shared by batches, threads and tokens, as far as a token has access."""

import asyncio
from collections import Counter
from contextlib import contextmanager

import httpx
import pytest

from destination_kit import Catalog, Delivered
from destinations.qualtrics import QUALTRICS
from destinations.qualtrics.simulator import background, load_config

GOOD = "t1"
LISTS = {"CG_1": {}}
ACTIONS = {"identify": "addContactToXmd", "track": "upsertContactTransaction"}
WHO = {name: {"@path": f"$.traits.{name}"} for name in ("email", "phone", "firstName")}


class Simulated:
    """A running simulator, and instances of one catalog that send to it."""

    def __init__(self, url):
        self.url = url
        self.catalog = Catalog.of(QUALTRICS)

    def open(self, token=GOOD):
        return self.configured(token).open(connect_to={"*.qualtrics.com": self.url})

    def configured(self, token):
        ext_ref = {"extRef": {"@path": "$.userId"}, **WHO}
        mapping = {"directoryId": "POOL_1", **ext_ref}
        transaction = {"mailingListId": "CG_1", "transactionData": {"@path": "$.properties"}}
        anonymous = {**mapping, **transaction, "extRef": {"@path": "$.anonymousId"}}
        subscriptions = [
            _subscription("identify", 'type = "identify"', mapping),
            _subscription("track", 'type = "track"', {**mapping, **transaction}),
            _subscription("track", 'type = "page"', anonymous),
        ]
        document = {
            "destination": QUALTRICS.slug,
            "settings": {"apiToken": token, "datacenter": "iad1"},
            "subscriptions": subscriptions,
        }
        return self.catalog.configure(document)

    @property
    def state(self):
        return httpx.get(f"{self.url}/_sim/state").json()

    @property
    def contacts(self):
        return self.state["contacts"]["POOL_1"]

    @property
    def transactions(self):
        return self.state["transactions"]["POOL_1"]

    @property
    def calls(self):
        """How many calls there were of each kind, by the end of the route."""
        counted = Counter()
        for route, by_status in self.state["calls"].items():
            method, _, path = route.partition(" ")
            number = by_status if isinstance(by_status, int) else sum(by_status.values())
            counted[f"{method} {path.rpartition('/')[2]}"] += number
        return counted


def _subscription(kind, trigger, mapping):
    name = {"name": trigger, "action": ACTIONS[kind]}
    return {**name, "trigger": trigger, "mapping": mapping}


@contextmanager
def simulated(rules=(), **switches):
    directory = {"mergeRules": rules, "mailingLists": LISTS, **switches.pop("directory", {})}
    users = {"UR_1": {}, "UR_2": {}, "UR_3": {"directories": []}}
    tokens = {"t1": "UR_1", "t2": "UR_2", "t3": "UR_3"}
    document = {"directories": {"POOL_1": directory}, "users": users, "tokens": tokens, **switches}
    with background(load_config(document)) as url:
        yield Simulated(url)


def identify(user, **traits):
    return {"type": "identify", "userId": user, "traits": traits}


def track(user, number=0, **traits):
    return {"type": "track", "userId": user, "traits": traits, "properties": {"number": number}}


def delivered(outcomes):
    results = [outcome.results[0].result for outcome in outcomes]
    assert [result for result in results if not isinstance(result, Delivered)] == []
    return [result.response["contactId"] for result in results]


async def test_people_are_written_at_the_same_time():
    arrived = []
    everybody = asyncio.Event()

    async def answer(request):
        arrived.append(request)
        if len(arrived) == 20:
            everybody.set()
        await everybody.wait()
        return httpx.Response(200, json={"result": {"id": "CID_1"}, "meta": {}})

    transport = httpx.MockTransport(answer)
    async with Simulated("").configured(GOOD).open(transport=transport) as live:
        delivered(await live.send([identify(f"u{number}") for number in range(20)]))


async def test_the_strongest_identifier_alone_finds_a_contact_that_has_changed_the_others():
    stored = [{"extRef": "user-1", "email": "old@example.com"}]
    with simulated(directory={"contacts": stored}) as qualtrics:
        async with qualtrics.open() as live:
            ids = delivered(await live.send([track("user-1", email="new@example.com")]))
        assert ids == [contact["contactId"] for contact in qualtrics.contacts]


async def test_an_anonymous_visitor_with_a_known_email_is_no_new_contact():
    stored = [{"extRef": "user-1", "email": "a@example.com"}]
    page = {"type": "page", "anonymousId": "anon-1", "traits": {"email": "a@example.com"}}
    with simulated(directory={"contacts": stored}) as qualtrics:
        async with qualtrics.open() as live:
            ids = delivered(await live.send([page]))
        [contact] = qualtrics.contacts
        assert ids == [contact["contactId"]]
        assert contact["extRef"] == "user-1"


async def test_a_visitor_who_logs_in_keeps_the_contact():
    page = {"type": "page", "anonymousId": "anon-1", "traits": {"email": "a@example.com"}}
    named = {**track("user-1", email="a@example.com"), "anonymousId": "anon-1"}
    with simulated([["email"]]) as qualtrics:
        async with qualtrics.open() as live:
            ids = delivered([*await live.send([page]), *await live.send([named])])
        assert ids == [qualtrics.contacts[0]["contactId"]] * 2


async def test_one_person_is_one_contact_for_two_tokens_of_a_directory():
    with simulated(search={"lag": 0.2}) as qualtrics:
        async with qualtrics.open("t1") as one, qualtrics.open("t2") as two:
            outcomes = [await live.send([identify("user-1")]) for live in (one, two)]
        assert len(set(delivered([outcome for [outcome] in outcomes]))) == 1
        assert len(qualtrics.contacts) == 1


async def test_a_token_without_access_gets_neither_an_id_nor_a_shared_result():
    with simulated(latency=0.05) as qualtrics:
        async with qualtrics.open("t1") as good, qualtrics.open("t3") as bad:
            event = identify("user-1")
            both = await asyncio.gather(good.send([event]), bad.send([event]))
            [[mine], [theirs]] = both
            [again] = await bad.send([track("user-1")])
        [contact_id] = delivered([mine])
        for outcome in (theirs, again):
            result = outcome.results[0].result
            assert not isinstance(result, Delivered)
            assert contact_id not in result.message


async def test_a_refused_token_fails_no_event_with_a_good_one():
    with simulated(latency=0.05) as qualtrics:
        async with qualtrics.open("t3") as bad, qualtrics.open("t1") as good:
            event = identify("user-1")
            _, [mine] = await asyncio.gather(bad.send([event]), good.send([event]))
        assert len(delivered([mine])) == 1


async def test_two_instances_in_two_threads_make_one_contact():
    def deliver(qualtrics, user):
        async def sent():
            async with qualtrics.open() as live:
                return await live.send([track(user, number) for number in range(10)])

        return asyncio.run(sent())

    with simulated(search={"lag": 3.0}, latency=0.02) as qualtrics:
        both = await asyncio.gather(
            *(asyncio.to_thread(deliver, qualtrics, "user-1") for _ in range(2))
        )
        assert len(set(delivered([*both[0], *both[1]]))) == 1
        assert len(qualtrics.contacts) == 1


@pytest.mark.parametrize("status", [400, 413])
async def test_a_partner_that_takes_few_transactions_gets_all_in_smaller_calls(status):
    limits = {"entriesPerCall": 30, "tooManyStatus": status}
    with simulated(transactions=limits) as qualtrics:
        async with qualtrics.open() as live:
            delivered(await live.send([track("user-1", number) for number in range(100)]))
        numbers = [transaction["data"]["number"] for transaction in qualtrics.transactions]
        assert sorted(numbers) == list(range(100))


def codes(outcomes):
    results = [outcome.results[0].result for outcome in outcomes]
    return ["" if isinstance(result, Delivered) else result.code for result in results]


async def test_several_contacts_are_found_by_one_search_for_all_events():
    stored = [{"extRef": "user-1", "firstName": name} for name in "ab"]
    with simulated(directory={"contacts": stored}, latency=0.02) as qualtrics:
        async with qualtrics.open() as live:
            outcomes = await live.send([track("user-1", number) for number in range(10)])
        assert codes(outcomes) == ["MULTIPLE_CONTACTS_FOUND"] * 10
        assert qualtrics.calls["POST search"] == 1


async def test_a_contact_that_cannot_be_created_fails_no_other_event_of_the_person():
    with simulated(latency=0.02) as qualtrics:
        async with qualtrics.open() as live:
            bad = track("user-1", firstName="x" * 1001)
            outcomes = await live.send([bad, bad, track("user-1")])
        assert codes(outcomes) == ["BAD_REQUEST", "BAD_REQUEST", ""]
        assert qualtrics.calls["POST contacts"] == 3
