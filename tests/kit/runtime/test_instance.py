"""A configured instance, from code that is not async and from several threads."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import httpx
import pytest

from destination_kit import Catalog, RateLimit
from tests.conftest import ECHO
from tests.kit.runtime.odd_destination import EVENT, answer, configure
from tests.kit.runtime.performing import TRACK, performing, result_of


def test_no_action_can_change_the_settings_of_another(configured):
    async def perform(context, payload):
        context.settings["token"] = "mine"

    destination = performing(perform, settings=ECHO.settings)
    assert result_of(destination, configured).message.startswith("TypeError")


async def test_send_sync_raises_inside_a_running_loop(configured):
    with pytest.raises(RuntimeError, match="use `async with instance.open"):
        configured().send_sync([TRACK])


async def test_send_sync_names_the_way_to_send_inside_a_running_loop():
    with pytest.raises(RuntimeError, match="the running event loop: use `async with instance"):
        configure(answer).send_sync([EVENT])


def test_several_threads_and_loops_send_through_one_catalog():
    instance = configure(answer)

    def send(_):
        return instance.send_sync([EVENT] * 20)

    with ThreadPoolExecutor(4) as pool:
        outcomes = [outcome for sent in pool.map(send, range(8)) for outcome in sent]
    assert len(outcomes) == 160
    assert all(outcome.ok for outcome in outcomes)


def test_an_unknown_option_is_refused_with_the_likely_one(configured):
    instance = configured(ECHO)
    for way in (instance.open, instance.open_in_thread, partial(instance.send_sync, [])):
        with pytest.raises(TypeError, match=r"no option 'conect_to'; did you mean 'connect_to'\?"):
            way(conect_to={"*": "http://127.0.0.1:9"})


@pytest.mark.parametrize("has_resolver", [True, False])
def test_the_partner_names_the_account_where_the_destination_can_ask_it(caplog, has_resolver):
    """Without a resolver each token is an account of its own, and nothing is asked or logged."""
    asked = []

    async def perform(context, payload):
        await context.http.get("https://odd.example/")

    async def resolve_account(context):
        asked.append(context.settings["token"])
        return "acme"

    destination = performing(
        perform,
        settings=ECHO.settings,
        hosts=("odd.example",),
        rate_limits=lambda method, url: (RateLimit("any", 6000),),
        account_key=lambda settings: settings["token"],
        resolve_account=resolve_account if has_resolver else None,
    )
    catalog = Catalog.of(destination)
    transport = httpx.MockTransport(lambda request: httpx.Response(200, json={}))
    document = {"destination": "test", "subscriptions": [{"action": "do"}]}

    async def scenario():
        lives = [
            catalog.configure({**document, "settings": {"token": token}}).open(transport)
            for token in ("one", "two")
        ]
        for live in lives:
            async with live:
                assert (await live.send([TRACK]))[0].ok

    asyncio.run(scenario())
    assert asked == (["one", "two"] if has_resolver else [])
    assert caplog.messages == []


async def test_an_open_instance_counts_the_requests_that_its_account_may_send_at_once():
    async def perform(context, payload):
        await context.http.get("https://odd.example/")

    limited = performing(
        perform,
        hosts=("odd.example",),
        rate_limits=lambda method, url: (RateLimit("any", 6000),),
        account_key=lambda settings: "the account",
    )
    transport = httpx.MockTransport(lambda request: httpx.Response(200, json={}))
    document = {"destination": "test", "subscriptions": [{"action": "do"}]}
    catalog = Catalog.of(limited)
    async with catalog.configure(document).open(transport) as live:
        assert live.available_requests() == {}
        await live.send([TRACK])
        assert live.available_requests()["any"] in range(580, 590)  # a tenth of its minute
    without = Catalog.of(performing(perform, hosts=("odd.example",)))
    async with without.configure(document).open(transport) as live:
        await live.send([TRACK])
        assert live.available_requests() == {}
