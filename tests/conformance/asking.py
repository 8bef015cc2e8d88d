"""Puts to the reference whatever must be known to judge the cases that differ."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TypeAlias

from tests.conformance import port
from tests.conformance.cases import Case, Message

Ask: TypeAlias = Callable[[list[Message]], list[Message]]


def with_asides(cases: Iterable[Case], ask: Ask) -> list[Case]:
    """Return the cases with the answers to their questions. Some answers raise another one."""
    known = list(cases)
    while any(asked := [_new(case) for case in known]):
        answers = iter(ask([each for questions in asked for each in questions.values()]))
        known = [
            replace(case, asides={**case.asides, **dict(zip(questions, answers, strict=False))})
            for case, questions in zip(known, asked, strict=True)
        ]
    return known


def _new(case: Case) -> dict[str, Message]:
    """Return the questions of a case that have not been asked yet."""
    questions = port.questions(case)
    return {name: each for name, each in questions.items() if name not in case.asides}
