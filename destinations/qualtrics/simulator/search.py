"""The filters of contact search, compiled to a predicate and the keys that narrow it down."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, TypeAlias

from destinations.qualtrics.simulator.responses import Refusal
from destinations.qualtrics.simulator.store import FIELDS, KEYS, Contact, Table, fold

if TYPE_CHECKING:
    from destinations.qualtrics.simulator.record_loader import Json

Predicate: TypeAlias = Callable[[Contact], bool]
Leaf: TypeAlias = "Mapping[str, Json]"

FEWEST, MOST = 2, 5
DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
STATE_FIELDS: Final = ("email", "extRef", "firstName", "lastName")
_EQUALITY: Final = {"eq": operator.eq, "neq": operator.ne}
_ORDER: Final = {
    **_EQUALITY,
    "gt": operator.gt,
    "lt": operator.lt,
    "gte": operator.ge,
    "lte": operator.le,
}


@dataclass(frozen=True, slots=True)
class Filter:
    """Predicates that all have to hold; `keys` are fields that have to equal a value."""

    predicates: Sequence[Predicate]
    keys: Sequence[tuple[str, str]]

    def run(self, table: Table) -> Iterable[Contact]:
        """Yield the contacts that pass, oldest first."""
        narrowed = [list(table.matching(*key)) for key in self.keys]
        found = min(narrowed, key=len) if narrowed else table.contacts.values()
        return (each for each in found if all(holds(each) for holds in self.predicates))


def compile_filter(source: Json) -> Filter:
    """Return the filter that `source` describes: one condition, or two to five joined by `and`."""
    leaves = _leaves(source)
    keys = [
        (str(leaf["filterType"]), str(leaf["value"]))
        for leaf in leaves
        if leaf.get("filterType") in KEYS and leaf.get("comparison") == "eq"
        if isinstance(leaf.get("value"), str)
    ]
    return Filter([compile_leaf(leaf) for leaf in leaves], keys)


def compile_leaf(leaf: Leaf) -> Predicate:
    """Return the predicate of one condition."""
    kind = leaf.get("filterType")
    if isinstance(kind, str) and kind in FIELDS:
        return _field(kind, leaf)
    if kind == "created":
        return _time(leaf, created=True)
    if kind == "lastModified":
        return _time(leaf, created=False)
    if kind == "inList":
        return _in_list(leaf)
    if kind == "infoFieldState":
        return _state(leaf)
    raise Refusal(400, f"Unknown filterType: {kind}.")


def _leaves(source: Json) -> Sequence[Leaf]:
    if not isinstance(source, Mapping):
        raise Refusal(400, "filter must be an object.")
    if "conjunction" not in source and "filters" not in source:
        return [source]
    if source.get("conjunction") != "and":
        raise Refusal(400, "The only conjunction is and.")
    filters = source.get("filters")
    if not isinstance(filters, list) or not FEWEST <= len(filters) <= MOST:
        raise Refusal(400, f"A conjunction joins {FEWEST} to {MOST} filters.")
    leaves = [each for each in filters if isinstance(each, Mapping)]
    if len(leaves) < len(filters):
        raise Refusal(400, "Each of the filters must be an object.")
    return leaves


def _field(name: str, leaf: Leaf) -> Predicate:
    compare, wanted = _comparison(leaf, _EQUALITY), fold(_value(leaf))
    return lambda contact: compare(fold(contact.fields.get(name, "")), wanted)


def _time(leaf: Leaf, *, created: bool) -> Predicate:
    compare, wanted = _comparison(leaf, _ORDER), _value(leaf).strip()
    form = "%Y-%m-%d" if DAY.fullmatch(wanted) else "%Y-%m-%d %H:%M:%S"
    if not is_time(wanted, form):
        raise Refusal(400, "A time is yyyy-MM-dd or yyyy-MM-dd hh:mm:ss.")

    def holds(contact: Contact) -> bool:
        # Both forms sort as they read, so a time is compared as precisely as the value is.
        moment = contact.created if created else contact.modified
        return compare(datetime.fromtimestamp(moment, UTC).strftime(form), wanted)

    return holds


def is_time(text: str, form: str) -> bool:
    """Return whether `text` is a real moment in one of the two fixed-width forms."""
    try:
        return datetime.strptime(text, form).replace(tzinfo=UTC).strftime(form) == text
    except ValueError:
        return False


def _in_list(leaf: Leaf) -> Predicate:
    wanted, list_id = leaf.get("comparison"), leaf.get("mailingListId")
    if not isinstance(wanted, bool) or not isinstance(list_id, str):
        raise Refusal(400, "inList needs a boolean comparison and a mailingListId.")
    return lambda contact: (list_id in contact.memberships) is wanted


def _state(leaf: Leaf) -> Predicate:
    name, wanted = leaf.get("field"), leaf.get("comparison")
    if name not in STATE_FIELDS:
        raise Refusal(400, f"infoFieldState takes the fields {', '.join(STATE_FIELDS)}.")
    if not isinstance(wanted, str) or wanted not in {"empty", "notEmpty"}:
        raise Refusal(400, "infoFieldState compares with empty or notEmpty.")
    return lambda contact: (not contact.fields.get(str(name), "").strip()) is (wanted == "empty")


def _comparison(
    leaf: Leaf, known: Mapping[str, Callable[[str, str], bool]]
) -> Callable[[str, str], bool]:
    name = leaf.get("comparison")
    if not isinstance(name, str) or name not in known:
        raise Refusal(400, f"Unknown comparison: {name}.")
    return known[name]


def _value(leaf: Leaf) -> str:
    value = leaf.get("value")
    if not isinstance(value, str):
        raise Refusal(400, "The value of a filter must be a string.")
    return value
