"""What each row of the policy prescribes, proved by the reference's answers to further questions.

A row names the questions (`asides`) that it needs answered, and then says whether our answer is
the one that it prescribes. None asks this project for anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from tests.conformance import (
    row_configured,
    row_digits,
    row_formats,
    row_inherited,
    row_instances,
    row_liquid,
    row_refusals,
    row_text,
    row_triggers,
)
from tests.conformance.cases import Case, Message
from tests.conformance.compare import agree
from tests.conformance.rows import INSTANCES, applies
from tests.conformance.values import (
    equal,
    long_digits,
    mended,
    ordered,
    rounded,
    settled,
    unordered,
)

Questions: TypeAlias = Callable[[Case], dict[str, Message]]
Prescribes: TypeAlias = Callable[[Case], bool]


def questions(case: Case) -> dict[str, Message]:
    """Return what the reference must be asked, by name, before a row can be found for the case."""
    asked: dict[str, Message] = {}
    for row, ask in _QUESTIONS.items():
        if applies(row, case.request):
            asked |= ask(case)
    return asked


def row_of(case: Case) -> str | None:
    """Return the row that applies to the case and prescribes our answer, None where none does."""
    order = _OF_INSTANCES if case.request["op"] in INSTANCES else _PRESCRIPTIONS
    rows = (row for row in order if applies(row, case.request))
    return next((row for row in rows if _is_proved(order[row], case)), None)


def _is_proved(prescribes: Prescribes, case: Case) -> bool:
    """Say whether a row prescribes our answer.

    An answer of another shape, or a question that nobody asked, proves nothing.
    """
    try:
        return prescribes(case)
    except (AttributeError, LookupError, TypeError, ValueError):
        return False


def _settles(*changes: Callable[[object], object]) -> Prescribes:
    """Say whether the answers agree once changed. No digits may be made up on the way."""

    def holds(case: Case) -> bool:
        theirs, ours = case.theirs, case.ours
        invented = long_digits(ours.get("ok")) - long_digits(theirs.get("ok"))
        for change in changes:
            theirs, ours = change(theirs), change(ours)
        return agree(theirs, ours) and invented <= _digits(case.request)

    return holds


def _digits(request: Message) -> set[str]:
    """Return the long digits of a request, where a number in text is written like any other."""
    return long_digits(request) | {
        digits.lstrip("0") for digits in long_digits({"text": str(request)})
    }


def _as_a_single_event(case: Case) -> dict[str, Message]:
    return {"single": {**case.request, "batch": False}} if "batch" in case.request else {}


def _is_treated_as_a_single_event(case: Case) -> bool:
    """D6: our answer is the reference's for the same payload in an event of its own."""
    return "single" in case.asides and agree(settled(case.asides["single"]), settled(case.ours))


def _leaves_the_mapping_alone(case: Case) -> bool:
    return "ok" in case.ours and equal(case.request["mapping"], case.ours["ok"])


def _any(*ways: Prescribes) -> Prescribes:
    """Say whether a row prescribes our answer in one of these ways."""
    return lambda case: any(_is_proved(way, case) for way in ways)


_DIGITS = _settles(rounded)
_HALVES = _settles(rounded, mended)


_QUESTIONS: Mapping[str, Questions] = {
    "D1": lambda case: row_digits.questions(case) | row_liquid.digits(case),
    "D2": lambda case: (
        row_inherited.questions(case) | row_liquid.names(case) | row_text.questions(case)
    ),
    "D3": lambda case: row_liquid.keys(case) | row_text.questions(case),
    "D5": row_triggers.questions,
    "D6": _as_a_single_event,
    "D7": row_refusals.questions,
    "D8": row_instances.questions,
    "D9": row_liquid.fields,
    "D10": row_formats.questions,
}
_PRESCRIPTIONS: Mapping[str, Prescribes] = {
    "D9": lambda case: (
        _leaves_the_mapping_alone(case)
        if case.request["op"] == "mappingAfter"
        else row_liquid.is_field_by_field(case)
    ),
    "D1": _any(_DIGITS, row_liquid.holds("spelled"), row_digits.keeps_them_apart),
    "D4": _HALVES,
    "D3": _any(
        _settles(unordered, rounded, mended, ordered),
        row_liquid.holds("unmoved"),
        row_text.is_in_order,
    ),
    "D5": row_triggers.is_read_as_meant,
    "D2": _any(row_inherited.is_missing, row_liquid.holds("unconverted"), row_text.is_in_order),
    "D6": _is_treated_as_a_single_event,
    "D7": row_refusals.is_refused_in_advance,
    "D10": row_formats.is_no_listed_date,
    "D11": row_formats.is_no_common_pattern,
}
_OF_INSTANCES: Mapping[str, Prescribes] = {
    "D7": row_configured.is_refused_when_configured,
    "D9": row_instances.is_no_setting,
    "D1": _DIGITS,
    "D4": _HALVES,
    "D3": _settles(rounded, mended, ordered),
    "D5": row_instances.is_one_by_one,
    "D6": row_instances.is_about_empty_text,
    "D10": row_instances.refuses("datetime", "date-like"),
    "D11": row_instances.refuses("regex"),
    "D8": row_instances.is_one_by_one,
}
