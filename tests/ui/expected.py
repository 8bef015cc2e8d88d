"""What a person must see in a form, said from the author's definition and not from what we publish."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]

LITERALS = {
    "string": "Text",
    "number": "Number",
    "integer": "Whole number",
    "boolean": "Yes or no",
    "array": "List",
    "object": "Properties",
}
_SCALARS = ("string", "number", "integer", "boolean")
_WRONG = {
    "email": "nobody",
    "uri": "no address",
    "hostname": "no host!",
    "ipv4": "300.1.2",
    "date": "someday",
    "date-time": "someday",
}


def fields(schema: Json, *, of_mapping: bool) -> list[Json]:
    """Return the visible fields of a form in order, each as the page must show it at first."""
    return [
        _field(name, each, None, schema, of_mapping=of_mapping) for name, each in _visible(schema)
    ]


def _visible(schema: Json) -> list[tuple[str, Json]]:
    named = schema.get("properties", {}).items()
    return [(name, each) for name, each in named if not each.get("x-hidden")]


def _inside(field: Json, default: Any) -> list[Json]:
    """Return the fields of an object, which start with what the object starts with."""
    around = default if isinstance(default, dict) else {}
    return [_field(name, each, around, field, of_mapping=True) for name, each in _visible(field)]


def _field(name: str, field: Json, around: Json | None, schema: Json, *, of_mapping: bool) -> Json:
    required = name in schema.get("required", ())
    default = field.get("default") if around is None else around.get(name)
    chosen = choice(field, default) if of_mapping else None
    return {
        "name": name,
        "label": " ".join(str(field.get("title") or name).split()),
        "help": field.get("description", ""),
        "required": required,
        "secret": field.get("writeOnly") is True or field.get("format") == "password",
        "readOnly": field.get("readOnly") is True,
        "choices": choices(field) if of_mapping else [],
        "choice": chosen,
        "values": [] if default is None else [*_texts(field, default)],
        "missing": required and default is None and kinds(field)[0] not in ("boolean", "object"),
        "options": [str(each.get("title", each["const"])) for each in field.get("oneOf", ())],
        "wrong": _wrong(field),
        "fields": _inside(field, default) if chosen == "Properties" else [],
        "isOpen": "properties" not in field or bool(field.get("additionalProperties")),
    }


def kinds(field: Json) -> list[str]:
    """Return the types of a field's literals."""
    given = field.get("type", [])
    named = [given] if isinstance(given, str) else list(given)
    return [each for each in named if each != "null"] or ["string", "number", "boolean", "object"]


def choices(field: Json) -> list[str]:
    """Return the names of the ways to fill a field in, as a person is offered them."""
    literals = [LITERALS[each] for each in kinds(field)]
    scalars = [LITERALS[each] for each in kinds(field) if each in _SCALARS]
    if not scalars:
        return [*literals, "Variable", "If exists", "JSON"]
    return [
        *literals,
        "Variable",
        "Template",
        "If exists",
        f"If exists, else {scalars[0].lower()}",
        "JSON",
    ]


def choice(field: Json, default: Any) -> str:
    """Return which of them a form starts with."""
    offered = choices(field)
    if default is None:
        return offered[0]
    if not isinstance(default, dict):
        return next(LITERALS[each] for each in kinds(field) if _is(each, default))
    words = [each for each in default if each.startswith("@")]
    if not words:
        return "Properties"
    name, value = next(iter(default.items()))
    if name == "@path" and isinstance(value, str):
        return "Variable"
    if name == "@template" and isinstance(value, str) and "Template" in offered:
        return "Template"
    return _conditional(value, offered) if name == "@if" else "JSON"


def _conditional(value: Json, offered: list[str]) -> str:
    if not all(_is_path(value.get(each)) for each in ("exists", "then")) or len(value) > 3:
        return "JSON"
    if "else" not in value or _is_path(value["else"]):
        return "If exists"
    named = [each for each in offered if each.startswith("If exists, else")]
    return named[0] if named and not isinstance(value["else"], dict | list) else "JSON"


def _is_path(value: Any) -> bool:
    return isinstance(value, dict) and [*value] == ["@path"] and isinstance(value["@path"], str)


def _is(kind: str, value: Any) -> bool:
    types = {"string": str, "boolean": bool, "array": list, "object": dict}
    return isinstance(value, types.get(kind, (int, float))) and (kind == "boolean") == isinstance(
        value, bool
    )


def _texts(field: Json, value: Any) -> Iterator[str]:
    """Yield the texts in a default, as inputs show them."""
    named = {json.dumps(each["const"]): each.get("title") for each in field.get("oneOf", ())}
    if isinstance(value, dict):
        for each in value.values():
            yield from _texts({}, each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts({}, each)
    else:
        yield str(
            named.get(json.dumps(value))
            or (str(value).lower() if isinstance(value, bool) else value)
        )


def _wrong(field: Json) -> str | None:
    """Return a text that a field of plain text must refuse, None where it refuses none."""
    if (
        "string" not in kinds(field)[:1]
        or "oneOf" in field
        or "enum" in field
        or field.get("readOnly")
    ):
        return None
    if "pattern" in field and re.search(field["pattern"], "wrong value!") is None:
        return "wrong value!"
    return _WRONG.get(field.get("format", ""))
