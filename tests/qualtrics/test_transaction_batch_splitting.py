"""Many transactions in few calls, to a partner that has limits of its own."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx
import pytest

from destination_kit import HTTPError, IntegrationError
from destinations.qualtrics.client import Transaction
from destinations.qualtrics.contact_cache import TTL, ContactCache
from destinations.qualtrics.transaction_batch_splitting import create_transactions


@dataclass
class Taker:
    """A partner that takes transactions: so many a call, and none with a poison."""

    most: int = 1000
    status: int = 413
    poison: tuple[int, ...] = ()
    message: str = "This exceeds a limit."
    unprocessed: Callable[[int], bool] = lambda _: False
    sizes: list[int] = field(default_factory=list)

    def __call__(self, request):
        entries = json.loads(request.content)
        numbers = {key: entry["data"]["number"] for key, entry in entries.items()}
        self.sizes.append(len(entries))
        if len(entries) > self.most or set(self.poison) & set(numbers.values()):
            error = {"meta": {"error": {"errorMessage": self.message}}}
            return httpx.Response(self.status, json=error)
        lost = {key: {"errorMessage": "No."} for key, n in numbers.items() if self.unprocessed(n)}
        made = {key: {"id": f"TR_{n}"} for key, n in numbers.items() if key not in lost}
        result = {"createdTransactions": made, "unprocessedTransactions": lost}
        return httpx.Response(200, json={"result": result, "meta": {}})


def transactions(count):
    date = "2026-03-02 13:30:00"
    return [Transaction("CID_1", "CG_1", date, {"number": number}) for number in range(count)]


@pytest.fixture
def create(partner):
    async def run(taker, count):
        partner.queue_responses(*[taker] * (3 * count))
        answers = await create_transactions(partner.context, "POOL_1", transactions(count))
        partner.responses.clear()
        return answers

    return run


def ids(*numbers):
    return [f"TR_{number}" for number in numbers]


async def test_transactions_that_fit_into_a_call_are_one_call(create):
    taker = Taker()
    assert await create(taker, 100) == ids(*range(100))
    assert taker.sizes == [100]


async def test_no_transactions_are_no_call(create):
    taker = Taker()
    assert await create(taker, 0) == []
    assert taker.sizes == []


@pytest.mark.parametrize("status", [400, 413])
async def test_too_many_are_halved_until_they_fit_and_the_size_is_learned(create, status):
    taker = Taker(most=30, status=status)
    assert await create(taker, 100) == ids(*range(100))
    assert taker.sizes == [100, 50, 25, 25, 50, 25, 25]
    taker.sizes.clear()
    assert await create(taker, 100) == ids(*range(100))
    assert taker.sizes == [25] * 4


async def test_an_odd_number_is_halved_without_loss(create):
    taker = Taker(most=3)
    assert await create(taker, 7) == ids(*range(7))
    assert taker.sizes == [7, 4, 2, 2, 3]


async def test_a_learned_size_expires(create, partner):
    now = [0.0]
    partner.cache = ContactCache(lambda: now[0])
    taker = Taker(most=50)
    await create(taker, 100)
    now[0] = TTL
    taker.most = 100
    taker.sizes.clear()
    await create(taker, 100)
    assert taker.sizes == [100]


@pytest.mark.parametrize("status", [400, 413])
async def test_a_bad_entry_fails_alone_and_lowers_no_limit(create, status):
    taker = Taker(poison=(37,), status=status)
    answers = await create(taker, 100)
    [error] = [result for result in answers if not isinstance(result, str)]
    assert answers.index(error) == 37
    assert isinstance(error, HTTPError)
    assert error.status == status
    assert [result for result in answers if result != error] == ids(*range(37), *range(38, 100))
    assert len(taker.sizes) < 20
    taker.poison, taker.sizes = (), []
    await create(taker, 100)
    assert taker.sizes == [100]


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 503])
async def test_another_refusal_fails_every_transaction_without_a_second_call(create, status):
    taker = Taker(most=0, status=status)
    answers = await create(taker, 10)
    assert [result.status for result in answers] == [status] * 10
    assert taker.sizes == [10]


async def test_a_half_without_an_answer_fails_alone(create, partner):
    taker = Taker(most=2)
    partner.queue_responses(taker, httpx.ReadError("gone"))
    answers = await create(taker, 4)
    assert [getattr(result, "outcome_unknown", None) for result in answers] == [
        True,
        True,
        None,
        None,
    ]
    assert answers[2:] == ids(2, 3)
    assert taker.sizes == [4, 2]


async def test_an_unprocessed_entry_fails_alone(create):
    taker = Taker(most=10, unprocessed=lambda number: number % 3 == 0)
    answers = await create(taker, 20)
    for number, answer in enumerate(answers):
        if number % 3:
            assert answer == f"TR_{number}"
        else:
            assert isinstance(answer, IntegrationError)
            assert answer.code == "TRANSACTION_UNPROCESSED"
    assert taker.sizes == [20, 10, 10]


async def test_a_half_whose_answer_cannot_be_read_is_in_doubt_and_lowers_no_limit(partner):
    refused, unreadable = httpx.Response(413), httpx.Response(200, text="<html>")
    partner.queue_responses(refused, unreadable, Taker(), Taker())
    answers = await create_transactions(partner.context, "POOL_1", transactions(4))
    assert [answer.outcome_unknown for answer in answers[:2]] == [True, True]
    assert answers[2:] == ["TR_2", "TR_3"]
    await create_transactions(partner.context, "POOL_1", transactions(4))
    assert len(partner.requests) == 4


async def test_a_single_entry_that_is_too_large_fails(create):
    taker = Taker(most=0)
    [answer] = await create(taker, 1)
    assert answer.status == 413
    assert taker.sizes == [1]


async def test_an_answer_without_result_fails_every_entry(partner):
    partner.queue_responses(httpx.Response(200, json={"meta": {}}))
    answers = await create_transactions(partner.context, "POOL_1", transactions(3))
    assert [result.code for result in answers] == ["UNEXPECTED_ANSWER"] * 3
