"""`dkit init` writes an instance file to start from."""

import json
from dataclasses import replace

from tests.kit.dkit import PARTNER, TOKEN, dkit, write


def fill_in(document):
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
    assert [problem["path"] for problem in unfilled.json["problems"]] == [
        "/subscriptions/0/mapping/room"
    ]
    assert dkit("check", write(tmp_path / "b.json", fill_in(document))).code == 0


def test_a_default_trigger_that_cannot_be_read_is_not_written():
    actions = {"say": replace(PARTNER.actions["say"], trigger="type == track")}
    document = dkit("init", "partner", destinations=[replace(PARTNER, actions=actions)]).json
    [subscription] = document["subscriptions"]
    assert subscription["enabled"] is False
    assert subscription["trigger"] == 'type = "track" and event = "<fill in: event>"'


def with_sync_mode(schema):
    say = replace(PARTNER.actions["say"], sync_mode=schema)
    return [replace(PARTNER, actions={**PARTNER.actions, "say": say})]


def test_init_writes_the_default_sync_mode_of_an_action(tmp_path, monkeypatch):
    monkeypatch.setenv("PARTNER_TOKEN", TOKEN)
    destinations = with_sync_mode({"enum": ["add", "upsert"], "default": "upsert"})
    document = dkit("init", "partner", destinations=destinations).json
    say, shout = document["subscriptions"]
    assert say["syncMode"] == "upsert"
    assert "syncMode" not in shout
    filled = write(tmp_path / "i.json", fill_in(document))
    assert dkit("check", filled, destinations=destinations).code == 0


def test_a_sync_mode_without_a_default_is_left_to_a_person(tmp_path, monkeypatch):
    monkeypatch.setenv("PARTNER_TOKEN", TOKEN)
    destinations = with_sync_mode({"enum": ["add", "upsert"]})
    document = fill_in(dkit("init", "partner", destinations=destinations).json)
    assert document["subscriptions"][0]["syncMode"] == "<fill in: sync mode: add, upsert>"
    checked = dkit(
        "check", write(tmp_path / "a.json", document), "--json", destinations=destinations
    )
    assert [(problem["path"], problem["message"]) for problem in checked.json["problems"]] == [
        ("/subscriptions/0/syncMode", "still to be filled in: <fill in: sync mode: add, upsert>")
    ]
    document["subscriptions"][0]["syncMode"] = "add"
    filled = write(tmp_path / "b.json", document)
    assert dkit("check", filled, destinations=destinations).code == 0


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


def test_init_gives_actions_of_one_title_their_own_names():
    say = PARTNER.actions["say"]
    actions = {"say": say, "again": say, "never": replace(say, hidden=True)}
    document = dkit(
        "init", "partner", destinations=[replace(PARTNER, actions=actions, presets=())]
    ).json
    assert [subscription["name"] for subscription in document["subscriptions"]] == ["say", "again"]


def test_init_names_the_next_commands_and_those_that_list_ids(tmp_path):
    path = tmp_path / "my i.json"
    ran = dkit("init", "partner", "--out", path)
    assert ran.out == f"{path} is ready to be filled in\n"
    assert ran.err.splitlines() == [
        "next:",
        "  export PARTNER_TOKEN=…",
        f"  dkit auth '{path}'",
        f"  dkit choices '{path}' say room",
        f"  dkit check '{path}'",
    ]
    checked = dkit("check", path)
    assert f"choose with: dkit choices '{path}' say room\n" in checked.err


def test_the_template_of_a_destination_comes_first_and_other_actions_follow(tmp_path, monkeypatch):
    template = {"name": "Mine", "action": "say", "mapping": {"word": "x", "room": "r"}}
    (tmp_path / "with_template").mkdir()
    (tmp_path / "with_template" / "template.json").write_text(
        json.dumps({"settings": {"region": "us"}, "subscriptions": [template]})
    )
    monkeypatch.syspath_prepend(tmp_path)
    destination = replace(PARTNER, samples="with_template:")
    document = dkit("init", "partner", destinations=[destination]).json
    assert document["destination"] == "actions-partner"
    assert document["settings"] == {"region": "us"}
    assert [subscription["name"] for subscription in document["subscriptions"]] == ["Mine", "Shout"]


def test_init_writes_the_schemas_and_names_them_for_text_editors(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "instances").mkdir()
    ran = dkit("init", "partner", "--out", "instances/a.json", "--schemas", "my schemas")
    assert ran.code == 0
    document = json.loads((tmp_path / "instances" / "a.json").read_text(encoding="utf-8"))
    assert document["$schema"] == "../my%20schemas/partner/instance.schema.json"
    schema = tmp_path / "my schemas" / "partner" / "instance.schema.json"
    assert json.loads(schema.read_text(encoding="utf-8"))["title"] == "Partner, instance"
    assert (schema.parent / "say.form.schema.json").is_file()
    shown = dkit("init", "partner", "--schemas", "my schemas").json
    assert shown["$schema"] == "./my%20schemas/partner/instance.schema.json"


def test_init_says_where_the_schemas_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    ran = dkit("init", "partner", "--schemas", str(tmp_path / "file"))
    assert ran.code == 2
    assert "cannot write" in ran.err
