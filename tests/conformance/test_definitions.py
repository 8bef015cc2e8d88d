from __future__ import annotations

import json
import os
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from destination_kit import compile_mapping, compile_trigger
from destination_kit.fields import collect_defaults
from destination_kit.schema_checks import check_schema
from destination_kit.segment import fields_to_schema, read_definition, write_definition
from tests.conformance import definitions, port, wire
from tests.conformance.definition_cases import REFUSED_BY_D5, Amount
from tests.conformance.definition_parts import forms, rules, without_null
from tests.conformance.definition_report import as_json, as_line, as_text
from tests.conformance.generate.fields import TYPES
from tests.conformance.misreading import changed_action, changed_field, changed_preset
from tests.conformance.port_fields import payload_maker

ROOT = Path(__file__).parents[2]
OURS = ROOT / "tests" / "cases" / "segment" / "everything.json"
FEW = Amount(seed=1, events=6, payloads=24)
UNKNOWN = [
    "/version",
    "/authentication/refresh",
    "/authentication/fields/pin/secretive",
    "/audienceConfig/retention",
    "/audienceConfig/mode/pace",
    "/actions/everything/rateLimit",
    "/actions/everything/fields/level/choices/1/colour",
    "/actions/everything/fields/address/properties/geo/properties/unheardOf/unheardOf",
    "/actions/everything/fields/list_id/a~1b~0c",
    "/actions/everything/syncMode/order",
    "/actions/everything/syncMode/choices/1/danger",
    "/actions/everything/dynamicFields/missing",
    "/actions/everything/hooks/onMappingSave/retries",
    "/actions/everything/hooks/onMappingSave/inputFields/kind/sticky",
    "/actions/hidden/fields/name/required/conditions/0/since",
    "/presets/2/pinned",
]


def published():
    if folder := os.environ.get("DEFINITIONS"):
        return sorted(Path(folder).absolute().glob("*.json"))
    reason = "DEFINITIONS names no folder of published definitions"
    return [pytest.param(None, marks=pytest.mark.skip(reason=reason))]


def everything():
    return json.loads(OURS.read_text(encoding="utf-8"))


def only(*names):
    """Return the definition with these fields of its action alone, and nothing else to fill in."""
    document = everything() | {"authentication": None, "audienceConfig": None}
    action = document["actions"]["everything"] | {"hooks": None}
    fields = {name: action["fields"][name] for name in names}
    presets = document["presets"][:2]
    return document | {"actions": {"everything": action | {"fields": fields}}, "presets": presets}


def ourselves(requests):
    """Answer for the reference, from the document alone: nothing that was imported is asked."""
    return [_answer(each) for each in requests]


def _answer(request):
    if request["op"] != "validatePayload":
        return port.answer(wire.dumps(request))
    payload_of = _payload_maker(wire.dumps(request["fields"]))
    return port.answered(request["id"], lambda: payload_of(wire.decode(request["payload"])))


@cache
def _payload_maker(fields):
    return payload_maker(fields_to_schema(wire.decode(wire.loads(fields))))


def as_people_write_it(value):
    """Return a document without whatever says nothing."""
    if isinstance(value, list):
        return list(map(as_people_write_it, value))
    if not isinstance(value, dict):
        return value
    kept = {key: each for key, each in value.items() if each is not None and each is not False}
    return {key: as_people_write_it(each) for key, each in kept.items()}


@pytest.mark.parametrize("form", [lambda document: document, as_people_write_it])
def test_a_definition_that_uses_the_whole_grammar_is_written_again_as_it_was(form):
    document = form(everything())
    before = json.dumps(document)
    assert write_definition(read_definition(document).destination) == document
    assert json.dumps(document) == before


def test_everything_that_nobody_knows_is_named_at_its_place_and_nothing_else():
    assert [each.path for each in read_definition(everything()).notes] == UNKNOWN


def test_a_definition_that_uses_the_whole_grammar_compiles_and_agrees_with_itself():
    found = definitions.examined(everything(), ourselves, FEW)
    assert found.is_clean, as_text([found])
    assert found.compiled == found.counts["triggers"] == 4
    assert all(sum(found.compared(op).values()) for op in ("transform", "matchFql"))
    payloads = sum(found.compared("validatePayload").values())
    assert payloads / 2 <= found.valid < payloads


def test_everything_of_the_grammar_is_in_the_definition():
    document = everything()
    fields = list(_every_field(document["actions"]["everything"]["fields"]))
    kinds = {each["type"] for each in fields}
    assert kinds == {*TYPES}
    attributes = {key for each in fields for key, value in each.items() if value}
    assert attributes >= set(fields[0])
    conditions = [each["required"] for each in fields if isinstance(each["required"], dict)]
    assert {each.get("match") for each in conditions} == {None, "any", "all"}
    assert {
        (each["operator"], "value" in each, "." in each["fieldKey"])
        for rule in conditions
        for each in rule["conditions"]
    } == {(word, has, False) for word in ("is", "is_not") for has in (True, False)} | {
        ("is", True, True)
    }


def _every_field(fields):
    for each in fields.values():
        yield each
        yield from _every_field(each["properties"] or {})


@pytest.mark.parametrize(
    ("read", "name", "op"),
    [
        (changed_field("consent", type="string"), "consent", "validatePayload"),
        (changed_field("plan", enum=["free", None]), "plan", "validatePayload"),
        (changed_field("channel", oneOf=[{"const": "sms"}]), "channel", "validatePayload"),
        (changed_field("id", maxLength=41), "id", "validatePayload"),
        (changed_field("amount", minimum=-6), "amount", "validatePayload"),
        (changed_field("mail", format="uri"), "mail", "validatePayload"),
        (changed_field("mail", default={"@path": "$.traits.mail"}), "mail", "transform"),
        (changed_action(trigger='type = "group"'), "id", "matchFql"),
        (changed_preset(trigger='event = "Order Completed"'), "id", "matchFql"),
        (changed_preset(mapping={"id": {"@path": "$.userId"}}), "id", "transform"),
    ],
)
def test_what_is_read_wrongly_is_found(read, name, op):
    found = definitions.examined(only(name), ourselves, FEW, read)
    assert found.compared(op)["different"] > 0
    assert found.round_trip is not None
    assert not found.is_clean
    assert "different" in as_json([found])


def test_a_requirement_that_was_lost_is_found():
    document = only("channel", "mail", "phone")
    fields = read_definition(document).destination.actions["everything"].fields
    lost = {**fields, "allOf": fields["allOf"][1:]}
    found = definitions.examined(document, ourselves, FEW, changed_action(fields=lost))
    assert found.compared("validatePayload")["different"] > 0


def test_a_trigger_that_does_not_compile_is_told_and_not_counted():
    document = only("id")
    document["actions"]["everything"]["defaultSubscription"] = "type = "
    found = definitions.examined(document, ourselves, FEW)
    assert (found.compiled, found.counts["triggers"], found.is_clean) == (1, 2, False)
    assert "trigger does not compile" in as_text([found])
    assert "1/2" in as_line(found)


@pytest.mark.parametrize("trigger", sorted(REFUSED_BY_D5))
def test_a_trigger_that_a_row_refuses_is_counted_under_the_row(trigger):
    document = only("id")
    document["actions"]["everything"]["defaultSubscription"] = trigger
    found = definitions.examined(document, ourselves, FEW)
    assert found.is_clean, as_text([found])
    assert (found.compiled, found.counts["triggers"], found.tally.rows["D5"]) == (1, 2, 1)
    document["actions"]["everything"]["defaultSubscription"] = trigger.replace("Order", "Ordered")
    again = definitions.examined(document, ourselves, FEW)
    assert again.is_clean is ("Order" not in trigger)


def test_a_loss_is_placed():
    document = everything()
    destination = read_definition(document).destination
    assert definitions.first_loss(document, destination) is None
    assert definitions.first_loss(document, replace(destination, name="x")) == "/name"


def test_a_file_that_is_no_definition_is_not_clean(tmp_path):
    (tmp_path / "odd.json").write_text('{"slug": "x"}')
    found = definitions.examined_file(tmp_path / "odd.json", ourselves, FEW)
    assert not found.is_clean
    assert "cannot be read" in as_text([found])


def test_an_exported_definition_is_compared_without_its_list_of_functions(tmp_path):
    path = tmp_path / "exported.json"
    path.write_text(json.dumps(only("id") | {"functions": ["/onDelete"]}), encoding="utf-8")
    found = definitions.examined_file(path, ourselves, FEW)
    assert found.is_clean, as_text([found])
    assert not [note for note in found.notes if "functions" in note]


def test_a_seed_draws_the_same_exported_definitions():
    paths = [Path(f"{number}.json") for number in range(50)]
    drawn = definitions.draw(paths, "20", 1)
    assert drawn == definitions.draw(paths, "20", 1) == sorted(drawn)
    assert len({*drawn}) == 20
    assert drawn != definitions.draw(paths, "20", 2)
    assert definitions.draw(paths, "all", 1) == paths
    assert {*definitions.draw(paths, "60", 1)} == {*paths}


def test_without_node_a_sentence_says_so(monkeypatch, capsys):
    monkeypatch.setenv("PATH", "")
    assert definitions.main([str(OURS)]) == 2
    assert "needs Node" in capsys.readouterr().err


def test_a_null_attribute_says_nothing_and_a_null_in_a_condition_does():
    rule = {"conditions": [{"fieldKey": "b", "operator": "is", "value": None}]}
    inner = {"type": "string", "format": None}
    fields = {"a": {"type": "object", "required": rule, "properties": {"b": inner}}}
    assert without_null(fields) == {
        "a": {"type": "object", "required": rule, "properties": {"b": {"type": "string"}}}
    }


@pytest.mark.parametrize("path", published(), ids=lambda path: path.stem if path else "none")
def test_a_published_definition_compiles_and_is_written_again_key_for_key(path):
    document = json.loads(path.read_text(encoding="utf-8"))
    destination = read_definition(document).destination
    assert write_definition(destination) == document
    for rule in rules(document, destination):
        compile_mapping(rule.our_mapping)
        if rule.trigger:
            compile_trigger(rule.our_trigger)
    for form in forms(document, destination):
        assert check_schema(form.schema) == ()
    for action in destination.actions.values():
        assert collect_defaults(action.fields).keys() <= action.fields["properties"].keys()
