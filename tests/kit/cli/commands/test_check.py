"""`dkit check` finds every problem of an instance file."""

import json
from dataclasses import replace

import pytest

from tests.kit.dkit import PARTNER, TOKEN, dkit, instance, write

STORED = {"$secret": "PARTNER_TOKEN"}


def test_check_finds_every_problem_with_its_pointer_its_line_and_a_caret(tmp_path):
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
    assert ran.out.splitlines()[-1].endswith(": 5 errors, 1 warning")
    found = dkit("check", path, "--json").json
    assert not found["ok"]
    assert found["problems"][0]["line"] == 9


OBEYED = (
    'obeyed: integrations of an event, which can call this destination "Partner",',
    '  "actions-partner", "partner", "Partner (Actions)", "Actions Partner"',
)


def test_warnings_alone_are_no_failure(tmp_path, monkeypatch):
    monkeypatch.setenv("PARTNER_TOKEN", TOKEN)
    mapping = {"room": "r1", "colour": "red"}
    document = instance(
        {"name": "Talk", "action": "say", "useDefaultMapping": True, "mapping": mapping}
    )
    document["settings"]["token"] = STORED
    ran = dkit("check", write(tmp_path / "i.json", document))
    assert ran.code == 0
    assert ran.out.splitlines() == [
        "warning: line 1, /subscriptions/0/mapping/colour: say has no field 'colour': it is left",
        "  out",
        *OBEYED,
        f"{tmp_path}/i.json: no errors, 1 warning",
    ]
    strict = dkit("check", tmp_path / "i.json", "--strict", "--json")
    assert (strict.code, strict.json["ok"]) == (1, False)
    assert strict.json["counts"] == {"errors": 0, "warnings": 1}


def test_strict_is_content_with_a_file_without_warnings(tmp_path, monkeypatch):
    monkeypatch.setenv("PARTNER_TOKEN", TOKEN)
    document = instance(settings={"token": STORED})
    ran = dkit("check", write(tmp_path / "i.json", document), "--strict")
    assert ran.code == 0
    assert ran.out.splitlines() == [*OBEYED, f"{tmp_path}/i.json: no problems"]


def test_errors_and_warnings_come_in_one_pass_labelled_and_counted(tmp_path):
    """Four faults of different kinds took three passes: each hid the next."""
    mapping = {"room": {"@pth": "$.x"}, "word": {}, "colour": "red"}
    document = instance(
        {"action": "say", "trigger": "type = = 5", "enabeld": True, "mapping": mapping},
        settings={"region": {}},
    )
    ran = dkit("check", write(tmp_path / "i.json", document))
    assert ran.code == 1
    lines = ran.out.splitlines()
    assert [line.split(", ")[1].split(":")[0] for line in lines if line.startswith("error: ")] == [
        "/settings/region",
        "/settings/token",
        "/subscriptions/0/enabeld",
        "/subscriptions/0/trigger",
        "/subscriptions/0/mapping/room",
        "/subscriptions/0/mapping/word",
    ]
    place = "line 1, /subscriptions/0/mapping/colour"
    shown = " ".join(ran.out.split())
    assert f"warning: {place}: say has no field 'colour': it is left out" in shown
    assert lines[-1] == f"{tmp_path}/i.json: 6 errors, 1 warning"
    found = dkit("check", tmp_path / "i.json", "--json").json
    assert found["counts"] == {"errors": 6, "warnings": 1}
    assert {problem["level"] for problem in found["problems"]} == {"error"}
    [warning] = found["warnings"]
    assert (warning["level"], warning["code"], warning["path"], warning["line"]) == (
        "warning",
        "UNKNOWN_FIELD",
        "/subscriptions/0/mapping/colour",
        1,
    )


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


def test_check_checks_the_destinations_own_definition(tmp_path):
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


def test_a_default_trigger_that_cannot_be_read_is_a_warning_unless_it_is_used(tmp_path):
    actions = {**PARTNER.actions, "shout": replace(PARTNER.actions["shout"], trigger="type == a")}
    misread = replace(PARTNER, actions=actions)
    own = {"name": "Loud", "action": "shout", "trigger": "type = a", "mapping": {"room": "r1"}}
    own["mapping"]["word"] = "hi"
    ran = dkit("check", write(tmp_path / "a.json", instance(own)), destinations=[misread])
    assert ran.code == 0
    assert "/: a trigger of Partner itself cannot be read: /actions/shout/trigger:" in " ".join(
        ran.out.split()
    )
    del own["trigger"]
    ran = dkit("check", write(tmp_path / "b.json", instance(own)), "--json", destinations=[misread])
    assert ran.code == 1
    [problem] = ran.json["problems"]
    assert problem["path"] == "/subscriptions/0/trigger"
    assert "the default trigger of shout cannot be read" in problem["message"]


def test_a_placeholder_is_found_at_any_depth_where_it_would_be_used(tmp_path):
    deep = {"word": "x", "room": {"@literal": ["<fill in: Room>"]}}
    document = instance(
        {"action": "say", "mapping": deep}, {"action": "say", "enabled": False, "mapping": deep}
    )
    found = dkit("check", write(tmp_path / "i.json", document), "--json").json["problems"]
    assert [problem["path"] for problem in found] == ["/subscriptions/0/mapping/room/@literal/0"]


def test_a_variable_is_a_problem_wherever_it_stands_and_no_warning_beside_it(tmp_path):
    document = instance({"action": "say", "mapping": {"word": "${WORD}", "room": "r"}})
    document["settings"]["token"] = "${TOKEN}"
    ran = dkit("check", write(tmp_path / "i.json", document), "--json")
    assert ran.code == 1
    assert [(problem["path"], problem["code"]) for problem in ran.json["problems"]] == [
        ("/settings/token", "PLACEHOLDER"),
        ("/subscriptions/0/mapping/word", "PLACEHOLDER"),
    ]
    assert "VARIABLE" not in {warning["code"] for warning in ran.json["warnings"]}


@pytest.mark.parametrize("document", [[], {}, {"subscriptions": [5]}, {"subscriptions": {"a": 1}}])
def test_check_survives_any_document(tmp_path, document):
    assert dkit("check", write(tmp_path / "i.json", document)).code == 1


def test_a_definition_that_does_not_compile_is_no_problem_of_the_document(tmp_path):
    fields = {"type": "object", "properties": {"word": {"type": "string", "pattern": "("}}}
    say = replace(PARTNER.actions["say"], fields=fields, choices={})
    broken = replace(PARTNER, actions={"say": say}, presets=())
    path = write(tmp_path / "i.json", instance({"action": "say"}))
    ran = dkit("check", path, destinations=[broken])
    assert ran.code == 1
    assert "actions-partner/actions/say/fields" in ran.err
    assert "pattern" in ran.err


@pytest.mark.parametrize(
    "subscriptions",
    [[], [{"action": "say", "enabled": False, "mapping": {"word": "x", "room": "y"}}]],
)
def test_check_warns_where_every_event_would_be_skipped(tmp_path, subscriptions):
    path = write(tmp_path / "i.json", {**instance(), "subscriptions": subscriptions})
    ran = dkit("check", path)
    assert ran.code == 0
    assert "/subscriptions: no subscription is enabled: every event will be skipped" in ran.out
    assert dkit("check", path, "--json").json["warnings"][0]["code"] == "NOTHING_ENABLED"


def test_what_a_delivery_obeys_is_said(tmp_path):
    path = write(tmp_path / "i.json", instance(consent=["Ads"]))
    shown = " ".join(dkit("check", path).out.split())
    assert 'obeyed: integrations of an event, which can call this destination "Partner"' in shown
    assert "obeyed: consent to Ads, where an event has a consent object" in shown
    assert len(dkit("check", path, "--json").json["obeyed"]) == 2
    assert "obeyed: consent" not in dkit("check", write(tmp_path / "n.json", instance())).out
