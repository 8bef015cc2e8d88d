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


def settings(schema: Json) -> list[Json]:
    """Return the visible settings in order, each as the page must show it at first."""
    return [
        _about(name, field, schema)
        | {
            # A choice is offered only where a secret is expected.
            "choices": ["Value", *(["Stored secret"] if _is_secret(field) else [])],
            "choice": "Value",
            "values": [],
        }
        for name, field in _visible(schema, {})
    ]


def fields(schema: Json, start: Json, *, takes_batches: bool) -> list[Json]:
    """Return the visible fields of a mapping in order, as the page shows a mapping to start with."""
    return [
        _field(
            name, _count(field) if name == "batch_size" and takes_batches else field, schema, start
        )
        for name, field in _visible(schema, start)
    ]


def _count(field: Json) -> Json:
    """Return the field of a batch size: a call carries a whole number of events."""
    return {**field, "type": "integer"} if field.get("type") == "number" else field


def _visible(schema: Json, start: Json) -> list[tuple[str, Json]]:
    named = [
        (name, field)
        for name, field in schema.get("properties", {}).items()
        if not field.get("x-hidden") and _is_shown(field, start)
    ]
    # The fields of a category stand together, where the first of them stands.
    categories = [
        field.get("x-category") or name for name, field in schema.get("properties", {}).items()
    ]
    return sorted(named, key=lambda pair: categories.index(pair[1].get("x-category") or pair[0]))


def _is_shown(field: Json, start: Json) -> bool:
    depends_on = field.get("x-depends-on", {})
    held = [
        _holds(condition, start)
        for condition in depends_on.get("conditions", ())
        if condition.get("fieldKey")
    ]
    return not held or (any(held) if depends_on.get("match") == "any" else all(held))


def _holds(condition: Json, start: Json) -> bool:
    value: Any = start
    for name in condition["fieldKey"].split("."):
        value = value.get(name) if isinstance(value, dict) else None
    wanted = condition.get("value")
    if wanted in (None, ""):
        is_equal = value in (None, "")
    else:
        is_equal = any(
            json.dumps(value) == json.dumps(option)
            for option in (wanted if isinstance(wanted, list) else [wanted])
        )
    return is_equal == (condition["operator"] == "is")


def _is_secret(field: Json) -> bool:
    return field.get("writeOnly") is True or field.get("format") == "password"


def _about(name: str, field: Json, schema: Json) -> Json:
    return {
        "name": name,
        "label": " ".join(str(field.get("title") or name).split()),
        "help": field.get("description", ""),
        "required": name in schema.get("required", ()),
        "secret": _is_secret(field),
        "readOnly": field.get("readOnly") is True,
        "wrong": _wrong(field),
    }


def _field(name: str, field: Json, schema: Json, start: Json) -> Json:
    required = name in schema.get("required", ())
    default = start.get(name)
    return _about(name, field, schema) | {
        "choices": choices(field, required=required),
        "choice": choice(field, default, required=required),
        "values": [] if default is None else [*_texts(field, default)],
    }


def conditional(schema: Json) -> list[str]:
    """Return the fields that rules between fields may require."""
    return [
        name
        for rule in schema.get("allOf", ())
        for name in rule.get("then", {}).get("required", ())
    ]


def kinds(field: Json) -> list[str]:
    """Return the types of a field's literals."""
    given = field.get("type", [])
    named = [given] if isinstance(given, str) else list(given)
    return [each for each in named if each != "null"] or ["string", "number", "boolean", "object"]


def choices(field: Json, *, required: bool) -> list[str]:
    """Return the names of the ways to fill a field in, as a person is offered them."""
    types = kinds(field)
    scalars = [LITERALS[kind] for kind in types if kind in _SCALARS]
    named = [*(LITERALS[kind] for kind in types), "Variable", *(["Template"] if scalars else [])]
    named.append("If exists")
    named += [f"If exists, else {scalars[0].lower()}"] if scalars else []
    named += ["Array"] if {"array", "object"} & {*types} else []
    is_nullable = not required or "null" in field.get("type", ())
    return [*named, "JSON", *(["Leave out"] if is_nullable else [])]


def choice(field: Json, default: Any, *, required: bool) -> str:
    """Return which of them a form starts with."""
    offered = choices(field, required=required)
    if default is None:
        return offered[0] if required else offered[-1]
    if not isinstance(default, dict):
        return next((LITERALS[kind] for kind in kinds(field) if _is(kind, default)), "JSON")
    words = [key for key in default if key.startswith("@")]
    if not words:
        return "Properties" if "Properties" in offered else "JSON"
    name, value = next(iter(default.items()))
    if name == "@path" and isinstance(value, str):
        return "Variable"
    if name == "@template" and isinstance(value, str) and "Template" in offered:
        return "Template"
    if name == "@arrayPath" and "Array" in offered:
        return "Array"
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
        shown = {True: "Yes", False: "No"}[value] if isinstance(value, bool) else value
        yield str(named.get(json.dumps(value)) or shown)


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
