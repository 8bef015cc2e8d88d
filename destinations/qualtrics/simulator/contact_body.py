"""What the body of a contact call supplies, checked as far as the switches say."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final

from destinations.qualtrics.simulator.record_loader import camel
from destinations.qualtrics.simulator.responses import Refusal
from destinations.qualtrics.simulator.store import FIELDS

if TYPE_CHECKING:
    from destinations.qualtrics.simulator.config import Contacts, Person
    from destinations.qualtrics.simulator.record_loader import Json

BODY_KEYS: Final = (*FIELDS, "unsubscribed", "embeddedData")
LIST_BODY_KEYS: Final = (*BODY_KEYS, "privateEmbeddedData")
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PHONE: Final = re.compile(r"\+?[\d ().-]{7,20}")
_LANGUAGE: Final = re.compile(r"[A-Z]{2,3}(-[A-Z]{1,2})?")


@dataclass(frozen=True, slots=True)
class Supplied:
    """The parts of a contact that a call brings; `unsubscribed` is None where it says nothing."""

    fields: Mapping[str, str]
    embedded: Mapping[str, str]
    private: Mapping[str, str]
    unsubscribed: bool | None


def read_contact(
    body: Mapping[str, Json], rules: Contacts, keys: tuple[str, ...] = BODY_KEYS
) -> Supplied:
    """Return what `body` supplies, or refuse it; `keys` are the ones it may have."""
    given = {key: value for key, value in body.items() if _wanted(key, value, rules, keys)}
    return Supplied(
        fields={name: _text(name, given[name], rules) for name in FIELDS if name in given},
        embedded=_embedded("embeddedData", given, rules),
        private=_embedded("privateEmbeddedData", given, rules),
        unsubscribed=_flag(given.get("unsubscribed")),
    )


def read_person(person: Person, rules: Contacts) -> Supplied:
    """Return what a contact that is there from the start would have been created with."""
    shown = {camel(each.name): getattr(person, each.name) for each in fields(person)}
    return read_contact({key: shown[key] for key in BODY_KEYS if shown[key] is not None}, rules)


def update_embedded(
    old: Mapping[str, str], new: Mapping[str, str], *, case_sensitive: bool
) -> dict[str, str]:
    """Return `old` with `new` added or updated; a name keeps the spelling it came with first."""
    merged = dict(old)
    spellings = {name.casefold(): name for name in merged}
    for name, value in new.items():
        known = name if case_sensitive else spellings.setdefault(name.casefold(), name)
        merged[known] = value
    return merged


def _wanted(key: str, value: Json, rules: Contacts, keys: tuple[str, ...]) -> bool:
    if key not in keys:
        if rules.unknown_keys == "refuse":
            raise Refusal(400, f"Unknown property: {key}.")
        return False
    if value is None and rules.nulls == "refuse":
        raise Refusal(400, f"{key} must not be null.")
    return value is not None


def _text(name: str, value: Json, rules: Contacts) -> str:
    if not isinstance(value, str):
        raise Refusal(400, f"{name} must be a string.")
    if len(value) > rules.field_length:
        raise Refusal(400, f"{name} is longer than {rules.field_length} characters.")
    checks = {
        "email": (rules.email_checked, _EMAIL),
        "phone": (rules.phone_checked, _PHONE),
        "language": (rules.language_checked, _LANGUAGE),
    }
    checked, shape = checks.get(name, (False, _EMAIL))
    if checked and not shape.fullmatch(value):
        raise Refusal(400, f"{name} is not valid.")
    return value


def _flag(value: Json) -> bool | None:
    if value is not None and not isinstance(value, bool):
        raise Refusal(400, "unsubscribed must be a boolean.")
    return value


def _embedded(key: str, given: Mapping[str, Json], rules: Contacts) -> dict[str, str]:
    data = given.get(key, {})
    if not isinstance(data, Mapping):
        raise Refusal(400, f"{key} must be an object.")
    texts = {
        name: _embedded_text(key, name, value, rules)
        for name, value in data.items()
        if value is not None or rules.nulls == "refuse"
    }
    return update_embedded({}, texts, case_sensitive=rules.embedded_names_case_sensitive)


def _embedded_text(key: str, name: str, value: Json, rules: Contacts) -> str:
    if not isinstance(value, str | bool | int | float):
        raise Refusal(400, f"{key}: {name} must be a string, a number or a boolean.")
    if name.casefold() in {each.casefold() for each in rules.reserved_names}:
        raise Refusal(400, f"{key}: the name {name} is reserved.")
    if len(name) > rules.embedded_name_length:
        raise Refusal(400, f"{key}: a name is longer than {rules.embedded_name_length} characters.")
    text = value if isinstance(value, str) else json.dumps(value)
    if len(text) > rules.embedded_value_length:
        raise Refusal(
            400, f"{key}: {name} is longer than {rules.embedded_value_length} characters."
        )
    return text
