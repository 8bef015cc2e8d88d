"""What those who wait for the same person share."""

import asyncio

import pytest

from destination_kit import DeliveryError
from destinations.qualtrics.actions.upsert_transaction import perform_batch
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
    assert (first.maybe_done, first.retryable) == (True, True)
    assert (getattr(second, "maybe_done", False), second.retryable) == (False, True)
    assert (second.status, second.code) == (504, first.code)
    assert partner.asked == [SEARCH, CREATE]


async def test_different_people_do_not_wait_for_each_other(partner):
    partner.will_answer(hits("CID_1"), hits("CID_2"))
    partner.will_answer({"createdTransactions": {}})
    payloads = [PAYLOAD, {**PAYLOAD, "extRef": "user-2"}]
    await asyncio.wait_for(perform_batch(partner.context, payloads), 5)
    [entries] = [partner.body(2)]
    assert [each["contactId"] for each in entries.values()] == ["CID_1", "CID_2"]
