"""Dynamic fields are named by dotted paths; their functions get what a person has filled in."""

import pytest

from destination_kit import Action, Choice, ChoiceRequest, Choices, DefinitionError, Destination
from destination_kit.dynamic_fields import find_choices, has_path, list_dynamic_paths
from tests.conftest import echo

TEXT = {"type": "string", "x-dynamic": True}
ADDRESS = {"type": "object", "properties": {"city": TEXT}}
TO = {**ADDRESS, "x-dynamic": {"parts": ["__keys__", "__values__"]}}
FIELDS = {
    "type": "object",
    "properties": {"to": TO, "items": {"type": "array", "items": ADDRESS}},
}


async def describe(context, request):
    return Choices((Choice(str(request), "request"),))


CHOICES = {"to.city": describe, "items.city": describe, "to.__keys__": describe}


@pytest.mark.parametrize(
    ("path", "known"),
    [
        ("to", True),
        ("to.city", True),
        ("items.city", True),
        ("to.__values__", True),
        ("to.street", False),
        ("__keys__", False),
        ("to.city.__keys__", False),
    ],
)
def test_a_path_leads_to_a_field(path, known):
    assert has_path(FIELDS, path) is known


async def test_a_function_gets_the_request(configured):
    choices = {**CHOICES, "to.__values__": describe}
    action = Action(
        title="Do", trigger='type = "track"', perform=echo, fields=FIELDS, choices=choices
    )
    destination = Destination(slug="test", name="Test", actions={"do": action})
    async with configured(destination).open() as live:
        page = await live.choices("do", "to.city", search="ber", page="2")
        value = await live.choices("do", "to.street")
        with pytest.raises(DefinitionError):
            await live.choices("do", "items.street")
    assert page.choices[0].value == str(ChoiceRequest(search="ber", page="2"))
    assert value.choices[0].value == str(ChoiceRequest(selected_key="street"))


@pytest.mark.parametrize(
    ("path", "options", "request_"),
    [
        ("items.[2].city", {}, {"selected_index": 2}),
        ("items[2].city", {}, {"selected_index": 2}),
        ("items.2.city", {}, {"selected_index": 2}),
        ("to", {"selected_key": "street"}, {"selected_key": "street"}),
        ("to.__values__", {"selected_key": "street"}, {"selected_key": "street"}),
        ("to.city", {"selected_key": "k"}, {"selected_key": "k"}),
        ("to.2", {}, {"selected_key": "2"}),
    ],
)
def test_an_index_and_a_key_of_a_path_reach_the_request(path, options, request_):
    choices = {**CHOICES, "to.__values__": describe}
    found = find_choices(choices, path, ChoiceRequest(**options))
    assert found == (describe, ChoiceRequest(**request_))


@pytest.mark.parametrize("path", ["to.__keys__", "items.[x].city", "items.street", "items.2"])
def test_no_key_is_made_of_a_part_or_of_an_index(path):
    assert find_choices({"to.__values__": describe}, path, ChoiceRequest()) is None


def test_the_dynamic_paths_of_a_schema_are_those_of_every_depth():
    texts = {"type": ["array", "null"], "items": {**TEXT, "title": "Text"}}
    deep = {"type": "array", "items": {"type": "array", "items": ADDRESS}}
    fields = {**FIELDS["properties"], "texts": texts, "deep": deep, "a.b": TEXT, "plain": {}}
    assert list_dynamic_paths({"type": "object", "properties": fields}) == (
        *("to.__keys__", "to.__values__", "to.city", "items.city", "texts", "deep.city", "a.b"),
    )
