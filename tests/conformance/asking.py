"""Puts to the reference whatever must be known to judge the cases that differ."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TypeAlias

from tests.conformance import port, wire
from tests.conformance.cases import Case, Message

Ask: TypeAlias = Callable[[list[Message]], list[Message]]


def with_asides(cases: Iterable[Case], ask: Ask) -> list[Case]:
    """Return the cases with the answers to their questions, all asked at once."""
    asked = [(case, port.questions(case)) for case in cases]
    answers = iter(ask([each for _, questions in asked for each in questions.values()]))
    return [
        replace(case, asides={name: wire.encode(next(answers)) for name in questions})
        for case, questions in asked
    ]
