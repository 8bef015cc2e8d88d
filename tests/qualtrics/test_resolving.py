"""What those who wait for the same person share."""

import asyncio

import pytest

from destination_kit import DeliveryError, HTTPError, RetryableError
from destinations.qualtrics.actions.add_contact import perform as add
from destinations.qualtrics.actions.upsert_transaction import perform_batch
from destinations.qualtrics.contact_cache import People
from tests.qualtrics.test_upsert_transaction import CREATE, PAYLOAD, SEARCH, hits

ERROR = {"errorMessage": "No."}


@pytest.mark.parametrize("status", [404, 503])
async def test_an_error_of_a_search_is_that_of_everybody_who_waits_for_it(partner, status):
    partner.will_answer(ERROR, status=status)
    answers = await perform_batch(partner.context, [PAYLOAD] * 5)
    assert [each.status for each in answers] == [status] * 5
    assert partner.asked == [SEARCH]


async def test_a_body_that_is_refused_is_the_error_of_its_own_event(partner):
    partner.will_answer(hits())
    partner.will_answer(ERROR, status=400)
    partner.will_answer(hits(), {"id": "CID_1"})
    partner.will_answer({"createdTransactions": {}})
    first, second = await perform_batch(
        partner.context, [{**PAYLOAD, "firstName": "?"}, {**PAYLOAD, "firstName": "Ada"}]
    )
    assert isinstance(first, DeliveryError)
    assert first.status == 400
    assert second.code == "UNEXPECTED_ANSWER"
    assert partner.asked[:4] == [SEARCH, CREATE, SEARCH, CREATE]


async def test_a_create_that_may_have_happened_leaves_doubt_about_its_own_event_only(partner):
    partner.will_answer(hits())
    partner.will_answer(ERROR, status=504)
    first, second = await perform_batch(partner.context, [PAYLOAD] * 2)
    assert (first.outcome_unknown, first.retryable) == (True, True)
    assert (getattr(second, "outcome_unknown", False), second.retryable) == (False, True)
    assert (second.status, second.code) == (504, first.code)
    assert partner.asked == [SEARCH, CREATE]


async def test_different_people_do_not_wait_for_each_other(partner):
    partner.will_answer(hits("CID_1"), hits("CID_2"))
    partner.will_answer({"createdTransactions": {}})
    payloads = [PAYLOAD, {**PAYLOAD, "extRef": "user-2"}]
    await asyncio.wait_for(perform_batch(partner.context, payloads), 5)
    [entries] = [partner.body(2)]
    assert [each["contactId"] for each in entries.values()] == ["CID_1", "CID_2"]


@pytest.fixture
def clock(partner):
    class Clock:
        time = 1000.0

        def __call__(self):
            return self.time

    found = Clock()
    partner.people = People(found)
    return found


@pytest.mark.parametrize("made", [True, False])
async def test_a_contact_that_may_have_been_made_is_searched_before_it_is_made_again(
    partner, clock, made
):
    contact = {"directoryId": "POOL_1", "extRef": "user-1", "firstName": "Ada"}
    partner.will_answer(ERROR, status=504)
    with pytest.raises(HTTPError):
        await add(partner.context, contact)
    with pytest.raises(RetryableError) as raised:
        await add(partner.context, contact)
    assert (raised.value.code, raised.value.retry_after) == ("CONTACT_IN_DOUBT", 10.0)
    [answer] = await perform_batch(partner.context, [PAYLOAD])
    assert answer.code == "CONTACT_IN_DOUBT"
    assert partner.asked == [CREATE]
    clock.time += 10
    partner.will_answer(*([hits("CID_1"), {}] if made else [hits(), {"id": "CID_1"}]))
    assert await add(partner.context, contact) == {"contactId": "CID_1"}
    assert partner.asked[1:] == [SEARCH, f"PUT {CREATE[5:]}/CID_1" if made else CREATE]
    partner.will_answer({})
    await add(partner.context, {**contact, "firstName": "Eve"})
    assert partner.asked[3:] == [f"PUT {CREATE[5:]}/CID_1"]


async def test_without_the_directorys_rules_nobody_is_made_until_they_are_known(partner):
    partner.will_answer(hits())
    partner.will_answer(ERROR, status=503)
    [answer] = await perform_batch(partner.context, [{**PAYLOAD, "email": "a@example.com"}])
    assert (answer.status, answer.retryable) == (503, True)
    assert CREATE not in partner.asked
