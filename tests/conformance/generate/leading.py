"""Events in which the paths that a mapping reads lead somewhere, and which its trigger may want."""

from __future__ import annotations

from destination_kit._json import MISSING
from destination_kit.fql import Comparison
from destination_kit.fql.nodes import FIELD_BY_KIND, KINDS_WITH_PATH
from tests.conformance.generate.chance import Chance
from tests.conformance.generate.events import NUMBERS, STRINGS, make_event, make_obj, make_value

_ROOTS = ("properties", "traits", "context")
_USUAL = [
    "user@example.com",
    "https://example.com/a?b=c",
    "2024-02-29T12:34:56.789Z",
    "USD",
    "a,b",
    "42",
    True,
    False,
    42,
    19.99,
    1612137600,
]


def make_leading_event(chance: Chance, paths, clauses):
    """Make an event with values at most of the paths; most of the clauses hold."""
    event = make_event(chance)
    places = [tuple(path.split(".")) for path in paths if path]
    for place in places:
        if chance.maybe(0.75):
            _put(chance, event, place, _make_filling(chance, place, places))
    for clause in chance.random.sample(clauses, len(clauses)):
        if chance.maybe(0.7):
            _put(chance, event, place_of(clause), _make_wanted(chance, clause))
    return event


def place_of(clause: Comparison):
    """Return the steps to what a clause is about."""
    field = FIELD_BY_KIND[clause.kind]
    return (field, *str(clause.name).split(".")) if clause.kind in KINDS_WITH_PATH else (field,)


def _make_filling(chance: Chance, place, places):
    """Make a value for a place: what holds others where some lead through it, else anything."""
    leads_on = any(each[: len(place)] == place and each != place for each in places)
    if leads_on and len(place) > 1 and chance.maybe(0.8):
        return [{} for _ in range(chance.random.randint(1, 3))] if chance.maybe(0.6) else {}
    if place[-1] in _ROOTS and chance.maybe(0.9):
        return make_obj(chance, 1)
    if chance.maybe(0.55):
        return chance.pick(_USUAL)
    if chance.maybe(0.5):
        return chance.pick([*STRINGS, *NUMBERS])
    return make_value(chance, 2)


def _make_wanted(chance: Chance, clause: Comparison):
    if clause.value is not MISSING:
        return clause.value
    known = {"is_true": True, "is_false": False, "not_exists": None}
    return known.get(clause.operator, chance.pick(_USUAL))


def _put(chance: Chance, here, place, value):
    """Put a value at a place of an object, or of every object in a list on the way."""
    first, *rest = place
    if isinstance(here, list):
        for each in here:
            _put(chance, each, place, value)
    elif isinstance(here, dict) and rest:
        if not isinstance(here.get(first), dict | list):
            here[first] = {}
        _put(chance, here[first], rest, value)
    elif isinstance(here, dict) and not (first in _ROOTS and isinstance(here.get(first), dict)):
        here[first] = value
