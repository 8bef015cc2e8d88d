"""A literal `unsubscribed: false` opts no known contact back in: it is left out of the update."""

import asyncio
from dataclasses import replace

import pytest

from destination_kit import Subscription
from destinations.qualtrics.actions.add_contact_to_xmd import perform
from tests.qualtrics.test_upsert_contact_transaction import CREATE, DIRECTORY, hits

CONTACT = {"directoryId": "POOL_1", "extRef": "user-1", "firstName": "Ada", "unsubscribed": False}
UPDATE = f"PUT {DIRECTORY}/contacts/CID_1"
LITERALS = [False, "false", {"@literal": False}]
FROM_EVENT = [{"@path": "$.traits.optedOut"}, "{{traits.optedOut}}", {"@if": {"exists": 1}}]


def mapped(partner, value, **more):
    options = more.pop("options", {})
    subscription = Subscription(
        name="A", action="a", trigger="", mapping={"unsubscribed": value}, options=options
    )
    return replace(partner.context, subscription=subscription, **more)


async def create_and_update(partner, context, payload=CONTACT):
    partner.queue_results({"id": "CID_1"}, {})
    await perform(context, payload)
    answer = await perform(context, {**payload, "firstName": "Eve"})
    assert partner.calls == [CREATE, UPDATE]
    return answer, partner.bodies


@pytest.mark.parametrize("value", LITERALS)
async def test_a_literal_false_is_left_out_of_an_update_and_the_result_says_so(partner, value):
    answer, (created, updated) = await create_and_update(partner, mapped(partner, value))
    assert answer == {"contactId": "CID_1", "leftOut": ["unsubscribed"]}
    assert created["unsubscribed"] is False
    assert updated == {"firstName": "Eve", "extRef": "user-1"}


@pytest.mark.parametrize("value", FROM_EVENT)
async def test_the_choice_of_an_event_is_sent(partner, value):
    answer, (_, updated) = await create_and_update(partner, mapped(partner, value))
    assert answer == {"contactId": "CID_1"}
    assert updated["unsubscribed"] is False


async def test_the_option_resubscribe_sends_it(partner):
    context = mapped(partner, False, options={"resubscribe": True})
    answer, (_, updated) = await create_and_update(partner, context)
    assert (answer, updated["unsubscribed"]) == ({"contactId": "CID_1"}, False)


async def test_an_opt_out_is_sent(partner):
    payload = {**CONTACT, "unsubscribed": True}
    _, (_, updated) = await create_and_update(partner, mapped(partner, True), payload)
    assert updated["unsubscribed"] is True


async def test_the_mode_update_respects_it_too(partner):
    partner.queue_results(hits("CID_1"), {})
    answer = await perform(mapped(partner, False, sync_mode="update"), CONTACT)
    assert answer["leftOut"] == ["unsubscribed"]
    assert "unsubscribed" not in partner.body(1)


async def test_equal_events_of_different_options_share_no_update(partner):
    await create_and_update(partner, mapped(partner, False))
    partner.queue_results({}, {})
    contexts = [mapped(partner, False, options=options) for options in ({}, {"resubscribe": True})]
    await asyncio.gather(*(perform(context, CONTACT) for context in contexts))
    assert ["unsubscribed" in body for body in partner.bodies[2:]] == [False, True]
