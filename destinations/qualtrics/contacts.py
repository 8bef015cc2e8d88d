"""The contact that both contact actions share: its fields, and its body in a request."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final, Required, TypedDict

from destination_kit import Json, JsonObject, PayloadValidationError

_LONGEST_NAME: Final = 200  # characters, as are all limits here; documented by Qualtrics
_LONGEST_VALUE: Final = 1024
_SCALARS: Final = frozenset({str, int, float, bool})
_KEYS: Final = ("firstName", "lastName", "email", "phone", "extRef", "language", "unsubscribed")


class Contact(TypedDict, total=False):
    """A contact of a directory, as a payload; the fields say what each key means."""

    directoryId: Required[str]
    firstName: str
    lastName: str
    email: str
    phone: str
    extRef: str
    language: str
    unsubscribed: bool
    embeddedData: JsonObject


DIRECTORY: JsonObject = {
    "title": "Directory ID",
    "description": "The id of the directory that holds the contact. Qualtrics also calls it the"
    " pool id; it looks like POOL_XXX.",
    "type": "string",
    "x-dynamic": True,
}

CONTACT: Mapping[str, JsonObject] = {
    "extRef": {
        "title": "External Data Reference",
        "description": "What you call this person: the external data reference, which must be"
        " unique to them.",
        "type": "string",
        "default": {"@path": "$.userId"},
    },
    "email": {
        "title": "Email",
        "description": "The contact's email address.",
        "type": "string",
        "default": {
            "@if": {
                "exists": {"@path": "$.email"},
                "then": {"@path": "$.email"},
                "else": {"@path": "$.traits.email"},
            }
        },
    },
    "phone": {
        "title": "Phone number",
        "description": "The contact's phone number.",
        "type": "string",
        "default": {"@path": "$.traits.phone"},
    },
    "firstName": {
        "title": "First Name",
        "description": "The contact's first name.",
        "type": "string",
        "default": {"@path": "$.traits.firstName"},
    },
    "lastName": {
        "title": "Last Name",
        "description": "The contact's last name.",
        "type": "string",
        "default": {"@path": "$.traits.lastName"},
    },
    "language": {
        "title": "Language",
        "description": "The code of the contact's language, as Qualtrics writes it, such as EN.",
        "type": "string",
        "default": {
            "@if": {
                "exists": {"@path": "$.traits.language"},
                "then": {"@path": "$.traits.language"},
                "else": "EN",
            }
        },
    },
    "unsubscribed": {
        "title": "Contact is unsubscribed",
        "description": "Whether the contact is to get no correspondence.",
        "type": "boolean",
        "default": False,
    },
    "embeddedData": {
        "title": "Contact embedded data",
        "description": "Further properties of the contact. A nested object or list is stored as"
        " JSON text. Names take up to 200 characters, values up to 1,024.",
        "type": "object",
        "x-object-editor": "keyvalue",
    },
}


def contact_body(contact: Contact) -> JsonObject:
    """Return the body that creates a contact, with what is present and nothing else.

    Raises `PayloadValidationError` for embedded data that Qualtrics would not take.
    """
    body = {key: contact[key] for key in _KEYS if contact.get(key) is not None}
    embedded = flat(contact.get("embeddedData"))
    for name, value in embedded.items():
        _check_length(name, value)
    return {**body, "embeddedData": embedded} if embedded else body


def flat(data: JsonObject | None) -> dict[str, Json]:
    """Return data as Qualtrics stores it: null left out, anything nested as its own JSON text."""
    return {
        name: value if type(value) in _SCALARS else _scalar(value)
        for name, value in (data or {}).items()
        if value is not None
    }


def _scalar(value: Json) -> Json:
    if isinstance(value, str | int | float):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _check_length(name: str, value: Json) -> None:
    if len(name) > _LONGEST_NAME:
        raise PayloadValidationError(
            f"embeddedData: the name {name[:40]!r}… has {len(name)} characters;"
            f" Qualtrics takes {_LONGEST_NAME}."
        )
    if len(str(value)) > _LONGEST_VALUE:
        raise PayloadValidationError(
            f"embeddedData: the value of {name!r} has {len(str(value))} characters;"
            f" Qualtrics takes {_LONGEST_VALUE}."
        )
