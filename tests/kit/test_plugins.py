import sys
import threading
import types
from dataclasses import replace
from functools import partial

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
    return [(failure.plugin, failure.message) for failure in catalog(*named).failures]


def catalog(*named: tuple[str, object]) -> Catalog:
    plugins = Plugins()
    for name, hooks in named:
        plugins.register(hooks, name)
    return Catalog.of_plugins(plugins)


ECHOING = plugin(register_destinations=lambda: [ECHO])
SHOUT = ECHO.actions["say"]


def test_a_destination_arrives_through_its_hook():
    assert catalog(("a", ECHOING)).destinations == {"echo": ECHO}


def test_a_typo_in_a_hook_name_is_refused():
    [(name, message)] = failures(("a", plugin(register_destination=nothing)))
    assert name == "a"
    assert (
        message == "there is no hook 'register_destination'; did you mean 'register_destinations'?"
    )


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
    [failure] = found.failures
    assert failure.plugin == "a"
    assert failure.message.startswith("register_destinations failed: LookupError: boom (")
    assert "test_plugins.py, line " in failure.message


@pytest.mark.parametrize("rubbish", [["text"], [None], [("say",)]])
def test_rubbish_from_a_hook_is_named(rubbish):
    [(name, message)] = failures(("a", plugin(register_destinations=lambda: rubbish)))
    assert name == "a"
    assert message.startswith("register_destinations returned ")


def test_of_two_strangers_with_one_slug_neither_is_loaded():
    found = catalog(("a", ECHOING), ("b", plugin(register_destinations=lambda: [ECHO])))
    assert found.destinations == {}
    assert [failure.plugin for failure in found.failures] == ["a", "b"]


def test_the_own_destination_wins_over_a_stranger_with_its_slug():
    plugins = Plugins()
    thief = Destination(slug="echo", name="Thief")
    plugins.register(plugin(register_destinations=lambda: [thief]), "a")
    plugins.register(ECHOING, "own", own=True)
    found = Catalog.of_plugins(plugins)
    assert found.destinations["echo"].name == "Echo"
    assert [failure.plugin for failure in found.failures] == ["a"]


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
    assert [failure.plugin for failure in found.failures] == ["b"]


def test_a_preset_must_name_an_action_that_exists():
    def register_presets(destination):
        return [Preset(name="Good", action="say"), Preset(name="Bad", action="sing")]

    presets = types.SimpleNamespace(register_presets=hookimpl(register_presets))
    found = catalog(("a", ECHOING), ("b", presets))
    assert [preset.name for preset in found.destinations["echo"].presets] == ["Good"]
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
    assert [failure.plugin for failure in found.failures] == ["b"]


def test_a_badly_defined_destination_is_left_out_with_its_pointer():
    bad = Destination(slug="Bad slug", name="Bad", extend_request=lambda settings: {})
    [(_, message)] = failures(("a", plugin(register_destinations=lambda: [bad])))
    assert "/slug" in message
    assert "/hosts" in message


def test_an_added_action_that_is_badly_defined_is_left_out():
    bad = types.SimpleNamespace(
        register_actions=hookimpl(
            lambda destination: [("shout", Action(title="Shout", fields={}, perform=SHOUT.perform))]
        )
    )
    found = catalog(("a", ECHOING), ("b", bad))
    assert list(found.destinations["echo"].actions) == ["say"]
    [failure] = found.failures
    assert "action echo/shout is not well defined: /actions/shout/fields" in failure.message


def test_a_trigger_that_cannot_be_read_is_named_and_everything_else_of_its_plugin_loads():
    bad, preset = "type == track", Preset(name="P", action="shout", trigger="type")
    misread = replace(ECHO, slug="misread", actions={"say": replace(SHOUT, trigger=bad)})
    found = catalog(
        ("a", ECHOING),
        ("b", plugin(register_destinations=lambda: [misread])),
        (
            "c",
            plugin(
                register_actions=lambda destination: [("shout", misread.actions["say"])],
                register_presets=lambda destination: [preset],
            ),
        ),
    )
    assert found.destinations["misread"].actions["say"].trigger == bad
    assert "shout" in found.destinations["echo"].actions
    assert found.destinations["echo"].presets == (preset,)
    named = [(failure.plugin, failure.message.splitlines()[0]) for failure in found.failures]
    for name, start in (
        ("b", "destination misread: a subscription needs a trigger of its own, since /actions/say"),
        ("c", "action echo/shout: a subscription needs a trigger of its own, since /actions/shout"),
        ("c", "preset echo/P: a subscription needs a trigger of its own, since /presets/0"),
    ):
        assert any(plugin == name and message.startswith(start) for plugin, message in named)


def test_a_directive_starts_with_an_at_sign():
    reverse = Directive("reverse", lambda argument, compiler: lambda event: "", "Turn round.")
    found = catalog(("b", plugin(register_directives=lambda: [reverse])))
    assert "reverse" not in found.directives
    assert [failure.plugin for failure in found.failures] == ["b"]


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
    [failure] = found.failures
    assert failure.plugin == "broken:x"
    assert failure.message.startswith(f"cannot be imported: {error}: at import (")
    assert "broken_plugin.py, line 1: raise " in failure.message


def test_what_a_hook_returns_instead_of_a_list_is_named():
    [(name, message)] = failures(("a", plugin(register_destinations=lambda: 5)))
    assert name == "a"
    assert message.startswith("register_destinations failed: TypeError")


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"actions": [SHOUT]}, "/actions: should be a mapping"),
        ({"actions": {"say": "x"}}, "/actions/say: is a str, not an Action"),
        ({"presets": ({"name": "x"},)}, "/presets/0: is a dict, not a Preset"),
        ({"hosts": "*.example.com"}, "/hosts: should be a tuple of texts, and is a str"),
        ({"settings": None}, "/settings: should be a JSON object, and is a NoneType"),
        ({"name": None}, "/name: should be a text"),
        ({"authentication": "custom"}, "/authentication: should be an Authentication"),
        ({"actions": {"say": replace(SHOUT, perform=print)}}, "/perform: should be an async"),
        ({"actions": {"say": replace(SHOUT, trigger=5)}}, "/trigger: should be a text or None"),
        ({"actions": {5: SHOUT}}, "/actions/5: a name is a text, not 5"),
    ],
)
def test_a_record_of_another_shape_is_left_out_and_harms_no_other_plugin(changes, place):
    odd = replace(ECHO, slug="odd", **changes)
    found = catalog(("a", ECHOING), ("b", plugin(register_destinations=lambda: [odd])))
    assert "echo" in found.destinations
    assert "odd" not in found.destinations
    [failure] = found.failures
    assert failure.plugin == "b"
    assert place in failure.message


def test_a_slug_that_is_no_text_is_named():
    odd = replace(ECHO, slug=["odd"])
    [(name, message)] = failures(("a", plugin(register_destinations=lambda: [odd])))
    assert (name, message) == (
        "a",
        "register_destinations returned Destination, which is not what it asks for",
    )


def test_a_plugin_that_marks_no_function_is_named():
    def register_destinations():
        return [ECHO]

    unmarked = types.SimpleNamespace(register_destinations=register_destinations)
    [(name, message)] = failures(("a", unmarked))
    assert (name, message) == ("a", "brings nothing: no function of it is marked with @hookimpl")


def test_rivals_are_named_to_each_other():
    rivals = failures(("a", ECHOING), ("b", plugin(register_destinations=lambda: [ECHO])))
    assert rivals == [
        ("a", "the destination 'echo' is brought by b as well; not loaded"),
        ("b", "the destination 'echo' is brought by a as well; not loaded"),
    ]


def test_a_partial_of_an_async_function_may_perform():
    async def perform(extra, context, payload):
        return extra

    say = replace(SHOUT, perform=partial(perform, "x"))
    odd = replace(ECHO, slug="odd", actions={"say": say})
    assert "odd" in catalog(("a", plugin(register_destinations=lambda: [odd]))).destinations


def test_a_hook_that_hangs_is_left_behind_and_named():
    over = threading.Event()
    plugins = Plugins(hook_timeout=0.05)
    plugins.register(plugin(register_destinations=lambda: over.wait(60) or []), "a")
    plugins.register(ECHOING, "b")
    found = Catalog.of_plugins(plugins)
    over.set()
    assert list(found.destinations) == ["echo"]
    [failure] = found.failures
    assert failure.plugin == "a"
    assert failure.message.startswith("register_destinations failed: TimeoutError: ")
    assert "it had not returned after 0.05 s" in failure.message


def test_each_loaded_plugin_lists_what_it_brings():
    adding = plugin(
        register_actions=lambda destination: [("shout", SHOUT), ("say", SHOUT)],
        register_directives=lambda: [Directive("@twice", lambda given, compiler: None, "Twice.")],
    )
    loaded = {
        loaded_plugin.plugin: loaded_plugin
        for loaded_plugin in catalog(("a", ECHOING), ("b", adding)).plugins
    }
    assert loaded["a"].brings == {"destinations": ("echo",)}
    assert loaded["a"].hooks == ("register_destinations",)
    assert loaded["b"].brings["actions"] == ("echo/shout",)
    assert (loaded["b"].distribution, loaded["b"].version) == (None, None)


def test_a_name_that_differs_in_case_only_is_the_same_name():
    adding = plugin(register_actions=lambda destination: [("Say", SHOUT)])
    found = catalog(("a", ECHOING), ("b", adding))
    assert list(found.destinations["echo"].actions) == ["say"]
    assert [failure.plugin for failure in found.failures] == ["b"]


def test_a_plugin_whose_name_is_in_use_is_left_out():
    assert failures(("a", ECHOING), ("a", ECHOING)) == [("a", "another plugin has this name")]


def test_a_record_whose_container_raises_is_named_by_type_and_place():
    class Raising(dict):
        def items(self):
            raise KeyError("s3cret")

    odd = replace(ECHO, slug="odd", actions=Raising())
    [(name, message)] = failures(("b", plugin(register_destinations=lambda: [odd])))
    assert name == "b"
    assert message.startswith(
        "register_destinations returned a record that raised KeyError (test_plugins.py, line "
    )
    assert "s3cret" not in message


@pytest.mark.parametrize("name", ["path", "@", "@a b", "@../x", "@1", "@" + "a" * 64])
def test_a_directive_has_a_short_name_of_letters_digits_and_signs(name):
    odd = Directive(name, lambda argument, compiler: lambda event: 1, "Odd.")
    [(plugin_name, message)] = failures(("b", plugin(register_directives=lambda: [odd])))
    assert plugin_name == "b"
    assert "as its name, a letter first; not loaded" in message
