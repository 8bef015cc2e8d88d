"""Titles and descriptions of directives and their options, for editors of mappings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final


def _text(title: str, description: str) -> Mapping[str, str]:
    return {"title": title, "description": description}


DIRECTIVE_TEXTS: Final[Mapping[str, Mapping[str, str]]] = {
    "@path": _text("Path", "The value at this path of the event, such as `$.traits.email`."),
    "@template": _text(
        "Template", "The text, with each `{{ path }}` replaced by the value at the path."
    ),
    "@literal": _text("Literal", "The value itself."),
    "@if": _text(
        "If",
        "`then` if `exists` is neither missing nor null, or if `blank` is not empty; otherwise `else`.",
    ),
    "@case": _text("Case", "The text in lower or upper case."),
    "@replace": _text("Replace", "The text with a pattern replaced."),
    "@arrayPath": _text(
        "Array path", "The array at a path. An optional mapping converts each of its items."
    ),
    "@flatten": _text("Flatten", "A nested object as an object of one level."),
    "@json": _text("JSON", "A value as JSON text, or the value of a JSON text."),
    "@merge": _text("Merge", "Several objects, merged into one."),
    "@transform": _text("Transform", "A mapping that is applied to the result of another mapping."),
    "@excludeWhenNull": _text("Exclude when null", "The value, or nothing if the value is null."),
    "@liquid": _text("Liquid", "A Liquid template."),
}
METADATA_TEXT: Final = _text("Notes", "Notes of a mapping editor. They have no effect.")
OPTION_TEXTS: Final[Mapping[str, Mapping[str, str]]] = {
    "value": _text("Value", "The value that the directive works on."),
    "operator": _text("Operator", "The case to convert to: lower or upper."),
    "pattern": _text("Pattern", "The text to find."),
    "replacement": _text("Replacement", "The text that replaces the pattern."),
    "pattern2": _text("Second pattern", "A second text to find, in the result of the first."),
    "replacement2": _text("Second replacement", "The text that replaces the second pattern."),
    "ignorecase": _text("Ignore case", "Whether the search ignores case."),
    "global": _text("Global", "Whether every occurrence is replaced, or only the first."),
    "separator": _text("Separator", "The text between the joined keys."),
    "omitArrays": _text("Omit arrays", "Whether arrays stay whole."),
    "objects": _text("Objects", "The objects to merge, in order."),
    "direction": _text("Direction", "Which object wins where several have the same key."),
    "mode": _text("Mode", "Whether to write JSON (encode) or to parse it (decode)."),
}
