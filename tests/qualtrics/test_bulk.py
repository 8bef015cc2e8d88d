"""Many transactions in few calls, whatever Qualtrics refuses of them."""

import json

import httpx
import pytest

from destination_kit import HTTPError
from destinations.qualtrics.bulk import create_transactions
from destinations.qualtrics.client import Transaction

DATE = "2026-03-02 13:30:00"


def entries(count):
    return [Transaction(f"CID_{number}", "CG_1", DATE, {"n": number}) for number in range(count)]


class Taking:
    """A Qualtrics that takes so many entries per call, and none with a bad list."""

    def __init__(self, most=100, status=400, said="A request takes at most 25 transactions."):
        self.most, self.status, self.said = most, status, said
        self.sizes = []

    def __call__(self, request):
        body = json.loads(request.content)
        self.sizes.append(len(body))
        if len(body) > self.most:
            error = {"errorMessage": self.said}
            return httpx.Response(self.status, json={"meta": {"error": error}})
        if any(each["mailingListId"] == "bad" for each in body.values()):
            return httpx.Response(400, json={"meta": {"error": {"errorMessage": "No list bad."}}})
        created = {key: {"id": f"TR_{each['contactId'][4:]}"} for key, each in body.items()}
        return httpx.Response(200, json={"result": {"createdTransactions": created}, "meta": {}})


async def send(partner, taking, transactions):
    partner.will_send(*[taking] * 300)
    return await create_transactions(partner.context, "POOL_1", transactions)


def ids(count):
    return [f"TR_{number}" for number in range(count)]


async def test_one_call_carries_them_all(partner):
    taking = Taking()
    assert await send(partner, taking, entries(100)) == ids(100)
    assert taking.sizes == [100]


@pytest.mark.parametrize(("status", "said"), [(413, "no"), (400, "at most 25 transactions")])
async def test_a_call_that_is_too_large_is_halved_and_the_next_is_small_enough(
    partner, status, said
):
    taking = Taking(25, status, said)
    assert await send(partner, taking, entries(100)) == ids(100)
    assert taking.sizes == [100, 50, 25, 25, 50, 25, 25]
    taking.sizes.clear()
    assert await send(partner, taking, entries(60)) == ids(60)
    assert taking.sizes == [25, 25, 10]


async def test_an_entry_for_which_a_call_is_refused_fails_alone(partner):
    transactions = entries(64)
    transactions[37] = Transaction("CID_37", "bad", DATE, {})
    taking = Taking()
    answers = await send(partner, taking, transactions)
    bad = answers.pop(37)
    assert isinstance(bad, HTTPError)
    assert "No list bad." in str(bad)
    assert answers == [each for each in ids(64) if each != "TR_37"]
    assert len(taking.sizes) == 13
    taking.sizes.clear()
    await send(partner, taking, entries(64))
    assert taking.sizes == [64]  # nothing about sizes was learned


async def test_a_single_entry_that_is_too_large_fails(partner):
    [answer] = await send(partner, Taking(0, 413), entries(1))
    assert answer.status == 413


@pytest.mark.parametrize("status", [401, 403, 404, 500, 503])
async def test_any_other_refusal_is_that_of_every_entry_and_is_not_repeated(partner, status):
    taking = Taking(0, status)
    answers = await send(partner, taking, entries(4))
    assert [each.status for each in answers] == [status] * 4
    assert taking.sizes == [4]


async def test_an_answer_without_result_fails_every_entry(partner):
    partner.will_send(httpx.Response(200, json={"meta": {}}))
    answers = await create_transactions(partner.context, "POOL_1", entries(3))
    assert [each.code for each in answers] == ["UNEXPECTED_ANSWER"] * 3


async def test_a_lost_connection_leaves_every_entry_in_doubt(partner):
    partner.will_send(httpx.ReadError("gone"))
    answers = await create_transactions(partner.context, "POOL_1", entries(3))
    assert [each.maybe_done for each in answers] == [True] * 3


async def test_nothing_is_no_call(partner):
    assert await create_transactions(partner.context, "POOL_1", []) == []
    assert partner.requests == []
