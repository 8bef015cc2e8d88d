"""Rows D10 and D11: which dates and patterns the policy lists, and that only others are refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from destination_kit._javascript import number_to_string
from tests.conformance.cases import Case, Message
from tests.conformance.compare import agree, failure
from tests.conformance.listed_dates import is_listed, is_taken_by_us_alone
from tests.conformance.places import places
from tests.conformance.values import each_scalar, settled

_EPOCH = re.compile(r"-?(?:[1-9]\d{12,14}|\d+\.\d*0)")
_EPOCH = "1612137600000"
_OF_ONE_LANGUAGE = re.compile(
    r"\\(?![bBdDsSwWfnrtvx])[A-Za-z]|\(\?P|\[\^?\]|\{,|\\[1-9]|\(\?<[=!]|\(\?<[^A-Za-z_=!]"
    r"|\\[dDsSwW]-|-\\[dDsSwW]|\\x(?![0-9a-fA-F]{2})"
)


def unlisted(fields: Message, payload: Any) -> set[str]:
    """Return the places of dates that are not listed, and of patterns that are not common.

    A pattern alone in a list stands for itself where the field wants no list; a date does not.
    """
    return {
        place
        for place, text, alone in _texts(_listed_where(fields, payload))
        if text and _is_refused(field_at(fields, place), text, alone=alone)
    }


def _listed_where(fields: Message, payload: Any) -> Any:
    """Return the payload with each value in a list whose field takes several."""
    if not isinstance(payload, dict):
        return None
    several = {name for name, field in fields.items() if field.get("multiple")}
    return {
        name: [each] if name in several and not isinstance(each, list) else each
        for name, each in payload.items()
    }


def _is_refused(field: Message, text: str, *, alone: bool) -> bool:
    if field.get("multiple"):
        return False  # the format then stands at the array, where it says nothing
    if field.get("type") == "datetime":
        return alone and not is_listed(text)  # a list of one date is refused on both sides
    if is_date(field):
        return not is_listed(text)
    return field.get("format") == "regex" and _OF_ONE_LANGUAGE.search(text) is not None


def _texts(value: Any, *at: str | int) -> Iterator[tuple[str, str, bool]]:
    """Yield each text with its place, and whether it stands alone or as the one item of a list."""
    place = "".join(f"/{step}" for step in at)
    if isinstance(value, str):
        yield place, value, True
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from _texts(each, *at, key)
    elif isinstance(value, list):
        if len(value) == 1 and isinstance(value[0], str):
            yield place, value[0], False
        for index, each in enumerate(value):
            yield from () if isinstance(each, str) else _texts(each, *at, index)


def questions(case: Case) -> dict[str, Message]:
    """Return the payload, as of a single event, with dates that both sides take."""
    if case.request["op"] != "validatePayload":
        return {}
    payload = taken(case.request["fields"], case.request["payload"])
    return {"dated": {**case.request, "payload": payload, "batch": False}}


def taken(fields: Message, payload: Any, *at: str) -> Any:
    """Return the payload with epochs instead of listed dates that the reference does not take."""
    if isinstance(payload, dict):
        return {key: taken(fields, each, *at, key) for key, each in payload.items()}
    if isinstance(payload, list) and not _is_number_alone(payload):
        return [taken(fields, each, *at, str(index)) for index, each in enumerate(payload)]
    field = field_at(fields, "".join(f"/{step}" for step in at))
    return _taken_as_text(field, payload) if is_date(field) else payload


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_number_alone(values: list[Any]) -> bool:
    return len(values) == 1 and _is_number(values[0])


def _taken_as_text(field: Message, value: Any) -> Any:
    """Return the date, told as a text where its field makes one of a number."""
    shown = value[0] if isinstance(value, list) else value
    becomes_text = isinstance(value, list) or field["type"] == "string"
    if not (_is_number(shown) and becomes_text):
        return _taken(value)
    text = number_to_string(shown)
    return _EPOCH if _taken(text) != text else value


def alike(value: Any) -> Any:
    """Return the value with all such dates, wherever they stand, made one."""
    return each_scalar(value, _taken)


def is_no_listed_date(case: Case) -> bool:
    """D10: we refuse dates that are not listed, and take listed ones that they do not."""
    theirs, ours = case.asides["dated"], case.ours
    return agree(settled(alike(theirs)), settled(alike(ours))) or _only_refuses(
        replace(case, theirs=theirs)
    )


def is_no_common_pattern(case: Case) -> bool:
    """D11: we refuse patterns with what one language alone knows."""
    if case.request["op"] != "validatePayload":
        return False
    return _only_refuses(replace(case, theirs=case.asides.get("single", case.theirs)))


def _taken(value: Any) -> Any:
    return _EPOCH if isinstance(value, str) and is_taken_by_us_alone(value) else value


def _only_refuses(case: Case) -> bool:
    """Say whether we complain of what they do, and of dates and patterns that are not taken."""
    theirs, ours = _places(case.theirs), _places(case.ours)
    fields, payload = case.request["fields"], case.request["payload"]
    refused = {_anywhere(place) for place in unlisted(fields, payload)}
    more = {_anywhere(place) for place in ours - theirs}
    return bool(more) and theirs <= ours and more <= refused and not _is_cut_short(case)


def _anywhere(place: str) -> str:
    """Return a place without the indices below its field: cleaning moves items."""
    root, *steps = place.split("/")[1:]
    return "/".join([root, *(each for each in steps if not each.isdecimal())])


def _is_cut_short(case: Case) -> bool:
    """Say whether a side failed without telling the places that count."""
    return any((error := failure(each)) and not places(error) for each in (case.theirs, case.ours))


def _places(answer: Message) -> frozenset[str]:
    error = failure(answer)
    return places(error) if error else frozenset()


def is_date(field: Message) -> bool:
    """Return whether the values of a field are held to the format `date-like`."""
    kind = field.get("type")
    return kind == "datetime" or (kind == "string" and field.get("format") == "date-like")


def field_at(fields: Message, place: str) -> Message:
    """Return the definition of the field at a place, nothing where there is none."""
    field: Message = {"properties": fields}
    for step in place.split("/")[1:]:
        known = field.get("properties") or {}
        if step in known or not (step.isdecimal() and field.get("multiple")):
            field = known.get(step, {})
    return field
