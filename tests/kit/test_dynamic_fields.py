"""Dynamic fields are named by dotted paths; their functions get what a person has filled in."""

import pytest

from destination_kit import Action, Choice, ChoiceRequest, Choices, DefinitionError, Destination
from destination_kit.dynamic_fields import has_path
from tests.conftest import echo

TEXT = {"type": "string"}
ADDRESS = {"type": "object", "properties": {"city": TEXT}}
FIELDS = {
    "type": "object",
    "properties": {"to": ADDRESS, "items": {"type": "array", "items": ADDRESS}},
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
