"""Instances for tests, with what a plugin brings."""

from types import SimpleNamespace

import pytest

from destination_kit import DefinitionError, Directive, Example, Preset, hookimpl
from destination_kit.testing import configured_instance
from tests.kit.broken import SOUND


def compile_shout(argument, compiler):
    resolve = compiler.compile(argument)
    return lambda event: f"{resolve(event)}!"


SHOUT = Directive("@shout", compile_shout, "Shout.", (Example({"@shout": "a"}, {}, "a!"),))
LOUD = Preset(name="Loud", action="add", mapping={"email": "a@b.example", "plan": {"@shout": "p"}})
PLUGIN = SimpleNamespace(
    register_directives=hookimpl(lambda: [SHOUT]),
    register_presets=hookimpl(lambda destination: [LOUD] if destination == "acme" else []),
)


async def test_directives_and_presets_of_a_plugin_are_there():
    instance = configured_instance(SOUND, plugins=[PLUGIN], presets=["Loud", "All"])
    assert [each.name for each in instance.subscriptions] == ["Loud", "All"]
    preview = await instance.preview({"type": "identify", "traits": {"email": "ann@b.example"}})
    payloads = [each.payload for each in preview]
    assert payloads == [{"email": "a@b.example", "plan": "p!"}, {"email": "ann@b.example"}]


def test_without_presets_each_action_has_a_subscription_and_a_plugin_may_bring_the_destination():
    bringing = SimpleNamespace(register_destinations=hookimpl(lambda: [SOUND]))
    instance = configured_instance(SOUND, plugins=[bringing, PLUGIN])
    assert [each.name for each in instance.subscriptions] == ["add"]


def test_a_preset_that_is_not_there_is_named():
    with pytest.raises(ValueError, match="acme has no preset 'Lod'; did you mean 'Loud'"):
        configured_instance(SOUND, plugins=[PLUGIN], presets=["Lod"])


def test_a_plugin_that_would_be_left_out_is_an_error():
    with pytest.raises(DefinitionError, match="brings nothing"):
        configured_instance(SOUND, plugins=[SimpleNamespace()])
