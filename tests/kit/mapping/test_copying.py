"""Python values on their way into a payload."""

from collections import OrderedDict
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import pytest

from destination_kit import PayloadValidationError, compile_mapping

TRAITS = {
    "at": datetime(2024, 1, 15, 10, 30, tzinfo=UTC),
    "born": date(2000, 1, 5),
    "id": UUID(int=5),
    "price": Decimal("19.90"),
    "tags": ("a", ("b",)),
    "more": OrderedDict(day=date(2024, 1, 1)),
}
AS_JSON = {
    "at": "2024-01-15T10:30:00Z",
    "born": "2000-01-05",
    "id": "00000000-0000-0000-0000-000000000005",
    "price": 19.9,
    "tags": ["a", ["b"]],
    "more": {"day": "2024-01-01"},
}
WHOLE = {"@path": "$.traits"}
ONE = {"@path": "$.traits.v"}


def flatten(value):
    return {"@flatten": {"separator": ".", "value": value}}


def encode(value):
    return {"@json": {"mode": "encode", "value": value}}


@pytest.mark.parametrize(
    ("mapping", "resolved"),
    [
        (WHOLE, AS_JSON),
        ({"@merge": {"direction": "left", "objects": [WHOLE, {"x": 1}]}}, {**AS_JSON, "x": 1}),
        ({"@arrayPath": ["$.traits.tags"]}, ["a", ["b"]]),
        (
            {"@template": "{{traits.at}} {{traits.price}} {{traits.tags}} {{traits.id}}"},
            "2024-01-15T10:30:00Z 19.9 a,b 00000000-0000-0000-0000-000000000005",
        ),
        (
            {"@liquid": "{{traits.born}} {{traits.price | times: 2}} {{traits.tags | join: '+'}}"},
            "2000-01-05 39.8 a+b",
        ),
        (encode({"@path": "$.traits.more"}), '{"day":"2024-01-01"}'),
        (flatten({"@path": "$.traits.more"}), {"day": "2024-01-01"}),
        (
            {"@replace": {"pattern": "-", "replacement": "", "value": {"@path": "$.traits.born"}}},
            "20000105",
        ),
        ({"@if": {"blank": {"@path": "$.traits.price"}, "then": "T", "else": "E"}}, "T"),
        ({"@path": "$.traits.tags.length"}, 2),
        ({"@path": "$.traits.price.cents"}, None),
    ],
)
def test_every_directive_reads_a_python_value_as_json(mapping, resolved):
    payload = compile_mapping({"f": mapping})({"traits": TRAITS})
    assert payload == ({"f": resolved} if resolved is not None else {})


def test_case_changes_the_text_of_a_python_value():
    mapping = {"f": {"@case": {"operator": "upper", "value": {"@path": "$.id"}}}}
    assert compile_mapping(mapping)({"id": UUID(int=10)}) == {"f": str(UUID(int=10)).upper()}


@pytest.mark.parametrize("refused", [{1}, b"x", datetime(2024, 1, 1), object(), Decimal("NaN")])  # noqa: DTZ001 - what is refused
@pytest.mark.parametrize(
    ("mapping", "place"),
    [
        ({"f": WHOLE}, "/f/v"),
        ({"f": {"g": ONE}}, "/f/g"),
        ({"f": [1, ONE]}, "/f/1"),
        ({"f": {"g": {"@template": "{{traits.v}}"}}}, "/f/g"),
        ({"f": {"@liquid": "{{traits.v}}"}}, "/f"),
        ({"f": {"g/h": encode(WHOLE)}}, "/f/g~1h"),
        ({"f": flatten(WHOLE)}, "/f/v"),
        ({"f": {"@case": {"operator": "upper", "value": ONE}}}, "/f"),
        ({"f": {"@if": {"blank": ONE, "then": 1}}}, "/f"),
        (
            {"f": {"@transform": {"apply": {"a": WHOLE}, "mapping": {"b": {"@path": "$.a"}}}}},
            "/f",
        ),
        ({"@merge": {"direction": "left", "objects": [WHOLE]}}, "/v"),
    ],
)
def test_a_refused_value_is_named_with_its_place(mapping, place, refused):
    with pytest.raises(PayloadValidationError, match=f"^{place}: ") as caught:
        compile_mapping(mapping)({"traits": {"ok": 1, "v": refused}})
    [problem] = caught.value.problems
    assert problem.path == place


@pytest.mark.parametrize("key", [1, 1.5, True, None, b"k"])
@pytest.mark.parametrize(
    ("mapping", "place"),
    [({"f": WHOLE}, "/f/list/0/{}"), ({"f": flatten(WHOLE)}, "/f"), ({"f": encode(WHOLE)}, "/f")],
)
def test_a_key_that_is_no_text_is_named_with_its_place(mapping, place, key):
    with pytest.raises(PayloadValidationError, match="not text") as caught:
        compile_mapping(mapping)({"traits": {"list": [{"a": 1, key: 2}]}})
    assert caught.value.problems[0].path == place.format(key)


def test_what_no_payload_reads_is_not_looked_at():
    event = {"traits": {"a": 1, "v": {2: {3}}}, "context": object()}
    assert compile_mapping({"f": {"@path": "$.traits.a"}})(event) == {"f": 1}
