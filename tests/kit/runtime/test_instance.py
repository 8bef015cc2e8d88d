"""A configured instance, from code that is not async and from several threads."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

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
