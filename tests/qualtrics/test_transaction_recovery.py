"""A transaction whose response is missing is looked for before it is sent again."""

import asyncio
import json
import logging
from contextlib import asynccontextmanager
from dataclasses import replace
from urllib.request import urlopen

import httpx
import pytest

from destination_kit import Catalog, Delivered, Failed
from destination_kit.delivery import RetryPolicy, attempt_delivery
from destinations.qualtrics import QUALTRICS
from destinations.qualtrics.actions.upsert_contact_transaction import perform, perform_batch
from destinations.qualtrics.contact_cache import ContactCache
from destinations.qualtrics.simulator import load_config
from destinations.qualtrics.simulator.server import running
from destinations.qualtrics.transaction_claims import LISTING_LAG
from tests.qualtrics.test_upsert_contact_transaction import (
    DIRECTORY,
    KNOWN,
    TRANSACT,
    transaction,
)

POOL, LIST, TOKEN = "POOL_1", "CG_1", "t0ken"
LISTING = f"GET {DIRECTORY}/contacts/CID_1/transactions"
PAYLOAD = {**KNOWN, "transactionData": {"total": 9.5, "paid": True, "sku": "A", "count": 3}}
LISTED = {
    "transactionId": "CTR_1",
    "contactId": "CID_1",
    "mailingListId": "CG_1",
    "transactionDate": "2026-03-02 13:30:00",
    "data": {"total": "9.5", "paid": "true", "sku": "A", "count": "3"},
}


def listed(*elements, next_page=None):
    return {"elements": list(elements), "nextPage": next_page}


@pytest.fixture
def partner_at(partner, clock):
    """Return the partner with a cache whose clock the test sets."""
    partner.cache = ContactCache(clock)
    return partner


def doubtful(partner):
    return replace(partner.context, outcome_unknown=True)


async def test_a_transaction_that_is_there_is_not_created_again(partner):
    partner.queue_results(listed(LISTED))
    answer = await perform(doubtful(partner), PAYLOAD)
    assert answer == {"contactId": "CID_1", "transactionId": "CTR_1"}
    assert partner.calls == [LISTING]


@pytest.mark.parametrize(
    "changes",
    [
        {"mailingListId": "CG_2"},
        {"transactionDate": "2026-03-02 13:30:01"},
        {"data": {**LISTED["data"], "total": "9.6"}},
        {"data": {**LISTED["data"], "paid": "false"}},
        {"data": {**LISTED["data"], "count": "9007199254740993"}},
        {"data": {**LISTED["data"], "sku": "B"}},
        {"data": {**LISTED["data"], "more": "1"}},
        {"data": {"total": "9.5"}},
    ],
)
async def test_another_transaction_answers_for_none(partner, changes):
    partner.queue_results(listed({**LISTED, **changes}))
    failed = await perform(doubtful(partner), PAYLOAD)
    assert (failed.code, failed.outcome, failed.remedy) == (
        "TRANSACTION_IN_DOUBT",
        "unknown",
        "wait",
    )
    assert partner.calls == [LISTING], "nothing is sent before a listing can tell"


@pytest.mark.parametrize("date", ["2026-03-02T13:30:00Z", "2026-03-02T15:30:00+02:00"])
async def test_the_form_of_a_listed_date_does_not_matter(partner, date):
    partner.queue_results(listed({**LISTED, "transactionDate": date}))
    assert (await perform(doubtful(partner), PAYLOAD))["transactionId"] == "CTR_1"


async def test_a_listing_is_read_to_its_last_page(partner):
    other, url = {**LISTED, "mailingListId": "CG_2"}, f"{LISTING[4:]}?skipToken=2"
    partner.queue_results(listed(other, next_page=url), listed(LISTED))
    assert (await perform(doubtful(partner), PAYLOAD))["transactionId"] == "CTR_1"
    assert partner.calls == [LISTING, f"GET {url}"]


async def test_a_listed_transaction_answers_for_one_event(partner):
    partner.queue_results(listed(LISTED), listed(LISTED))
    first, second = [await perform(doubtful(partner), PAYLOAD) for _ in range(2)]
    assert first == {"contactId": "CID_1", "transactionId": "CTR_1"}
    assert isinstance(second, Failed)


async def test_a_transaction_of_a_delivered_event_answers_for_no_other(partner):
    partner.queue_responses(transaction(entry={"id": "CTR_1"}))
    partner.queue_results(listed(LISTED))
    await perform(partner.context, PAYLOAD)
    assert (await perform(doubtful(partner), PAYLOAD)).code == "TRANSACTION_IN_DOUBT"


async def test_a_transaction_is_sent_again_once_a_listing_must_show_it(partner_at, clock):
    context = doubtful(partner_at)
    partner_at.queue_responses(httpx.ReadError("reset"))
    [error] = await perform_batch(partner_at.context, [PAYLOAD])
    assert error.outcome_unknown
    clock.now = LISTING_LAG - 4
    partner_at.queue_results(listed())
    failed = await perform(context, PAYLOAD)
    assert (failed.code, failed.retry_after) == ("TRANSACTION_IN_DOUBT", 4.0)
    clock.now = LISTING_LAG
    partner_at.queue_results(listed())
    partner_at.queue_responses(transaction())
    assert (await perform(context, PAYLOAD))["transactionId"] == "TR_1"
    assert partner_at.calls == [TRANSACT, LISTING, LISTING, TRANSACT]


async def test_a_doubt_of_another_process_waits_for_its_whole_time(partner_at, clock):
    context = doubtful(partner_at)
    partner_at.queue_results(listed(), listed())
    assert (await perform(context, PAYLOAD)).retry_after == LISTING_LAG
    clock.now = LISTING_LAG
    partner_at.queue_responses(transaction())
    assert (await perform(context, PAYLOAD))["transactionId"] == "TR_1"


@pytest.mark.parametrize("status", [403, 404, 400])
async def test_without_a_listing_it_is_sent_again_with_one_warning(partner, caplog, status):
    for _ in range(2):
        partner.queue_results({"errorMessage": "no"}, status=status)
        partner.queue_responses(transaction())
    with caplog.at_level(logging.WARNING, "destination_kit"):
        for _ in range(2):
            assert (await perform(doubtful(partner), PAYLOAD))["transactionId"] == "TR_1"
    warnings = [record.message for record in caplog.records]
    assert len(warnings) == 1
    assert "POOL_1 cannot be listed" in warnings[0]


async def test_an_outage_of_the_listing_keeps_the_doubt(partner):
    for _ in range(2):
        partner.queue_results({"errorMessage": "later"}, status=503)
    failed = await perform(doubtful(partner), PAYLOAD)
    assert (failed.code, failed.outcome, failed.remedy) == (
        "TRANSACTION_IN_DOUBT",
        "unknown",
        "wait",
    )
    assert TRANSACT not in partner.calls


async def test_a_call_under_way_keeps_its_transaction(partner):
    """The response to it may name the listed transaction, which is then that of its event."""
    claims = partner.cache.transaction_claims
    partner.queue_results(listed(LISTED), listed(LISTED))
    with claims.creating(["CID_1"]):
        failed = await perform(doubtful(partner), PAYLOAD)
        assert (failed.outcome, failed.retry_after) == ("unknown", 1.0)
        assert claims.claim("CTR_1")
    assert (await perform(doubtful(partner), PAYLOAD)).code == "TRANSACTION_IN_DOUBT"


async def test_an_event_past_its_deadline_finds_its_transaction(partner):
    context = partner.context
    context.http.is_over = True
    partner.queue_responses(transaction(entry={"id": "CTR_1"}))
    await perform_batch(context, [PAYLOAD])
    partner.queue_results(listed(LISTED))
    assert (await perform(doubtful(partner), PAYLOAD))["transactionId"] == "CTR_1"


def document(**options):
    mapping = {
        "directoryId": POOL,
        "mailingListId": LIST,
        "transactionData": {"n": {"@path": "$.n"}},
    }
    subscription = {
        "action": "upsertContactTransaction",
        "trigger": 'type = "track"',
        "useDefaultMapping": True,
        "mapping": mapping,
        **options,
    }
    return {
        "destination": "actions-qualtrics",
        "settings": {"apiToken": TOKEN, "datacenter": "iad1"},
        "subscriptions": [subscription],
    }


@asynccontextmanager
async def simulated(**switches):
    known = {"mailingLists": {LIST: {}}, "mergeRules": [["extRef"]]}
    config = {"tokens": {TOKEN: "UR_000000000000001"}, "directories": {POOL: known}, **switches}
    async with running(load_config(config)) as url:
        yield url


def stored(url):
    with urlopen(f"{url}/_sim/state?part=transactions") as answer:  # noqa: S310 - our own server
        return json.load(answer)["transactions"][POOL]


async def deliver(live, message, policy):
    """Attempt a message as a host does, until nothing is left of it."""
    while message:
        attempt = await attempt_delivery(live, message, policy)
        message = attempt.retry
        assert attempt.dead_letter is None
        await asyncio.sleep(attempt.pause)


async def test_a_listing_that_lags_behind_is_asked_again():
    """`faults.appliedLate` and `transactions.listingLag`: late writes are found, lost ones repeated."""
    create = "POST /API/v3/directories/{directoryId}/transactions"
    script = ["reset-after", "reset-before", "504-late", "ok"]
    faults = {"script": script, "only": [create], "appliedLate": 1.0}
    async with simulated(faults=faults, transactions={"listingLag": 1.0}) as url:
        instance = Catalog.of(QUALTRICS).configure(document())
        async with instance.open(connect_to={"*.qualtrics.com": url}) as live:
            events = [
                {"type": "track", "userId": "u-1", "n": 1, "timestamp": "2026-03-02T13:30:00Z"}
            ] * 3
            policy = RetryPolicy(first_pause=0.5)
            await asyncio.gather(*(deliver(live, event, policy) for event in events))
        assert [transaction["data"] for transaction in stored(url)] == [{"n": 1}] * 3


async def test_another_run_finds_what_an_earlier_one_has_created():
    create = "POST /API/v3/directories/{directoryId}/transactions"
    event = {"type": "track", "userId": "u-1", "n": 1}
    async with simulated(faults={"script": ["reset-after"], "only": [create]}) as url:
        attempts = []
        for message in (lambda: event, lambda: attempts[0].retry):
            # A catalog of its own shares nothing with the first, as another process would.
            instance = Catalog.of(QUALTRICS).configure(document())
            async with instance.open(connect_to={"*.qualtrics.com": url}) as live:
                attempts.append(await attempt_delivery(live, message(), RetryPolicy()))
        first, second = attempts
        assert [failed.outcome for failed in first.failures] == ["unknown"]
        assert (second.failures, second.retry) == ((), None)
        assert len(stored(url)) == 1, "also without a date of its own"


async def test_every_result_of_a_batch_is_its_own():
    async with simulated() as url:
        instance = Catalog.of(QUALTRICS).configure(document())
        async with instance.open(connect_to={"*.qualtrics.com": url}) as live:
            events = [{"type": "track", "userId": f"u-{n}", "n": n} for n in range(3)]
            unknown = [(), {"upsertContactTransaction"}, ()]
            results = await live.send(events, unknown=unknown)
        kinds = [type(result.results[0].result) for result in results]
        assert kinds == [Delivered, Failed, Delivered]
