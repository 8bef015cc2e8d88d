"""Row D5: a trigger that the reference misreads is read as it evidently means, or refused.

`spelling` says what it evidently means; each clause of that is put to the reference.
"""

from __future__ import annotations

import re
from typing import Any

from tests.conformance.cases import Case, Message
from tests.conformance.compare import failure
from tests.conformance.places import places
from tests.conformance.spelling import (
    Clause,
    Joined,
    Reading,
    clauses,
    folded,
    joined,
    rooted,
    spelled_out,
    tree_of,
)
from tests.conformance.values import equal, settled

_QUOTED_TWICE = re.compile(r"""\"('[^']*"[^']*')\"""")
_SIGNS = {"=": "!=", "!=": "="}
_TRUTHS = ("true", "false")


def questions(case: Case) -> dict[str, Message]:
    """Return a question for each clause of the trigger."""
    reading = spelled_out(case.request["fql"]) if _is_about_reading(case) else None
    op = "roundTripFql" if case.request["op"] == "roundTripFql" else None
    found = clauses(reading) if reading else ()
    return {each.text: asked(each, case.request.get("event"), op) for each in found}


def asked(clause: Clause, event: Any, op: str | None = None) -> Message:
    """Return the question whether an event matches a clause, or how it is read if there is none."""
    if event is None:
        return {"op": op or "parseFql", "fql": clause.text}
    if clause.borrowed:
        event = {**event, "event": event.get("type", {"$js": "undefined"})}
    return {"op": "matchFql", "fql": clause.text, "event": event}


def is_read_as_meant(case: Case) -> bool:
    """Return whether our answer is what the trigger evidently means, or a refusal if nothing is."""
    if not _is_about_reading(case):
        return False
    reading = spelled_out(case.request["fql"])
    if case.request["op"] == "matchFql":
        return case.ours.get("ok") is matches(reading, case)
    if reading is None:
        error = failure(case.ours)
        return error is not None and places(error) <= {""}
    if case.request["op"] == "roundTripFql":
        return _same(case.ours.get("ok"), _text(reading, case))
    return "ok" in case.ours and _same(case.ours["ok"], _tree(reading, case))


def _is_about_reading(case: Case) -> bool:
    return "fql" in case.request and case.request["op"] != "lexFql"


def matches(reading: Reading | None, case: Case) -> bool:
    """Return whether the event matches, clause by clause; nothing matches what is not readable."""
    if reading is None:
        return False
    return folded(reading, lambda clause: case.asides[clause.text]["ok"] is True, joined)


def _tree(reading: Reading, case: Case) -> Message:
    def of_clause(clause: Clause) -> Message:
        (condition,) = case.asides[clause.text]["ok"]["children"]
        return {**condition, "type": "event-type"} if clause.borrowed else dict(condition)

    return rooted(folded(reading, of_clause, tree_of))


def _text(reading: Reading, case: Case) -> str:
    """Return the trigger as the reference writes it: its clauses, and parentheses around groups.

    A text that holds a double quote stays in its single ones, which the reference quotes again.
    """

    def of_clause(clause: Clause) -> str:
        said = _QUOTED_TWICE.sub(r"\1", str(case.asides[clause.text]["ok"]))
        return re.sub(r"\(event\b", "(type", said, count=1) if clause.borrowed else said

    def of_group(joint: str, parts: list[str]) -> str:
        if joint == "not":
            return _negated(parts[0])
        return f"({f' {joint} '.join(parts)})"

    said = folded(reading, of_clause, of_group)
    inside = said[1:-1] if isinstance(reading, Joined) and reading.joint != "not" else said
    is_lone = (
        inside[:1] == "(" and inside[-1:] == ")" and inside.count("(") + inside.count(")") == 2
    )
    return inside[1:-1] if is_lone else inside


def _negated(said: str) -> str:
    """Return the opposite of a clause or group as text, with no `!` where a sign can say it."""
    if said[0] == "(":
        return f"!{said}"
    field, sign, value = re.split(r"(?<!\\) (?=\S)", said, maxsplit=2)
    has_opposite = value[0] == '"' or value == "null" or (sign == "!=" and value in _TRUTHS)
    if sign in _SIGNS and has_opposite:
        return f"{field} {_SIGNS[sign]} {value}"
    return f"!({said})"


def _same(one: Any, other: Any) -> bool:
    return equal(settled(one), settled(other))
