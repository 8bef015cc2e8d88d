"""The form schema: every field as a few flat choices, which any form generator can draw.

A choice is a literal of one type, an event variable, a template, one of two ways to ask whether a
variable exists, or raw JSON for all the rest. There is no `$ref`, and a value fits one choice only.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from destination_kit.fields import drop_conditions, iter_fields, list_types
from destination_kit.mapping import DIRECTIVES
from destination_kit.publish.widgets import Draft, items_of

if TYPE_CHECKING:
    from destination_kit._json import JsonObject

_ABOUT = ("title", "description", "default", "readOnly", "writeOnly")
_DEPTH = 4
_SCALARS = ("string", "number", "integer", "boolean")
_TITLES = {
    "string": "Text",
    "number": "Number",
    "integer": "Whole number",
    "boolean": "Yes or no",
    "array": "List",
    "object": "Properties",
}
_OF_ONE_TYPE = frozenset(
    {
        *("format", "pattern", "minLength", "maxLength", "minItems", "maxItems", "uniqueItems"),
        *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    }
)
_OUR_FORMATS = frozenset({"date-like", "text"})
_DIRECTIVE: Draft = {"anyOf": [{"required": [name]} for name in DIRECTIVES]}
_NO_DIRECTIVE: Draft = {"if": _DIRECTIVE, "then": {"enum": [None]}}
"""rjsf leaves keys without a value behind, so names cannot be judged. JSON Forms takes a choice for
fitting unless a keyword such as `enum` objects."""


def form_schema(schema: JsonObject) -> Draft:
    """Return the mapping schema for form generators: each field a choice, and no `$ref`.

    Titles, descriptions, defaults and `x-` annotations stay on the field.
    """
    form = drop_conditions(schema)
    if "properties" in schema:
        return form | {"properties": {name: _field(each) for name, each in iter_fields(schema)}}
    return form | {"additionalProperties": _any_value()}


def plain_formats(schema: JsonObject) -> Draft:
    """Return a schema of settings without the formats that only we know: a form would object."""
    return {**schema, "properties": {name: _known(each) for name, each in iter_fields(schema)}}


def _known(field: JsonObject) -> Draft:
    ours = field.get("format") in _OUR_FORMATS
    return {key: each for key, each in field.items() if not (ours and key == "format")}


def _field(field: JsonObject) -> Draft:
    """Return a field with its choices.

    What a text or a number must be stands beside the choices, which it does not concern: there one
    fault is one message, and not one for each choice that does not fit either. That a field is only
    to be read stands in the layouts: rjsf drops such a field when its default is an object.
    """
    about = {
        key: each
        for key, each in _known(field).items()
        if key in _ABOUT or key in _OF_ONE_TYPE or key.startswith("x-")
    }
    about.pop("readOnly", None)
    return about | {"oneOf": _choices(field)}


def _choices(field: JsonObject) -> list[Draft]:
    literals = [_literal(kind, field) for kind in _kinds(field)]
    scalars = [each for each in literals if each["type"] in _SCALARS]
    directives = [*_directives(scalars)]
    raw = _raw([*directives, {"not": _DIRECTIVE}], _json(_DEPTH - 2 * len(scalars[:1])))
    return [*literals, *directives, raw]


def _any_value() -> Draft:
    """Return the choices of a value that no field describes, such as one of an open map.

    Here JSON is any object: a directive of which rjsf holds only the name, since its text is still
    to be typed, is one, and must not make rjsf draw the whole map as something else.
    """
    *choices, raw = _choices({"type": ["string", "number", "boolean"]})
    *directives, _ = raw["not"]["anyOf"]
    return _one_of([*choices, _raw(directives, {})])


def _directives(scalars: list[Draft]) -> Iterator[Draft]:
    """Yield what an event can give. Objects and lists come whole, so no text is made of them."""
    yield _one("Variable", "@path", {"title": "Event path", "type": "string"})
    if scalars:
        yield _one("Template", "@template", {"title": "Template", "type": "string"})
    exists, then, otherwise = map(_variable, ("If this exists", "then take", "otherwise"))
    yield _if("If exists", {"exists": exists, "then": then, "else": otherwise}, "exists", "then")
    for each in scalars[:1]:
        parts = {"exists": exists, "then": then, "else": {**each, "title": "otherwise"}}
        yield _if(f"If exists, else {each['title'].lower()}", parts, *parts)


def _variable(title: str) -> Draft:
    return _one("", "@path", {"title": title, "type": "string"})


def _one(title: str, name: str, value: Draft) -> Draft:
    return {
        "title": title,
        "type": "object",
        "properties": {name: value},
        "required": [name],
    }


def _if(title: str, parts: Draft, *required: str) -> Draft:
    inner: Draft = {
        "title": "",
        "type": "object",
        "properties": parts,
        "required": [*required],
        "additionalProperties": False,
    }
    return _one(title, "@if", inner)


def _raw(others: list[Draft], values: Draft) -> Draft:
    """Return the choice of everything else: objects that are none of the others."""
    unfit = {"anyOf": [*map(_shape, others)]}
    return {"title": "JSON", "type": "object", "additionalProperties": values, "not": unfit}


def _json(depth: int) -> Draft:
    """Return a schema of JSON to this depth, as rjsf has to know it; deeper, all is taken."""
    if not depth:
        return {"type": [*_TITLES, "null"]}
    inner = _json(depth - 1)
    containers = (("array", {"items": inner}), ("object", {"additionalProperties": inner}))
    return _one_of(
        [
            *({"title": _TITLES[kind], "type": kind} for kind in ("string", "number", "boolean")),
            *({"title": _TITLES[kind], "type": kind, **each} for kind, each in containers),
        ]
    )


def _one_of(choices: list[Draft]) -> Draft:
    """Return a schema of choices for names that no one has listed, or items.

    It tells the types, too: rjsf takes such a value for an object otherwise.
    """
    return {"type": [*dict.fromkeys(each["type"] for each in choices)], "oneOf": choices}


def _shape(choice: Draft) -> Draft:
    return {key: each for key, each in choice.items() if key != "title"}


def _kinds(field: JsonObject) -> list[str]:
    """Return the types of which a person may give a literal; null is given by leaving it out."""
    named = list_types(field)
    if not named:
        return ["object"] if "properties" in field else ["string", "number", "boolean", "object"]
    covered = {"null", "integer"} if "number" in named else {"null"}
    return [each for each in named if each not in covered]


def _literal(kind: str, field: JsonObject) -> Draft:
    literal = {"title": _TITLES[kind], **_said(field), "type": kind}
    if kind == "array":
        return literal | {"items": _item(items_of(field))}
    return literal | _object(field) if kind == "object" else literal


def _said(field: JsonObject) -> Draft:
    """Return what decides whether a literal fits, beyond what stands beside the choices."""
    beside = _OF_ONE_TYPE | {*_ABOUT}
    return {k: each for k, each in field.items() if k not in beside and not k.startswith("x-")}


def _object(field: JsonObject) -> Draft:
    """Return what an object holds: its fields, each a choice again, or names and values."""
    names = dict(_NO_DIRECTIVE)
    if "properties" in field:
        names["properties"] = {name: _inner(each) for name, each in iter_fields(field)}
        if not field.get("additionalProperties"):
            return names
    return names | {"additionalProperties": _any_value()}


def _inner(field: JsonObject) -> Draft:
    """Return a field of an object without its default: only the object's own is ever applied."""
    return {key: each for key, each in _field(field).items() if key != "default"}


def _item(items: JsonObject) -> Draft:
    return {**_known(items), **_literal(_kinds(items)[0], items)}
