"""One request with both answers, and what else the reference was asked about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

Message: TypeAlias = dict[str, Any]

LIQUID = "liquid"
"""What requests are made and counted as that render Liquid; they ask for a `transform`."""


@dataclass(frozen=True, slots=True)
class Case:
    """A request, the reference's answer and ours.

    `asides` are the reference's answers to further questions, by name: they tell what a row of the
    policy prescribes without asking this project.
    """

    request: Message
    theirs: Message
    ours: Message
    asides: Mapping[str, Message] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """What the case is counted as: its operation, unless its id says that it is of Liquid."""
        is_liquid = str(self.request["id"]).startswith(f"{LIQUID}-")
        return LIQUID if is_liquid else str(self.request["op"])
