from __future__ import annotations

import json
import sys

import pytest

from destination_kit._json import MISSING
from tests.conformance import port, run, wire
from tests.conformance.cases import LIQUID, Case
from tests.conformance.generate.liquid import LONGEST
from tests.conformance.generate.liquid_filters import FILTERS
from tests.conformance.generate.liquid_malformed import LIMITS
from tests.conformance.generate.requests import make_rare_requests, make_requests
from tests.conformance.quirks import quirks
from tests.conformance.report import as_json, as_text

OURSELVES = [sys.executable, "-m", "tests.conformance.port"]
ALWAYS_SEVEN = """
import json, sys
for line in sys.stdin:
    print(json.dumps({"id": json.loads(line)["id"], "ok": "7"}))
"""


@pytest.fixture
def requests(tmp_path):
    path = tmp_path / "requests.jsonl"
    lines = [{"id": number, "op": "jsString", "value": number} for number in (7, 8, 7)]
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return path


def test_two_sides_that_agree_are_the_same(requests):
    tally = run.compared([("ours", requests)], OURSELVES, keep=1)
    assert (tally.count("same"), tally.count("different")) == (3, 0)


def test_a_wrong_answer_is_counted_and_shown(requests):
    tally = run.compared([("seven", requests)], [sys.executable, "-c", ALWAYS_SEVEN], keep=5)
    assert (tally.count("same"), tally.count("different")) == (2, 1)
    assert '"ok": "8"' in as_text(tally)
    assert json.loads(as_json(tally))["different"][0]["theirs"]["ok"] == "7"


def test_a_side_that_stops_early_ends_the_run(requests):
    with pytest.raises(ValueError, match="shorter"):
        run.compared([("silent", requests)], [sys.executable, "-c", ""], keep=0)


def test_without_node_a_sentence_says_so(monkeypatch, capsys):
    monkeypatch.setenv("PATH", "")
    assert run.main(["1"]) == 2
    assert "needs Node" in capsys.readouterr().err


def test_the_same_seed_makes_the_same_requests():
    once, again = (list(make_requests(5, 3)) for _ in range(2))
    assert once == again
    assert once != list(make_requests(6, 3))


def test_a_request_does_not_depend_on_its_neighbours():
    alone = list(make_requests(5, 3, ["parseFql"]))
    assert alone == [each for each in make_requests(5, 9) if each["op"] == "parseFql"][:3]


def test_every_operation_has_requests_and_every_rare_one_has_a_name_of_its_own():
    assert {each["op"] for each in make_requests(1, 1)} == set(port.OPS)
    rare = [each["id"] for each in make_rare_requests(1)]
    assert len(rare) == len(set(rare)) > 100


def test_liquid_is_asked_for_as_a_transform_and_counted_apart():
    requests = [*make_requests(1, 5, [LIQUID]), *make_rare_requests(1, [LIQUID])]
    cases = [Case(each, {"id": each["id"]}, {"id": each["id"]}) for each in requests]
    assert {(case.request["op"], case.kind) for case in cases} == {("transform", LIQUID)}


def test_templates_use_every_filter_and_only_those_meant_to_are_too_long():
    requests = list(make_requests(1, 400, [LIQUID]))
    text = json.dumps(requests)
    assert [name for name in FILTERS if name not in text] == []
    long = {each for each in map(_template, requests) if len(each) > LONGEST}
    assert long <= {*LIMITS}


def _template(request):
    made = request["mapping"]["f"]
    return made.get("@liquid", "") if isinstance(made, dict) else ""


def test_there_are_121_quirks():
    assert len({request["id"].split("-")[1] for _, request in quirks()}) == 121


@pytest.mark.parametrize("value", [MISSING, float("inf"), -float("inf"), [-0.0], {"a": [MISSING]}])
def test_what_json_cannot_say_comes_through(value):
    line = wire.dumps(wire.encode(value))
    assert repr(wire.decode(wire.loads(line))) == repr(value)


def test_a_negative_zero_keeps_its_sign_and_a_long_integer_its_digits():
    assert repr(wire.loads("[-0, 9007199254740993]")) == "[-0.0, 9007199254740993]"


def test_an_unknown_operation_is_an_error():
    told = port.answer('{"id": 1, "op": "nope"}')
    assert told == {"id": 1, "error": {"name": "Error", "message": "unknown op: nope"}}


def test_a_crash_of_ours_is_marked():
    assert port.answer('{"id": 1, "op": "parseFql"}')["error"]["crash"]
