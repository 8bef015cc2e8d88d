"""Chosen differences inside text, and at places in lists that lost an item."""

from __future__ import annotations

import json
import re

import pytest

from tests.conformance import prescriptions, row_instances, row_text
from tests.conformance.cases import Case
from tests.conformance.compare import judge
from tests.conformance.generate.requests import make_rare_requests

_DROPPED = re.compile(r'(?:null|""|\[\]|\{\}), \{"p": "')
MARK = "\ue000"
ENCODED = {"@json": {"mode": "encode", "value": {"@path": "$.properties"}}}
CUT = {"@replace": {"pattern": ",", "replacement": "_", "global": False, "value": ENCODED}}
EVENT = {"type": "track", "properties": {"b": 1, "2": 2, "a": 3}}
TEXT = {"op": "transform", "mapping": {"f": CUT}, "data": EVENT}


def value(result):
    return {"id": 1, "ok": result}


def kind(request, theirs, ours, asides):
    return judge(Case(request, theirs, ours, asides), prescriptions.row_of).row


@pytest.mark.parametrize(
    ("ours", "row"),
    [
        ('{"b":1_"2":2,"a":3}', "D3"),
        ('{"b":1_"a":3,"2":2}', None),
        ('{"b":1,"2":2,"a":3}', None),
        ('{"b":1_"2":2}', None),
    ],
)
def test_a_changed_text_keeps_the_order_of_the_input(ours, row):
    theirs = value({"f": '{"2":2_"b":1,"a":3}'})
    asides = {"marked 0": value({"f": f'{{"b":1_"{MARK}2":2,"a":3}}'})}
    assert kind(TEXT, theirs, value({"f": ours}), asides) == row
    assert kind(TEXT, theirs, value({"f": ours}), {}) is None


def test_each_field_of_each_payload_needs_a_question_of_its_own():
    request = {**TEXT, "op": "transformBatch", "mapping": {"f": CUT, "g": CUT}, "data": [EVENT]}
    moved, kept = '{"2":2_"b":1,"a":3}', '{"b":1_"2":2,"a":3}'
    theirs = value([{"f": moved, "g": moved}])
    asides = {
        "marked 0": value([{"f": kept, "g": "no"}]),
        "marked 1": value([{"f": "no", "g": kept}]),
    }
    assert kind(request, theirs, value([{"f": kept, "g": kept}]), asides) == "D3"
    assert (
        kind(request, theirs, value([{"f": kept, "g": kept}]), {"marked 0": asides["marked 0"]})
        is None
    )
    assert kind(request, theirs, value([{"f": kept}]), asides) is None
    assert kind(request, theirs, value([]), asides) is None


def test_a_prototype_may_be_missing_in_text_that_is_json():
    request = {**TEXT, "mapping": {"f": ENCODED}, "data": {"properties": {"__proto__": 1, "a": 1}}}
    theirs, asides = value({"f": '{"__proto__":1,"a":1}'}), {"marked 0": value({"f": "no"})}
    assert kind(request, theirs, value({"f": '{"a":1}'}), asides) == "D2"
    assert kind(request, theirs, value({"f": '{"a":2}'}), asides) is None


def test_keys_and_the_paths_to_them_are_marked_and_indices_are_not():
    data = {"a": {"2": {"x": 1}}, "list": [{"2": "2"}], "text": '{"1": {"b": "1"}}'}
    mapping = {
        "f": {"@path": "$.a.2.x"},
        "g": {"@template": "{{list.0.2}}-{{a.2}}"},
        "h": {"@arrayPath": ["$.list", {"0": {"@path": "$.2"}}]},
        "i": {"@json": {"mode": "decode", "value": {"@path": "$.text"}}},
        "j": {"@replace": {"pattern": '"2":', "value": {"@literal": {"2": "2"}}}},
    }
    request = {"id": 1, "op": "transform", "mapping": mapping, "data": data}
    marked = next(way for way in row_text.marked(request) if f"{MARK}2" in way["data"]["a"])
    assert row_text.unmarked(marked) == request
    assert marked["mapping"]["f"] == {"@path": f"$.a.{MARK}2.x"}
    assert marked["mapping"]["g"] == {"@template": f"{{{{list.0.{MARK}2}}}}-{{{{a.{MARK}2}}}}"}
    assert list(marked["mapping"]["h"]["@arrayPath"][1]) == [f"{MARK}0"]
    assert marked["data"]["text"].startswith(f'{{"{MARK}1": {{"b"')


FIELDS = {
    "list": {
        "label": "L",
        "type": "object",
        "multiple": True,
        "properties": {"p": {"label": "P", "type": "datetime"}},
    },
    "n": {"label": "N", "type": "number"},
}
PAYLOAD = {"list": [None, {"p": "garbage 5"}], "n": "x"}
DROPPING = {
    "op": "onEvent",
    "destination": {"name": "Echo", "actions": {"send": {"title": "S", "fields": FIELDS}}},
    "event": {"type": "track", "properties": PAYLOAD},
    "settings": {
        "subscriptions": [
            {"partnerAction": "send", "subscribe": 'type = "track"', "mapping": PAYLOAD}
        ]
    },
}


def errors(*places):
    parts = [{"name": "E", "message": "is not right", "pointer": place} for place in places]
    return {"id": 1, "error": {"name": "AggregateAjvError", "message": "no", "errors": parts}}


def test_a_place_in_a_list_is_that_of_the_list_without_its_empty_items():
    cleaned = {"list": [{"p": "garbage 5"}], "n": "x"}
    asides = {
        "steps 0 0": errors("/n"),
        "mapped 0 0": value(PAYLOAD),
        "match 0 0": value(True),
        "schema 0": value({"type": "object"}),
    }
    asked = row_instances.questions(Case(DROPPING, errors("/n"), errors(), asides))
    assert asked["cleaned 0 0"]["payload"] == PAYLOAD
    asides["cleaned 0 0"] = value(cleaned)
    ours, moved = errors("/list/0/p", "/n"), errors("/list/1/p", "/n")
    assert kind(DROPPING, errors("/n"), ours, asides) == "D10"
    assert kind(DROPPING, errors("/n"), moved, asides) is None


def test_every_seed_makes_text_with_odd_keys_and_lists_that_lose_items():
    for seed in (1, 2, 3):
        made = [json.dumps(each) for each in make_rare_requests(seed, ["transform", "onEvent"])]
        changed = [each for each in made if '"@replace"' in each and '"@json"' in each]
        assert sum('"__proto__": ' in each and '"2": ' in each for each in changed) > 5
        assert sum(_DROPPED.search(each) is not None for each in made) > 5
