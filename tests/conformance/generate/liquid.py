"""Requests that render Liquid: templates of every tag and filter, in mappings of some shapes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

from tests.conformance.generate.chance import Chance
from tests.conformance.generate.liquid_events import make_data, trimmed
from tests.conformance.generate.liquid_malformed import LIMITS, MALFORMED, with_typo
from tests.conformance.generate.liquid_sweeps import comparison_sweeps, date_sweeps, filter_sweeps
from tests.conformance.generate.liquid_tags import make_output, make_template
from tests.conformance.generate.liquid_words import Words

Request: TypeAlias = dict[str, Any]

LONGEST = 1000
_OF_EVENTS = (
    *("properties.email", "properties.products[0].name", "properties.tags", "properties.products"),
    *(
        *("traits.firstName", "traits.age", "userId", "context.page.title", "timestamp"),
        "missing.path",
    ),
    *("properties.revenue", "properties['product 1'].price", "properties.products.first.name"),
    *(
        *("properties.products.size", "properties", "traits", "traits.vip", "properties.matrix"),
        "type",
    ),
)
"""What the events of all other requests have."""


def make_liquid(chance: Chance) -> str:
    """Make a template for an event like those of other requests."""
    return _template(Words(chance, _OF_EVENTS))


def liquid(chance: Chance) -> Request:
    """Make a `transform` of templates and an event that has values of every type."""
    words = Words(chance)
    data = make_data(chance)
    mapping = _mapping(words)
    return _request(mapping, data)


def rare_liquid(chance: Chance) -> Iterator[Request]:
    """Yield what chance may miss: malformed templates, every filter, date and comparison."""
    for template in (*MALFORMED, *LIMITS, *filter_sweeps(chance)):
        yield _request({"f": {"@liquid": template}}, make_data(chance))
    for template, data in (*date_sweeps(), *comparison_sweeps(chance)):
        yield _request({"f": {"@liquid": template}}, data)
    for argument in (5, None, ["{{ text }}"], {"@path": "$.text"}):  # nothing is validated in lists
        yield _request({"f": [{"@liquid": argument}]}, make_data(chance))


def _request(mapping: Request, data: Request) -> Request:
    return {"op": "transform", "mapping": mapping, "data": trimmed(data, str(mapping))}


def _template(words: Words) -> str:
    """Make a template; what is not meant to be too long is not."""
    chance = words.chance
    kind = chance.random.random()
    if kind < 0.04:
        return chance.pick(MALFORMED)
    if kind < 0.05:
        return chance.pick(LIMITS)
    made = make_template(words) if chance.maybe(0.7) else _outputs(words)
    if len(made) > LONGEST:
        return make_output(words)
    return with_typo(chance, made) if chance.maybe(0.06) else made


def _outputs(words: Words) -> str:
    """Make several outputs in a row."""
    return "|".join(make_output(words) for _ in range(words.chance.random.randint(1, 4)))


def _mapping(words: Words) -> Request:
    """Make a mapping: mostly a field with a template, else two or one further inside."""
    kind = words.chance.random.random()
    if kind < 0.65:
        return {"f": {"@liquid": _template(words)}}
    if kind < 0.8:
        return {name: {"@liquid": _template(words)} for name in ("f", "g")}
    return {"f": _nested(words.chance, {"@liquid": _template(words)})}


def _nested(chance: Chance, made: Request) -> Any:
    """Put a template inside something else that a mapping may hold."""
    return chance.pick(
        [
            {"a": made, "b": 1},
            [made, "x"],
            {"@if": {"exists": made, "then": "there", "else": "none"}},
            {"@if": {"blank": made, "then": "blank", "else": "filled"}},
            {
                "@if": {
                    "exists": {"@path": "$.text"},
                    "then": made,
                    "else": {"@liquid": "{{ key }}"},
                }
            },
            {"@case": {"operator": chance.pick(["upper", "lower"]), "value": made}},
            {"@replace": {"pattern": "a", "replacement": "_", "value": made}},
            {"@json": {"mode": "encode", "value": made}},
            {"@literal": made},
            {"@excludeWhenNull": {"a": made, "b": None}},
            {"@flatten": {"separator": ".", "value": {"a": made}}},
            {"@merge": {"direction": "right", "objects": [{"a": 1}, {"a": made}]}},
            {
                "@arrayPath": [
                    "$.people",
                    {"n": {"@liquid": "{{ name | upcase }}{{ age }}"}, "m": made},
                ]
            },
            {
                "@transform": {
                    "apply": {"text": made},
                    "mapping": {"t": {"@liquid": "{{ text | size }}"}},
                }
            },
            {"@path": made},
            {"@template": made},
        ]
    )
