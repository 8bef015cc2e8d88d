"""Contacts of a directory: their fields, payload, and body in a request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Required, TypedDict

from destination_kit import Json, JsonObject, PayloadValidationError, stringify_json

# Qualtrics documents these limits in characters:
# https://www.qualtrics.com/support/iq-directory/directory-contacts-tab/adding-directory-contacts
# We do not know whether it refuses or cuts longer values, so the event fails before it is sent.
_MAX_NAME_LENGTH: Final = 200
_MAX_VALUE_LENGTH: Final = 1024
_SCALAR_TYPES: Final = frozenset({str, int, float, bool})
# The order of the reference, so that both send the same bytes.
_BODY_KEYS: Final = (
    "firstName",
    "lastName",
    "phone",
    "email",
    "extRef",
    "unsubscribed",
    "language",
)


class ContactPayload(TypedDict, total=False):
    """Payload of a contact; `CONTACT_FIELDS` describes each key."""

    directoryId: Required[str]
    firstName: str
    lastName: str
    email: str
    phone: str
    extRef: str
    language: str
    unsubscribed: bool
    embeddedData: JsonObject


DIRECTORY_FIELD: JsonObject = {
    "title": "Directory ID",
    "description": "The id of the directory that holds the contact. Qualtrics also calls it the"
    " pool id; it looks like POOL_XXX.",
    "type": "string",
    "x-dynamic": True,
}

CONTACT_FIELDS: Mapping[str, JsonObject] = {
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
        "x-dynamic": True,
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
        "x-dynamic": {"parts": ["__keys__"]},
    },
}


def contact_body(contact: ContactPayload) -> JsonObject:
    """Return the body that creates or updates a contact.

    Raises `PayloadValidationError` for embedded data that is too long for Qualtrics.
    """
    # A null could erase a stored value, because a merge overwrites every field that the body has:
    # https://www.qualtrics.com/support/iq-directory/directory-settings-tab/automatic-deduplication
    # A bulk import refuses null (`ContactImportsApi.java` in
    # https://github.com/wtx-labs/qualtrics-api-client-java).
    body = {key: contact[key] for key in _BODY_KEYS if contact.get(key) is not None}
    embedded_data = stringify_nested(contact.get("embeddedData"))
    for name, value in embedded_data.items():
        _check_length(name, value)
    return {**body, "embeddedData": embedded_data} if embedded_data else body


def stringify_nested(data: JsonObject | None) -> dict[str, Json]:
    """Return data with each nested value as its JSON text, and without nulls."""
    # Embedded data takes no objects (`CreateDirectoryContactRequest` in
    # https://github.com/wtx-labs/qualtrics-api-client-java). The reference stores the JSON text of
    # all data for each nested value (`parsedEmbeddedData` in utils.ts).
    return {
        name: value if type(value) in _SCALAR_TYPES else _stringify(value)
        for name, value in (data or {}).items()
        if value is not None
    }


def _stringify(value: Json) -> Json:
    # The caller's test of the type takes 30 ns, and this one 220 ns. It serves numbers with more
    # digits than a float holds, which need no JSON text either.
    return stringify_json(value) if isinstance(value, Mapping | list) else value


def _check_length(name: str, value: Json) -> None:
    if len(name) > _MAX_NAME_LENGTH:
        raise PayloadValidationError(
            f"embeddedData: the name {name[:40]!r}… has {len(name)} characters;"
            f" Qualtrics takes {_MAX_NAME_LENGTH}."
        )
    if len(str(value)) > _MAX_VALUE_LENGTH:
        raise PayloadValidationError(
            f"embeddedData: the value of {name!r} has {len(str(value))} characters;"
            f" Qualtrics takes {_MAX_VALUE_LENGTH}."
        )
