"""A mapping hook runs when a mapping is saved; its outputs reach the deliveries."""

from dataclasses import replace

import pytest

from destination_kit import (
    Action,
    Catalog,
    ConfigurationError,
    DefinitionError,
    Destination,
    IntegrationError,
    MappingHook,
    PayloadValidationError,
)
from destination_kit.author_calls import AuthorFaultError
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
        for inputs, path in (({}, "/inputs/name"), ({"name": "none"}, "/outputs/id")):
            with pytest.raises(PayloadValidationError) as caught:
                await live.run_hook("do", "onMappingSave", inputs)
            assert [problem.path for problem in caught.value.problems] == [path]
        for subscription, hook in (("do", "onMapingSave"), ("no", "onMappingSave")):
            with pytest.raises(DefinitionError):
                await live.run_hook(subscription, hook, {})


@pytest.mark.parametrize(
    ("name", "entry", "path"),
    [
        ("onMapingSave", {}, ""),
        ("onMappingSave", 1, ""),
        ("onMappingSave", {"output": {}}, "/output"),
        ("onMappingSave", {"outputs": 1}, "/outputs"),
        ("onMappingSave", {"outputs": {"id": {}}}, "/outputs/id"),
        ("onMappingSave", {"inputs": 1}, "/inputs"),
        ("onMappingSave", {"inputs": {}}, "/inputs/name"),
        ("onMappingSave", {"inputs": {"name": {"@path": "$.event"}}}, "/inputs/name"),
    ],
)
def test_what_is_kept_of_a_hook_and_does_not_fit_is_a_problem_of_the_document(
    name, entry, path, configured
):
    with pytest.raises(ConfigurationError) as caught:
        configured(HOOKED, {"action": "do", "hooks": {name: entry}})
    assert [problem.path for problem in caught.value.problems] == [
        f"/subscriptions/0/hooks/{name}{path}"
    ]


@pytest.mark.parametrize(
    ("entry", "path"),
    [
        (1, ""),
        ({"outputs": {"id": {}}}, "/outputs/id"),
        ({"inputs": {}, "outputs": {}}, "/inputs/name /outputs/id"),
    ],
)
def test_what_a_mapping_of_segment_keeps_is_checked_in_the_same_way(entry, path):
    mapping = {"onMappingSave": entry, "__segment_internal_sync_mode": "add"}
    subscription = {"partnerAction": "do", "subscribe": 'type = "track"', "mapping": mapping}
    with pytest.raises(ConfigurationError) as caught:
        Catalog.of(HOOKED).configure({"subscriptions": [subscription]}, destination="test")
    where = "/subscriptions/0/mapping/onMappingSave"
    paths = [problem.path for problem in caught.value.problems]
    assert paths == [f"{where}{part}" for part in path.split() or [""]]


async def test_an_empty_text_is_an_input_and_null_is_no_output(configured):
    async def repeat(context, inputs):
        return {"id": "L", "more": None, "name": inputs["name"]}

    more = {"id": {"type": "string"}, "more": {"type": "string"}, "name": {"type": "string"}}
    hook = replace(HOOK, outputs={"type": "object", "properties": more}, perform=repeat)
    destination = replace(HOOKED, actions={"do": replace(DO, hooks={"onMappingSave": hook})})
    stored = {"onMappingSave": {"inputs": {"name": ""}, "outputs": {"id": "L", "more": None}}}
    async with configured(destination, {"action": "do", "hooks": stored}).open() as live:
        assert await live.run_hook("do", "onMappingSave", {"name": ""}) == {"id": "L"}
        named = await live.run_hook("do", "onMappingSave", {"name": "a"})
    assert named == {"id": "L", "name": "a"}


def test_a_secret_input_is_not_quoted_in_a_problem(configured):
    key = {"type": "string", "writeOnly": True, "enum": ["a"]}
    inputs = {"type": "object", "properties": {"key": key}}
    action = replace(DO, hooks={"onMappingSave": replace(HOOK, inputs=inputs)})
    hooks = {"onMappingSave": {"inputs": {"key": "tok-3n9-distinct"}}}
    with pytest.raises(ConfigurationError, match="/inputs/key") as caught:
        configured(replace(HOOKED, actions={"do": action}), {"action": "do", "hooks": hooks})
    assert "tok-3n9" not in str(caught.value)


@pytest.mark.parametrize(
    ("error", "expected", "sentence"),
    [
        (IntegrationError("no list for tok-3n9-distinct", "NO", 400), IntegrationError, "[secret]"),
        (KeyError("tok-3n9-distinct"), AuthorFaultError, "raised KeyError (test_mapping_hooks.py"),
    ],
)
async def test_a_hook_that_fails_shows_no_secret_of_its_inputs(
    error, expected, sentence, configured
):
    async def fail(context, inputs):
        raise error

    inputs = {"type": "object", "properties": {"key": {"type": "string", "writeOnly": True}}}
    hook = replace(HOOK, inputs=inputs, perform=fail)
    destination = replace(HOOKED, actions={"do": replace(DO, hooks={"onMappingSave": hook})})
    async with configured(destination, {"action": "do"}).open() as live:
        with pytest.raises(expected) as caught:
            await live.run_hook("do", "onMappingSave", {"key": "tok-3n9-distinct"})
    assert sentence in str(caught.value)
    assert "tok-3n9" not in str(caught.value)
