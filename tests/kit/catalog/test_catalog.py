from dataclasses import replace

import pytest

from destination_kit import Catalog, ConfigurationError, DefinitionError, Destination, Preset
from tests.conftest import ECHO

BAD = 'type == "track"'
MISREAD = replace(
    ECHO,
    actions={"say": replace(ECHO.actions["say"], trigger=BAD), "sing": ECHO.actions["say"]},
    presets=(Preset(name="P", action="say", trigger='type = "track" OR userId = null'),),
)


def document(**subscription):
    subscriptions = [{"action": "say", "mapping": {"word": "hi"}, **subscription}]
    return {"destination": "echo", "subscriptions": subscriptions}


def test_a_bad_definition_raises_for_its_author():
    with pytest.raises(DefinitionError, match="^Bad/slug: "):
        Catalog.of(Destination(slug="Bad", name="Bad"))


def test_two_definitions_cannot_share_a_slug():
    with pytest.raises(DefinitionError, match="share this slug"):
        Catalog.of(ECHO, ECHO)


def test_a_trigger_that_cannot_be_read_costs_itself_alone_and_is_named():
    catalog = Catalog.of(MISREAD)
    assert catalog.destinations["echo"] == MISREAD
    assert [failure.plugin for failure in catalog.failures] == ["echo", "echo"]
    action, preset = (failure.message for failure in catalog.failures)
    assert "/actions/say/trigger: there is no operator ==" in action
    assert "/presets/0/trigger: there is no operator OR" in preset
    for subscription in ({"trigger": 'type = "track"'}, {"action": "sing"}):
        assert catalog.configure(document(**subscription)).subscriptions


def test_a_subscription_that_relies_on_such_a_trigger_is_an_error_at_its_place():
    with pytest.raises(ConfigurationError) as caught:
        Catalog.of(MISREAD).configure(document())
    [problem] = caught.value.problems
    assert (problem.path, problem.code) == ("/subscriptions/0/trigger", "FQL_SYNTAX")
    assert problem.message.startswith(
        "the default trigger of say cannot be read, so the subscription needs one of its own: "
    )
    assert 'write `type = "track"`' in problem.message


def test_the_trigger_of_the_subscription_itself_is_not_called_a_default():
    with pytest.raises(ConfigurationError) as caught:
        Catalog.of(MISREAD).configure(document(trigger=BAD))
    [problem] = caught.value.problems
    assert problem.message.startswith("there is no operator ==")
