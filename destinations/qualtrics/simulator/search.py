"""Contact search: compilation of a filter to predicates and index lookups.

The grammar of filters is documented in Qualtrics's "Search Directory Contacts": one condition, or a
conjunction of two to five.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from destinations.qualtrics.simulator.responses import ApiError
from destinations.qualtrics.simulator.store import (
    CONTACT_FIELDS,
    INDEXED_FIELDS,
    Contact,
    ContactIndex,
    normalize,
)
from destinations.qualtrics.simulator.timestamps import (
    DATE_FORMAT,
    DATE_TIME_FORMAT,
    format_time,
    is_valid_time,
)

if TYPE_CHECKING:
    from destinations.qualtrics.simulator.json_types import Json, JsonObject

Predicate: TypeAlias = Callable[[Contact], bool]
Comparison: TypeAlias = Callable[[str, str], bool]

_MIN_CONDITIONS: Final = 2
_MAX_CONDITIONS: Final = 5
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d")
_FIELDS_WITH_STATE: Final = ("email", "extRef", "firstName", "lastName")
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
    """A compiled filter."""

    #: Predicates that a contact must all satisfy.
    predicates: Sequence[Predicate]
    #: Indexed fields and the values that they must equal, to narrow the search.
    index_lookups: Sequence[tuple[str, str]]

    def run(self, index: ContactIndex) -> Iterable[Contact]:
        """Yield the matching contacts, oldest first."""
        candidates = [list(index.find(*lookup)) for lookup in self.index_lookups]
        contacts = min(candidates, key=len) if candidates else index.contacts.values()
        return (
            contact
            for contact in contacts
            if all(predicate(contact) for predicate in self.predicates)
        )


def compile_filter(source: Json) -> Filter:
    """Return the compiled form of a search request's `filter`.

    Raises:
        ApiError: The filter is not valid (400).

    """
    conditions = _parse_conditions(source)
    index_lookups = [
        (str(condition["filterType"]), str(condition["value"]))
        for condition in conditions
        if condition.get("filterType") in INDEXED_FIELDS
        if condition.get("comparison") == "eq" and isinstance(condition.get("value"), str)
    ]
    return Filter([_compile_condition(condition) for condition in conditions], index_lookups)


def _parse_conditions(source: Json) -> Sequence[JsonObject]:
    if not isinstance(source, Mapping):
        raise ApiError(400, "filter must be an object.")
    if "conjunction" not in source and "filters" not in source:
        return [source]
    if source.get("conjunction") != "and":
        raise ApiError(400, "The only conjunction is and.")
    filters = source.get("filters")
    if not isinstance(filters, list) or not _MIN_CONDITIONS <= len(filters) <= _MAX_CONDITIONS:
        message = f"A conjunction joins {_MIN_CONDITIONS} to {_MAX_CONDITIONS} filters."
        raise ApiError(400, message)
    conditions = [condition for condition in filters if isinstance(condition, Mapping)]
    if len(conditions) < len(filters):
        raise ApiError(400, "Each of the filters must be an object.")
    return conditions


def _compile_condition(condition: JsonObject) -> Predicate:
    filter_type = condition.get("filterType")
    if isinstance(filter_type, str) and filter_type in CONTACT_FIELDS:
        return _compile_field_condition(filter_type, condition)
    if filter_type == "created":
        return _compile_time_condition(condition, lambda contact: contact.created_at)
    if filter_type == "lastModified":
        return _compile_time_condition(condition, lambda contact: contact.modified_at)
    if filter_type == "inList":
        return _compile_membership_condition(condition)
    if filter_type == "infoFieldState":
        return _compile_state_condition(condition)
    raise ApiError(400, f"Unknown filterType: {filter_type}.")


def _compile_field_condition(field_name: str, condition: JsonObject) -> Predicate:
    compare = _get_comparison(condition, _EQUALITY)
    expected = normalize(_get_value(condition))
    return lambda contact: compare(normalize(contact.fields.get(field_name, "")), expected)


def _compile_time_condition(
    condition: JsonObject, get_time: Callable[[Contact], float]
) -> Predicate:
    compare, expected = _get_comparison(condition, _ORDER), _get_value(condition).strip()
    time_format = DATE_FORMAT if _DATE.fullmatch(expected) else DATE_TIME_FORMAT
    if not is_valid_time(expected, time_format):
        raise ApiError(400, "A time is yyyy-MM-dd or yyyy-MM-dd hh:mm:ss.")
    # Both formats put the largest unit first, so their texts compare as times do. With the time of
    # day, no contact would equal a filter that has only a date.
    return lambda contact: compare(format_time(get_time(contact), time_format), expected)


def _compile_membership_condition(condition: JsonObject) -> Predicate:
    is_member, list_id = condition.get("comparison"), condition.get("mailingListId")
    if not isinstance(is_member, bool) or not isinstance(list_id, str):
        raise ApiError(400, "inList needs a boolean comparison and a mailingListId.")
    return lambda contact: (list_id in contact.memberships) is is_member


def _compile_state_condition(condition: JsonObject) -> Predicate:
    field_name, state = condition.get("field"), condition.get("comparison")
    if not isinstance(field_name, str) or field_name not in _FIELDS_WITH_STATE:
        raise ApiError(400, f"infoFieldState takes the fields {', '.join(_FIELDS_WITH_STATE)}.")
    if not isinstance(state, str) or state not in {"empty", "notEmpty"}:
        raise ApiError(400, "infoFieldState compares with empty or notEmpty.")
    is_empty = state == "empty"
    return lambda contact: (not contact.fields.get(field_name, "").strip()) is is_empty


def _get_comparison(condition: JsonObject, comparisons: Mapping[str, Comparison]) -> Comparison:
    name = condition.get("comparison")
    if not isinstance(name, str) or name not in comparisons:
        raise ApiError(400, f"Unknown comparison: {name}.")
    return comparisons[name]


def _get_value(condition: JsonObject) -> str:
    value = condition.get("value")
    if not isinstance(value, str):
        raise ApiError(400, "The value of a filter must be a string.")
    return value
