"""Choices of dynamic fields, and what a person has filled in when they are listed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypedDict

from destination_kit._json import JsonObject


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a dynamic field."""

    #: The value that the mapping gets.
    value: str
    #: The name that a person reads.
    label: str


@dataclass(frozen=True, slots=True)
class Choices:
    """One page of the choices of a dynamic field."""

    #: The choices, in the partner's order.
    choices: tuple[Choice, ...]
    #: What to pass for the following page; None on the last page.
    next_page: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceRequest:
    """What a person has filled in when the choices of a dynamic field are listed.

    The settings so far are those of the context.
    """

    #: The mapping so far: field name -> literal or directive.
    mapping: JsonObject = field(default_factory=dict, repr=False)
    #: What the mapping makes of a sample event, where the editor has one.
    payload: JsonObject = field(default_factory=dict, repr=False)
    #: For an input of a mapping hook: the inputs so far.
    inputs: JsonObject = field(default_factory=dict, repr=False)
    #: The text that the person searches for; empty without one.
    search: str = ""
    #: For `__values__`: the key whose value is chosen; None elsewhere.
    selected_key: str | None = None
    #: For a field in the items of an array: the index of the item, where the path names one.
    selected_index: int | None = None
    #: The `next_page` of the page before; None for the first.
    page: str | None = None


class ChoiceOptions(TypedDict, total=False):
    """The attributes of `ChoiceRequest`, as options of a call."""

    mapping: JsonObject
    payload: JsonObject
    inputs: JsonObject
    search: str
    selected_key: str | None
    selected_index: int | None
    page: str | None
