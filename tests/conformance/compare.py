"""Sorts a pair of answers to one request: same, a difference we chose, or different.

Values are compared exactly: `true` is not 1, `-0` is not 0, an absent key is not `null`. Numbers
are JavaScript's, so 1 and 1.0 are one number, and the order of keys is looked at only where it
shows, which is inside text. Of errors the verdict and the places count, the wording does not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from tests.conformance.cases import Case, Message
from tests.conformance.places import in_their_words, places
from tests.conformance.values import equal, unequal, without_absent

__all__ = ["Verdict", "agree", "differences", "equal", "failure", "is_crash", "judge", "places"]

RowOf: TypeAlias = Callable[[Case], str | None]
Kind: TypeAlias = Literal["same", "translated", "chosen", "different"]

_OF_PAYLOADS = frozenset({"validatePayload", "onEvent", "onBatch"})
_UNDEFINED = {"$js": "undefined"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a pair compares: `row` is set where the difference is chosen, `why` where it is not."""

    kind: Kind
    row: str | None = None
    why: str = ""


def judge(case: Case, row_of: RowOf) -> Verdict:
    """Compare the answers of a case.

    `row_of` names the row of the policy that allows the difference, if any; it is asked only where
    there is one, and never for a crash.
    """
    case = compared(case)
    why = next(differences(case.theirs, case.ours), None)
    if why is None:
        return Verdict("same")
    if agree(case.theirs, in_their_words(case.request, case.ours)):
        return Verdict("translated")
    row = None if is_crash(case.ours) else row_of(case)
    return Verdict("different", why=why) if row is None else Verdict("chosen", row=row)


def compared(case: Case) -> Case:
    """Return the case with its answers as they count.

    In payloads a key that is undefined is a key that is not there, and an item is null: no JSON on
    the wire shows either.
    """
    if case.request["op"] not in _OF_PAYLOADS:
        return case
    theirs, ours = (without_absent(each, _UNDEFINED) for each in (case.theirs, case.ours))
    asides = {name: without_absent(each, _UNDEFINED) for name, each in case.asides.items()}
    return Case(case.request, theirs, ours, asides)


def agree(theirs: Message, ours: Message) -> bool:
    """Return whether two answers are the same."""
    return next(differences(theirs, ours), None) is None


def is_crash(answer: Message) -> bool:
    """Return whether the answer is an error that nobody raised on purpose."""
    return "crash" in answer.get("error", ())


def differences(theirs: Message, ours: Message) -> Iterator[str]:
    """Say in what two answers differ; nothing where they are the same."""
    if is_crash(ours):
        yield f"ours crashed: {ours['error']['message']}"
    their_error, our_error = failure(theirs), failure(ours)
    if their_error is None and our_error is None:
        yield from _by_value(theirs, ours)
    elif their_error is None or our_error is None:
        yield (
            "theirs is a value, ours an error" if our_error else "theirs is an error, ours a value"
        )
    elif (expected := places(their_error)) and expected != (found := places(our_error)):
        yield f"theirs complains of {_listed(expected)}, ours of {_listed(found)}"


def failure(answer: Message) -> Message | None:
    """Return the error of an answer; a trigger that cannot be read is answered by `ok.error`."""
    if "error" in answer:
        return dict(answer["error"])
    value = answer.get("ok")
    return value["error"] if isinstance(value, dict) and value.keys() == {"error"} else None


def _by_value(theirs: Message, ours: Message) -> Iterator[str]:
    if theirs.get("undefined") != ours.get("undefined"):
        yield "one is undefined"
    pair = (_without_wording(answer.get("ok")) for answer in (theirs, ours))
    yield from (f"at {place or 'the root'}" for place in unequal(*pair))


def _without_wording(value: Any) -> Any:
    """Return a value without the sentences that errors inside it carry."""
    if isinstance(value, dict):
        worded = {"message", "class"} if value.get("$js") == "error" else {"errormessage"}
        return {key: _without_wording(each) for key, each in value.items() if key not in worded}
    return list(map(_without_wording, value)) if isinstance(value, list) else value


def _listed(found: frozenset[str]) -> str:
    return ", ".join(place or "the root" for place in sorted(found)) or "no place"
