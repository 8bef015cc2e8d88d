"""Parsing and validation of the body of a contact request."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final

from destinations.qualtrics.simulator.record_loader import to_camel_case
from destinations.qualtrics.simulator.responses import ApiError
from destinations.qualtrics.simulator.store import CONTACT_FIELDS

if TYPE_CHECKING:
    from destinations.qualtrics.simulator.config import ContactSettings, InitialContact
    from destinations.qualtrics.simulator.json_types import Json, JsonObject

CONTACT_KEYS: Final = (*CONTACT_FIELDS, "unsubscribed", "embeddedData")
MAILING_LIST_CONTACT_KEYS: Final = (*CONTACT_KEYS, "privateEmbeddedData")

# No public source names the format of emails and phones in this call. The patterns are loose
# guesses, so that they refuse only values that are plainly wrong.
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PHONE: Final = re.compile(r"\+?[\d ().-]{7,20}")
# Qualtrics has its own codes, such as `EN`, `TGL`, `ZH-S` and `PT-BR`
# (https://www.qualtrics.com/support/survey-platform/survey-module/survey-tools/translate-survey). A
# pattern of BCP 47 would take `en-US`, and refuse `ZH-S`.
_LANGUAGE: Final = re.compile(r"[A-Z]{2,3}(-[A-Z]{1,2})?")


@dataclass(frozen=True, slots=True)
class ContactBody:
    """The valid parts of a contact request's body."""

    #: Values by `CONTACT_FIELDS`; a field that the body lacks is missing.
    fields: Mapping[str, str]
    embedded_data: Mapping[str, str]
    #: The `privateEmbeddedData`, for one mailing list only.
    private_data: Mapping[str, str]
    #: The opt-out; None if the body lacks it.
    unsubscribed: bool | None


def parse_contact_body(
    body: JsonObject, settings: ContactSettings, allowed_keys: tuple[str, ...] = CONTACT_KEYS
) -> ContactBody:
    """Return the parts of a contact request's body, or raise `ApiError` with status 400."""
    values = {
        key: value for key, value in body.items() if _is_used(key, value, settings, allowed_keys)
    }
    return ContactBody(
        fields={
            name: _check_field(name, values[name], settings)
            for name in CONTACT_FIELDS
            if name in values
        },
        embedded_data=_parse_embedded_data("embeddedData", values, settings),
        private_data=_parse_embedded_data("privateEmbeddedData", values, settings),
        unsubscribed=_check_unsubscribed(values.get("unsubscribed")),
    )


def parse_initial_contact(initial: InitialContact, settings: ContactSettings) -> ContactBody:
    """Return the body of the request that would have created a configured contact."""
    document = {
        to_camel_case(attribute.name): getattr(initial, attribute.name)
        for attribute in fields(initial)
    }
    body = {key: document[key] for key in CONTACT_KEYS if document[key] is not None}
    return parse_contact_body(body, settings)


def is_email(text: str) -> bool:
    """Return whether a text is plausible as an email."""
    return bool(_EMAIL.fullmatch(text))


def merge_embedded_data(
    old: Mapping[str, str], new: Mapping[str, str], *, case_sensitive: bool
) -> dict[str, str]:
    """Return `old` updated with `new`; each name keeps the spelling that came first."""
    merged = dict(old)
    spellings = {name.casefold(): name for name in merged}
    for name, value in new.items():
        stored_name = name if case_sensitive else spellings.setdefault(name.casefold(), name)
        merged[stored_name] = value
    return merged


def _is_used(
    key: str, value: Json, settings: ContactSettings, allowed_keys: tuple[str, ...]
) -> bool:
    if key not in allowed_keys:
        if settings.unknown_keys == "refuse":
            raise ApiError(400, f"Unknown property: {key}.")
        return False
    if value is None and settings.nulls == "refuse":
        raise ApiError(400, f"{key} must not be null.")
    return value is not None


def _check_field(name: str, value: Json, settings: ContactSettings) -> str:
    if not isinstance(value, str):
        raise ApiError(400, f"{name} must be a string.")
    value = _limit_length(name, value, settings.field_length, settings)
    formats = {
        "email": (settings.email_checked, _EMAIL),
        "phone": (settings.phone_checked, _PHONE),
        "language": (settings.language_checked, _LANGUAGE),
    }
    if name in formats:
        is_checked, pattern = formats[name]
        if is_checked and not pattern.fullmatch(value):
            raise ApiError(400, f"{name} is not valid.")
    return value


def _check_unsubscribed(value: Json) -> bool | None:
    if value is not None and not isinstance(value, bool):
        raise ApiError(400, "unsubscribed must be a boolean.")
    return value


def _parse_embedded_data(key: str, values: JsonObject, settings: ContactSettings) -> dict[str, str]:
    embedded_data = values.get(key, {})
    if not isinstance(embedded_data, Mapping):
        raise ApiError(400, f"{key} must be an object.")
    texts = {
        _limit_length(f"{key}: a name", name, settings.embedded_name_length, settings): (
            _convert_embedded_value(key, name, value, settings)
        )
        for name, value in embedded_data.items()
        if value is not None or settings.nulls == "refuse"
    }
    # For most accounts, names that differ in case only are one name:
    # https://qualtrics.com/support/iq-directory/directory-contacts-tab/adding-directory-contacts
    # We assume the same within one body: `Plan` and `plan` become one value.
    is_case_sensitive = settings.embedded_names_case_sensitive
    return merge_embedded_data({}, texts, case_sensitive=is_case_sensitive)


def _convert_embedded_value(key: str, name: str, value: Json, settings: ContactSettings) -> str:
    if not isinstance(value, str | bool | int | float):
        raise ApiError(400, f"{key}: {name} must be a string, a number or a boolean.")
    if name.casefold() in {reserved.casefold() for reserved in settings.reserved_names}:
        raise ApiError(400, f"{key}: the name {name} is reserved.")
    # Qualtrics stores numbers and booleans as strings (`CreateDirectoryContactRequest.java` in
    # https://github.com/wtx-labs/qualtrics-api-client-java). So a client that writes `1` reads
    # `"1"`.
    text = value if isinstance(value, str) else json.dumps(value)
    return _limit_length(f"{key}: {name}", text, settings.embedded_value_length, settings)


def _limit_length(owner: str, text: str, limit: int, settings: ContactSettings) -> str:
    """Return a text that is short enough, or raise `ApiError` where long ones are not cut."""
    if len(text) > limit and settings.too_long == "refuse":
        raise ApiError(400, f"{owner} is longer than {limit} characters.")
    return text[:limit]
