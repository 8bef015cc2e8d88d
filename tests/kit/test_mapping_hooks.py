"""A mapping hook runs when a mapping is saved; its outputs reach the deliveries."""

import pytest

from destination_kit import (
    Action,
    ConfigurationError,
    DefinitionError,
    Destination,
    MappingHook,
    PayloadValidationError,
)
from tests.kit.runtime.performing import TRACK

NAME = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}
LIST = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}


async def create_list(context, inputs):
    return {} if inputs["name"] == "none" else {"id": f"L-{inputs['name']}"}


async def show(context, payload):
    return context.hook_outputs


HOOK = MappingHook(title="List", inputs=NAME, outputs=LIST, perform=create_list)
DO = Action(title="Do", trigger='type = "track"', perform=show, hooks={"onMappingSave": HOOK})
HOOKED = Destination(slug="test", name="Test", actions={"do": DO})
STORED = {"onMappingSave": {"inputs": {"name": "a"}, "outputs": {"id": "L-a"}}}


@pytest.mark.parametrize("key", ["hooks", "mapping"])
def test_stored_outputs_reach_perform(configured, key):
    subscription = {"action": "do", "mapping": {}, key: STORED}
    instance = configured(HOOKED, subscription)
    [result] = instance.send_sync([TRACK])
    assert instance.warnings == ()
    assert result.results[0].result.response == {"onMappingSave": {"id": "L-a"}}


async def test_a_hook_gets_valid_inputs_and_returns_valid_outputs(configured):
    async with configured(HOOKED, {"action": "do"}).open() as live:
        assert await live.run_hook("do", "onMappingSave", {"name": "a"}) == {"id": "L-a"}
        for inputs in ({}, {"name": "none"}):
            with pytest.raises(PayloadValidationError):
                await live.run_hook("do", "onMappingSave", inputs)
        for subscription, hook in (("do", "onMapingSave"), ("no", "onMappingSave")):
            with pytest.raises(DefinitionError):
                await live.run_hook(subscription, hook, {})


@pytest.mark.parametrize(
    "hooks",
    [
        {"onMapingSave": {}},
        {"onMappingSave": 1},
        {"onMappingSave": {"outputs": 1}},
        {"onMappingSave": {"outputs": {"id": {}}}},
    ],
)
def test_stored_outputs_that_do_not_fit_are_a_problem_of_the_document(configured, hooks):
    with pytest.raises(ConfigurationError, match="/subscriptions/0/hooks/onMap"):
        configured(HOOKED, {"action": "do", "hooks": hooks})
