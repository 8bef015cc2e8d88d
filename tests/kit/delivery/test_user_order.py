import asyncio
import gc

import pytest

from destination_kit.delivery import user_key
from destination_kit.delivery.user_order import UserOrder


@pytest.mark.parametrize(
    ("event", "key"),
    [
        ({"userId": "ann", "anonymousId": "a-1"}, "userId ann"),
        ({"userId": "", "anonymousId": "a-1"}, "anonymousId a-1"),
        ({"userId": None, "anonymousId": "ann"}, "anonymousId ann"),
        ({"userId": 5}, "userId 5"),
        ({"userId": 5.0, "anonymousId": "a-1"}, "userId 5"),
        ({"userId": True, "anonymousId": 7}, "anonymousId 7"),
        ({"userId": 0, "anonymousId": []}, None),
        ({}, None),
    ],
)
def test_a_user_is_the_user_id_else_the_anonymous_id(event, key):
    assert user_key(event) == key


def test_retries_of_one_user_share_a_lock():
    order = UserOrder()
    assert order.find_retry_lock("userId ann") is None
    lock = order.retry_lock("userId ann")
    assert order.retry_lock("userId ann") is lock is order.find_retry_lock("userId ann")
    assert order.find_retry_lock("userId bob") is None


def test_a_user_without_retries_is_forgotten():
    order = UserOrder()
    order.retry_lock("userId ann")
    gc.collect()
    assert order.find_retry_lock("userId ann") is None


def test_events_without_a_user_share_no_lock():
    order = UserOrder()
    lock = order.retry_lock(None)
    assert order.retry_lock(None) is not lock
    assert order.find_retry_lock(None) is None


def test_a_deletion_has_a_lock_of_its_own_that_is_forgotten_with_it():
    order = UserOrder()
    lock = order.deletion_lock("userId ann")
    assert order.find_deletion_lock("userId ann") is lock is order.deletion_lock("userId ann")
    assert order.find_retry_lock("userId ann") is None
    assert order.find_deletion_lock(None) is None
    del lock
    gc.collect()
    assert order.find_deletion_lock("userId ann") is None


async def test_a_user_is_idle_when_the_last_event_in_flight_is_over():
    order = UserOrder()
    with order.in_flight("userId ann"), order.in_flight("userId bob"), order.in_flight(None):
        with order.in_flight("userId ann"):
            waiting = asyncio.create_task(order.wait_until_idle("userId ann"))
            await asyncio.sleep(0)
        assert order.has_in_flight("userId ann")
        await asyncio.sleep(0)
        assert not waiting.done()
    await asyncio.wait_for(waiting, 1)
    assert not order.has_in_flight("userId ann")
    assert not order.has_in_flight(None)
