import sys
import types

import pytest

from destination_kit import (
    Action,
    Catalog,
    Destination,
    Directive,
    Example,
    Preset,
    hookimpl,
)
from destination_kit.plugins import Plugins
from tests.conftest import ECHO


def plugin(**hooks: object) -> types.SimpleNamespace:
    return types.SimpleNamespace(**{name: hookimpl(hook) for name, hook in hooks.items()})


def nothing():
    return []


def failures(*named: tuple[str, object]) -> list[tuple[str, str]]:
    return [(each.plugin, each.message) for each in catalog(*named).failures]


def catalog(*named: tuple[str, object]) -> Catalog:
    plugins = Plugins()
    for name, each in named:
        plugins.register(each, name)
    return Catalog.of_plugins(plugins)


ECHOING = plugin(register_destinations=lambda: [ECHO])
SHOUT = ECHO.actions["say"]


def test_a_destination_arrives_through_its_hook():
    assert catalog(("a", ECHOING)).destinations == {"echo": ECHO}


def test_a_typo_in_a_hook_name_is_refused():
    [(name, message)] = failures(("a", plugin(register_destination=nothing)))
    assert name == "a"
    assert "unknown hook 'register_destination'" in message


def test_an_unknown_hook_argument_is_refused():
    [(name, message)] = failures(("a", plugin(register_actions=lambda surprise: [])))
    assert name == "a"
    assert "surprise" in message


def test_a_refused_plugin_takes_no_other_with_it():
    found = catalog(("a", plugin(register_destination=nothing)), ("b", ECHOING))
    assert list(found.destinations) == ["echo"]


def test_a_hook_that_raises_is_named_and_the_others_load():
    def register_destinations():
        message = "boom"
        raise LookupError(message)

    broken = types.SimpleNamespace(register_destinations=hookimpl(register_destinations))
    found = catalog(("a", broken), ("b", ECHOING))
    assert list(found.destinations) == ["echo"]
    assert [(each.plugin, each.message) for each in found.failures] == [
        ("a", "register_destinations failed: LookupError: boom")
    ]


@pytest.mark.parametrize("rubbish", [["text"], [None], [("say",)]])
def test_rubbish_from_a_hook_is_named(rubbish):
    [(name, message)] = failures(("a", plugin(register_destinations=lambda: rubbish)))
    assert name == "a"
    assert message.startswith("register_destinations returned ")


def test_of_two_strangers_with_one_slug_neither_is_loaded():
    found = catalog(("a", ECHOING), ("b", plugin(register_destinations=lambda: [ECHO])))
    assert found.destinations == {}
    assert [each.plugin for each in found.failures] == ["a", "b"]


def test_the_own_destination_wins_over_a_stranger_with_its_slug():
    plugins = Plugins()
    thief = Destination(slug="echo", name="Thief")
    plugins.register(plugin(register_destinations=lambda: [thief]), "a")
    plugins.register(ECHOING, "own", own=True)
    found = Catalog.of_plugins(plugins)
    assert found.destinations["echo"].name == "Echo"
    assert [each.plugin for each in found.failures] == ["a"]


def test_a_plugin_adds_an_action_to_a_destination_of_another():
    def register_actions(destination):
        return [("shout", SHOUT)] if destination == "echo" else []

    adding = types.SimpleNamespace(register_actions=hookimpl(register_actions))
    found = catalog(("a", ECHOING), ("b", adding))
    assert list(found.destinations["echo"].actions) == ["say", "shout"]


def test_an_added_action_cannot_replace_one_that_is_there():
    def register_actions(destination):
        return [("say", SHOUT)]

    stealing = types.SimpleNamespace(register_actions=hookimpl(register_actions))
    found = catalog(("a", ECHOING), ("b", stealing))
    assert list(found.destinations["echo"].actions) == ["say"]
    assert [each.plugin for each in found.failures] == ["b"]


def test_a_preset_must_name_an_action_that_exists():
    def register_presets(destination):
        return [Preset(name="Good", action="say"), Preset(name="Bad", action="sing")]

    presets = types.SimpleNamespace(register_presets=hookimpl(register_presets))
    found = catalog(("a", ECHOING), ("b", presets))
    assert [each.name for each in found.destinations["echo"].presets] == ["Good"]
    [failure] = found.failures
    assert "there is no action sing" in failure.message


def test_a_directive_of_a_plugin_joins_the_mapping_language():
    reverse = Directive(
        "@reverse",
        lambda argument, compiler: lambda event: str(argument)[::-1],
        "Turn a text round.",
        (Example({"@reverse": "ab"}, {}, "ba"),),
    )
    found = catalog(("a", ECHOING), ("b", plugin(register_directives=lambda: [reverse])))
    document = {
        "destination": "echo",
        "subscriptions": [{"action": "say", "mapping": {"word": {"@reverse": "ab"}}}],
    }
    [outcome] = found.configure(document).send_sync([{"type": "track"}])
    assert outcome.results[0].result.response == {"echo": {"word": "ba"}}


def test_a_directive_cannot_replace_a_built_in_one():
    thief = Directive("@path", lambda argument, compiler: lambda event: "stolen", "Steal.")
    found = catalog(("b", plugin(register_directives=lambda: [thief])))
    assert found.directives["@path"] is not thief
    assert [each.plugin for each in found.failures] == ["b"]


def test_a_badly_defined_destination_is_left_out_with_its_pointer():
    bad = Destination(slug="Bad slug", name="Bad", extend_request=lambda settings: {})
    [(_, message)] = failures(("a", plugin(register_destinations=lambda: [bad])))
    assert "/slug" in message
    assert "/hosts" in message


def test_an_added_action_that_is_badly_defined_is_left_out():
    bad = types.SimpleNamespace(
        register_actions=hookimpl(
            lambda destination: [("shout", Action(title="Shout", trigger="type", perform=None))]
        )
    )
    found = catalog(("a", ECHOING), ("b", bad))
    assert list(found.destinations["echo"].actions) == ["say"]
    [failure] = found.failures
    assert "action echo/shout is not well defined: /actions/shout/trigger" in failure.message


def test_a_directive_starts_with_an_at_sign():
    reverse = Directive("reverse", lambda argument, compiler: lambda event: "", "Turn round.")
    found = catalog(("b", plugin(register_directives=lambda: [reverse])))
    assert "reverse" not in found.directives
    assert [each.plugin for each in found.failures] == ["b"]


@pytest.mark.parametrize("error", ["LookupError", "SystemExit"])
def test_an_entry_point_that_cannot_be_imported_is_named_and_the_others_load(
    tmp_path, monkeypatch, error
):
    info = tmp_path / "broken-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[destination_kit]\nx = broken_plugin\ny = working_plugin\n"
    )
    (tmp_path / "broken_plugin.py").write_text("raise error('at import')\n".replace("error", error))
    (tmp_path / "working_plugin.py").write_text(
        "from destination_kit import Destination, hookimpl\n"
        "@hookimpl\n"
        "def register_destinations():\n"
        "    return [Destination(slug='working', name='Working')]\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("broken_plugin", "working_plugin"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    found = Catalog.installed()
    assert {"actions-qualtrics", "working"} <= set(found.destinations)
    assert [(each.plugin, each.message) for each in found.failures] == [
        ("broken:x", f"cannot be imported: {error}: at import")
    ]


def test_what_a_hook_returns_instead_of_a_list_is_named():
    [(name, message)] = failures(("a", plugin(register_destinations=lambda: 5)))
    assert name == "a"
    assert message.startswith("register_destinations failed: TypeError")
