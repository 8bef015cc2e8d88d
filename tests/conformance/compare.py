"""Sorts a pair of answers to one request: same, a difference we chose, or different.

Values are compared exactly: `true` is not 1, `-0` is not 0, an absent key is not `null`. Numbers
are JavaScript's, so 1 and 1.0 are one number, and the order of keys is looked at only where it
shows, which is inside text. Of errors the verdict and the places count, the wording does not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from destination_kit._json import pointer
from tests.conformance import rows
from tests.conformance.values import equal, unequal

__all__ = ["Chosen", "Verdict", "differences", "equal", "failure", "is_crash", "judge", "places"]

Message: TypeAlias = dict[str, Any]
Chosen: TypeAlias = Callable[[Message, Message, Message], str | None]
Kind: TypeAlias = Literal["same", "chosen", "different", "later"]

_MAPPING_PLACE = re.compile(r"/(.*?) (?:should |shouldn't |has an invalid directive: )", re.DOTALL)
_REQUIRED = re.compile(r" is missing the required field '(.*)'\.$", re.DOTALL)
_SCHEMA_PLACE = re.compile(r"\bdata(/.*?)(?: must |, data/|$)", re.DOTALL)
_ECHO_OF_ANOTHER = re.compile(r' must match "(?:then|else)" schema\.$')


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a pair compares: `row` is set where the difference is chosen, `why` where it is not."""

    kind: Kind
    row: str | None = None
    why: str = ""


def judge(request: Message, theirs: Message, ours: Message, chosen: Chosen) -> Verdict:
    """Compare two answers to a request.

    `chosen` names the row of the policy that a difference belongs to. Its word is taken only where
    the request gives that row a reason to apply and the answers differ as it says; never for a
    crash.
    """
    why = next(differences(theirs, ours), None)
    if why is None:
        return Verdict("same")
    if is_crash(ours):
        return Verdict("different", why=why)
    row = chosen(request, theirs, ours)
    if row is None:
        return Verdict("different", why=why)
    if not rows.applies(row, request):
        return Verdict("different", why=f"{why} ({row} is claimed, the request gives no reason)")
    if not rows.prescribes(row, request, theirs, ours):
        return Verdict("different", why=f"{why} ({row} is claimed, it prescribes another answer)")
    return Verdict("chosen", row=row)


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
    value = answer["ok"]
    return value["error"] if isinstance(value, dict) and value.keys() == {"error"} else None


def places(error: Message) -> frozenset[str]:
    """Return the JSON Pointers that an error complains of; none where it names no place.

    Each part of an error (`errors`, or the error itself) has one of these shapes:

    * `pointer`, of payloads. A missing field is at the place where it should be: the message of
      the reference names it. That a `then` schema failed only repeats another part.
    * a message that starts with a pointer, of mappings (`/f/@path should be …`), not escaped.
    * `schema is invalid: data/properties/f/minLength must be …`, of field definitions.
    """
    return frozenset(place for part in error.get("errors") or [error] for place in _places(part))


def _by_value(theirs: Message, ours: Message) -> Iterator[str]:
    if theirs.get("undefined") != ours.get("undefined"):
        yield "one is undefined"
    yield from (f"at {place or 'the root'}" for place in unequal(theirs["ok"], ours["ok"]))


def _places(part: Message) -> Iterator[str]:
    message = part["message"]
    if _ECHO_OF_ANOTHER.search(message):
        return
    if "pointer" in part:
        missing = _REQUIRED.search(message)
        yield _plain(part["pointer"] + (pointer(missing[1]) if missing else ""))
    elif message.startswith("schema is invalid: "):
        yield from (_plain(found[1]) for found in _SCHEMA_PLACE.finditer(message))
    elif found := _MAPPING_PLACE.match(message):
        yield f"/{found[1]}" if found[1] else ""


def _plain(place: str) -> str:
    return place.replace("~1", "/").replace("~0", "~")


def _listed(found: frozenset[str]) -> str:
    return ", ".join(place or "the root" for place in sorted(found)) or "no place"
