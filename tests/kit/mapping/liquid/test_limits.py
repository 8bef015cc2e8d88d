import pytest

from destination_kit.errors import PayloadValidationError
from destination_kit.mapping import check_mapping, compile_mapping
from destination_kit.mapping.liquid import limits
from tests.kit.mapping.liquid.bombs import BOMBS, HUGE


def render(template, event=None):
    return compile_mapping({"f": {"@liquid": template}})(event or {})["f"]


@pytest.mark.parametrize("template", BOMBS.values(), ids=BOMBS)
def test_a_bomb_costs_its_own_event_only(template):
    """It renders within the limits, or it is refused: when it is configured, or for this event."""
    if len(template) > limits.MAX_TEMPLATE_LENGTH:
        pytest.fail("this bomb is longer than a template can be")
    mapping = {"f": {"@liquid": template}}
    if check_mapping(mapping):
        return
    resolve = compile_mapping(mapping)
    try:
        rendered = str(resolve(HUGE)["f"])
    except PayloadValidationError as error:
        rendered = str(error)
    assert len(rendered) <= limits.MAX_TEXT_LENGTH


def test_work_beyond_the_limits_is_refused_with_its_place():
    with pytest.raises(
        PayloadValidationError,
        match="/f: a text in the Liquid template exceeds 2,000,000 characters",
    ):
        render(BOMBS["replacing again and again"])


def test_a_template_beyond_a_thousand_characters_is_refused_when_configured():
    (problem,) = check_mapping({"f": {"@liquid": "👍" * 501}})
    assert (problem.path, problem.code) == ("/f", "ALWAYS_FAILS")
    assert "at most 1,000 characters" in problem.message
    assert not check_mapping({"f": {"@liquid": "👍" * 500}})
