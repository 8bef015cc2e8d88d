"""`list`, `show`, `init`, `check` and `schemas`: what needs no event."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from destination_kit import Catalog, hookimpl
from destination_kit.cli import run
from destination_kit.plugins import Plugins
from destination_kit.publish import documents
from tests.kit.dkit import PARTNER, TOKEN, dkit, instance, write


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


def test_list_says_so_when_there_is_nothing():
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


@pytest.mark.parametrize(
    "said",
    [
        "Partner (actions-partner)",
        "  * token  (string, password, secret)  Token",
        '      default  "eu"',
        "Action say: Say",
        '  trigger  type = "track"',
        "  trigger  none: choose one",
        "  * room  (string, dynamic)  Room",
        '      default  {"@path": "$.event"}',
        "  Greet: say",
        '    trigger  event = "Hi"',
    ],
)
def test_show_describes(said):
    assert said in dkit("show", "partner").out.splitlines()


def test_show_in_json_is_the_whole_definition():
    shown = dkit("show", "partner", "--json").json
    assert shown["actions"]["say"]["fields"] == PARTNER.actions["say"].fields
    assert shown["presets"][0]["name"] == "Greet"


def filled(document):
    text = json.dumps(document)
    return json.loads(text.replace("<fill in: Room>", "r1").replace("<fill in: event>", "Hi"))


def test_init_writes_everything_that_can_be_known(monkeypatch):
    document = dkit("init", "partner").json
    assert document["settings"] == {"token": {"$secret": "PARTNER_TOKEN"}, "region": "eu"}
    say, shout = document["subscriptions"]
    assert say == {
        "name": "Say",
        "action": "say",
        "trigger": 'type = "track"',
        "mapping": {"word": {"@path": "$.event"}, "room": "<fill in: Room>"},
    }
    assert shout["enabled"] is False


def test_what_init_writes_passes_check_once_it_is_filled_in(tmp_path, monkeypatch):
    monkeypatch.setenv("PARTNER_TOKEN", TOKEN)
    document = dkit("init", "partner").json
    unfilled = dkit("check", write(tmp_path / "a.json", document), "--json")
    assert unfilled.code == 1
    assert [each["path"] for each in unfilled.json["problems"]] == ["/subscriptions/0/mapping/room"]
    assert dkit("check", write(tmp_path / "b.json", filled(document))).code == 0


def test_init_never_overwrites(tmp_path):
    path = tmp_path / "i.json"
    assert dkit("init", "partner", "--out", path).code == 0
    before = path.read_text()
    assert dkit("init", "partner", "--out", path).code == 2
    assert path.read_text() == before
    assert json.loads(before) == dkit("init", "partner").json


def test_init_says_in_json_what_it_wrote(tmp_path):
    path = tmp_path / "i.json"
    assert dkit("init", "partner", "--out", path, "--json").json == {"file": str(path)}


def test_check_finds_every_problem_with_its_place_its_line_and_a_caret(tmp_path):
    text = json.dumps(
        instance({"action": "say", "trigger": "type = = 5"}, {"action": "say"}), indent=1
    )
    path = tmp_path / "i.json"
    path.write_text(text)
    ran = dkit("check", path)
    assert ran.code == 1
    assert "line 9, /subscriptions/0/trigger: " in ran.out
    caret = next(line for line in ran.out.splitlines() if line.strip() == "^")
    shown = ran.out.splitlines()[ran.out.splitlines().index(caret) - 1]
    assert shown[caret.index("^")] == "="
    assert ran.out.splitlines()[-1].endswith(": 5 problems")
    found = dkit("check", path, "--json").json
    assert not found["ok"]
    assert found["problems"][0]["line"] == 9


def test_warnings_alone_are_no_failure(tmp_path):
    mapping = {"room": "r1", "colour": "red"}
    document = instance(
        {"name": "Talk", "action": "say", "useDefaultMapping": True, "mapping": mapping}
    )
    ran = dkit("check", write(tmp_path / "i.json", document))
    assert ran.code == 0
    assert ran.out.splitlines()[:2] == [
        "Talk (say)",
        "  - say has no field 'colour': it is left out",
    ]
    assert ran.out.endswith("i.json: no problems\n")


def test_check_reads_toml(tmp_path):
    path = tmp_path / "i.toml"
    path.write_text(
        f'destination = "actions-partner"\n[settings]\ntoken = "{TOKEN}"\n'
        '[[subscriptions]]\naction = "say"\nmapping = {word = "x", room = 2026-01-01}\n'
    )
    assert dkit("check", path).code == 0
    path.write_text('destination = "actions-partner"\n[settings]\n')
    ran = dkit("check", path)
    assert ran.code == 1
    assert "line" not in ran.out


def test_segments_own_instances_need_a_destination(tmp_path):
    subscription = {
        "partnerAction": "say",
        "subscribe": 'type = "track"',
        "mapping": {"word": "x", "room": "r1"},
    }
    path = write(
        tmp_path / "i.json", {"settings": {"token": TOKEN}, "subscriptions": [subscription]}
    )
    assert dkit("check", path, "--destination", "partner").code == 0
    assert dkit("check", path).code == 1


def test_check_looks_at_the_destinations_own_definition(tmp_path):
    repeated = {"type": "string", "oneOf": [{"const": "a"}, {"const": "a"}]}
    fields = {"type": "object", "properties": {"word": repeated}}
    broken = replace(
        PARTNER,
        actions={"say": replace(PARTNER.actions["say"], fields=fields, choices={})},
        presets=(),
    )
    document = instance({"action": "say", "mapping": {"word": "a"}})
    ran = dkit("check", write(tmp_path / "i.json", document), destinations=(broken,))
    assert ran.code == 1
    assert (
        "in the destination's own definition: /actions/say/fields/properties/word/oneOf/1: "
        in ran.out
    )


def test_schemas_writes_a_folder_per_destination(tmp_path):
    ran = dkit("schemas", "--out", tmp_path, "--json")
    found = {each.removeprefix(f"{tmp_path}/") for each in ran.json["files"]}
    assert {each for each in found if "/" in each} == {
        f"partner/{each.name}" for each in (tmp_path / "partner").iterdir()
    }


def test_schemas_without_a_destination_writes_the_kits_own_too(tmp_path):
    dkit("schemas", "--out", tmp_path)
    kept = Path(__file__).parents[2] / "schemas"
    written = {each.name: json.loads(each.read_text()) for each in tmp_path.glob("*.json")}
    assert written == {each.name: json.loads(each.read_text()) for each in kept.glob("*.json")}
    assert (tmp_path / "open-map.jsx").read_bytes() == (kept / "open-map.jsx").read_bytes()


def test_schemas_without_a_folder_says_which_option_names_it():
    ran = dkit("schemas")
    assert (ran.code, ran.err) == (2, "dkit: schemas needs a folder to write to: --out DIR\n")


def test_schemas_writes_one_destination_where_it_is_told_to(tmp_path):
    ran = dkit("schemas", "partner", "--out", tmp_path / "deep" / "down")
    names = [line.rpartition("/")[2] for line in ran.out.splitlines()]
    assert names == [*documents(PARTNER)]
    text = (tmp_path / "deep" / "down" / "settings.schema.json").read_text()
    assert text.endswith("}\n")
    assert json.loads(text)["properties"]["token"]["title"] == "Token"


def test_a_folder_that_cannot_be_made_is_misuse(tmp_path):
    (tmp_path / "file").write_text("")
    assert dkit("schemas", "partner", "--out", tmp_path / "file" / "x").code == 2


def test_show_tells_several_types_and_choices():
    fields = {
        "type": "object",
        "properties": {"odd": {"type": ["string", "null"], "enum": ["a", None]}, "any": {}},
    }
    odd = replace(PARTNER.actions["say"], fields=fields, choices={})
    ran = dkit("show", "partner", destinations=[replace(PARTNER, actions={"odd": odd}, presets=())])
    assert '    odd  (string or null, one of "a", null)' in ran.out.splitlines()
    assert "    any  (anything)" in ran.out.splitlines()
    assert "Presets" not in ran.out


def test_show_tells_that_an_action_takes_any_payload():
    open_ = replace(PARTNER.actions["say"], fields={"type": "object"}, choices={})
    partner = replace(PARTNER, actions={"say": open_}, presets=())
    ran = dkit("show", "partner", destinations=[partner])
    assert "  fields   any: it takes the payload as it is" in ran.out.splitlines()


def test_init_gives_actions_of_one_title_their_own_names():
    say = PARTNER.actions["say"]
    actions = {"say": say, "again": say, "never": replace(say, hidden=True)}
    document = dkit(
        "init", "partner", destinations=[replace(PARTNER, actions=actions, presets=())]
    ).json
    assert [each["name"] for each in document["subscriptions"]] == ["say", "again"]


def test_a_placeholder_is_found_at_any_depth_where_it_would_be_used(tmp_path):
    deep = {"word": "x", "room": {"@literal": ["<fill in: Room>"]}}
    document = instance(
        {"action": "say", "mapping": deep}, {"action": "say", "enabled": False, "mapping": deep}
    )
    found = dkit("check", write(tmp_path / "i.json", document), "--json").json["problems"]
    assert [each["path"] for each in found] == ["/subscriptions/0/mapping/room/@literal/0"]


@pytest.mark.parametrize("document", [[], {}, {"subscriptions": [5]}, {"subscriptions": {"a": 1}}])
def test_check_survives_any_document(tmp_path, document):
    assert dkit("check", write(tmp_path / "i.json", document)).code == 1


def test_check_tells_a_definition_that_does_not_compile_from_a_wrong_document(tmp_path):
    fields = {"type": "object", "properties": {"word": {"type": "string", "pattern": "("}}}
    say = replace(PARTNER.actions["say"], fields=fields, choices={})
    broken = replace(PARTNER, actions={"say": say}, presets=())
    path = write(tmp_path / "i.json", instance({"action": "say"}))
    ran = dkit("check", path, destinations=[broken])
    assert ran.code == 1
    assert "actions-partner/actions/say/fields" in ran.err
    assert "pattern" in ran.err


def test_an_unnamed_subscription_is_called_after_its_action_once(tmp_path):
    document = instance({"action": "say", "mapping": {"word": "x", "room": "y", "colour": "red"}})
    ran = dkit("check", write(tmp_path / "i.json", document))
    assert ran.out.splitlines()[0] == "say"


@pytest.mark.parametrize(
    "subscriptions",
    [[], [{"action": "say", "enabled": False, "mapping": {"word": "x", "room": "y"}}]],
)
def test_check_warns_where_every_event_would_be_skipped(tmp_path, subscriptions):
    path = write(tmp_path / "i.json", {**instance(), "subscriptions": subscriptions})
    ran = dkit("check", path)
    assert ran.code == 0
    assert "- no subscription is enabled: every event will be skipped" in ran.out
    assert dkit("check", path, "--json").json["warnings"][0]["subscription"] is None


SECRET = {"token": {"$secret": "NOWHERE_SET"}}


def test_check_and_preview_do_without_secrets_and_say_so(tmp_path):
    path = write(tmp_path / "i.json", instance(settings=SECRET))
    assert dkit("check", path).code == 1
    ran = dkit("check", path, "--without-secrets")
    assert ran.code == 0
    assert ran.err == "--without-secrets: the secrets are made up; nothing is sent\n"
    events = write(tmp_path / "e", {"type": "track", "event": "Hi"})
    assert dkit("preview", path, events, "--without-secrets").code == 0


@pytest.mark.parametrize(
    "rule",
    [
        {"pattern": "^[!-~]+$"},
        {"pattern": "^[0-9]+$"},
        {"format": "uri"},
        {"format": "email"},
        {"enum": ["one", "two"]},
        {"minLength": 64},
        {"maxLength": 3},
        {"pattern": "^sk-", "examples": ["sk-5"]},
    ],
)
def test_a_made_up_secret_fits_its_setting(tmp_path, rule):
    settings = {"type": "object", "properties": {"token": {"type": "string", **rule}}}
    say = replace(PARTNER.actions["say"], trigger=None)
    plain = replace(PARTNER, settings=settings, actions={"say": say}, presets=())
    path = write(
        tmp_path / "i.json",
        instance(
            {"action": "say", "trigger": 'type = "x"', "mapping": {"word": "x", "room": "y"}},
            settings=SECRET,
        ),
    )
    ran = dkit("check", path, "--without-secrets", destinations=[plain])
    assert (ran.code, ran.out.splitlines()[-1]) == (0, f"{path}: no problems")


def test_a_destination_that_is_missing_names_what_was_left_out_and_why(tmp_path, capsys):
    class Broken:
        @hookimpl
        def register_destinations(self):
            raise RuntimeError("no luck")

    plugins = Plugins()
    plugins.register(Broken(), "broken")
    catalog = Catalog.of_plugins(plugins)
    path = write(tmp_path / "i.json", instance())
    events = write(tmp_path / "e", {"type": "page"})
    for arguments in (
        ["show", "partner"],
        ["check", str(path)],
        ["preview", str(path), str(events)],
    ):
        assert run(arguments, lambda: catalog) > 0
        assert capsys.readouterr().err.count("left out: broken: ") == 1
