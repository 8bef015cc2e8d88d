"""The vocabulary: keywords and formats of the published schemas that draft-07 does not have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from destination_kit._json import as_object
from destination_kit.fields import load_metaschema

if TYPE_CHECKING:
    from destination_kit._json import JsonObject

_I18N = {
    "title": "Text key",
    "description": "The key of the field's texts in `texts.json`, followed by `.label` or `.description`.",
    "type": "string",
}
_MULTILINE = {
    "title": "Several lines",
    "description": "Whether an input shows several lines of the text.",
    "type": "boolean",
}
#: What a value of the format is. A form generator need not know any of them.
_FORMATS = {
    "binary": "Any text.",
    "byte": "Base64.",
    "date-like": "A date or a time in one of the usual spellings. The kit checks it.",
    "double": "Any number.",
    "float": "Any number.",
    "int32": "A whole number of 32 bits.",
    "int64": "A whole number.",
    "password": "Any text. A form masks it.",
    "text": "Any text. A form shows several lines.",
    "url": "An address of the public web. ajv-formats has it too.",
}


def vocabulary() -> JsonObject:
    """Return the vocabulary: keyword -> the schema of its value, and format -> what it means.

    A strict validator takes the published schemas once it has been given both lists; `docs/ui.md`
    shows how.
    """
    properties = as_object(load_metaschema("field").get("properties"))
    keywords = {name: rule for name, rule in properties.items() if name.startswith("x-")}
    return {
        "$comment": "Keywords and formats of the published schemas beyond draft-07.",
        "keywords": {"i18n": _I18N, "x-multiline": _MULTILINE, **keywords},
        "formats": _FORMATS,
    }
