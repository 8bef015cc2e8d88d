"""`dkit list` lists the installed destinations."""

from dataclasses import replace

from destination_kit import Catalog, hookimpl
from destination_kit.cli import run
from destination_kit.plugins import Plugins
from tests.kit.dkit import PARTNER, dkit


def test_list_shows_each_destination_with_its_actions():
    assert dkit("list").out.splitlines()[-1].split() == [
        "actions-partner",
        "Partner",
        "say,",
        "shout",
    ]
    assert dkit("list", "--json").json == {
        "destinations": [
            {"slug": "actions-partner", "name": "Partner", "actions": ["say", "shout"]}
        ],
        "leftOut": [],
    }


def test_list_says_that_no_destination_is_installed():
    assert dkit("list", destinations=()).out == "No destination is installed.\n"


def test_a_plugin_that_was_left_out_is_named_and_is_no_failure(capsys):
    class Broken:
        @hookimpl
        def register_destinations(self):
            raise RuntimeError("no luck")

    plugins = Plugins()
    plugins.register(Broken(), "broken")
    assert run(["list"], lambda: Catalog.of_plugins(plugins)) == 0
    assert (
        "left out: broken: register_destinations failed: RuntimeError: no luck"
        in capsys.readouterr().err
    )


def test_a_trigger_that_cannot_be_read_is_named_and_its_destination_is_listed():
    say = replace(PARTNER.actions["say"], trigger="type == track")
    ran = dkit("list", destinations=[replace(PARTNER, actions={"say": say}, presets=())])
    assert (ran.code, ran.out.splitlines()[-1].split()[-1]) == (0, "say")
    assert "/actions/say/trigger: there is no operator ==: write `type = track`" in ran.err
