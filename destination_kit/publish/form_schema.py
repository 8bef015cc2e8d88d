"""The form schema: a mapping's schema that any form generator can draw.

Each field is a `oneOf` of a few flat choices: a literal of one type, an event variable, a template,
`@if`, or raw JSON for every other directive. There is no `$ref`, and a value fits exactly one
choice.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from destination_kit.fields import drop_conditions, iter_fields, list_types
from destination_kit.mapping import DIRECTIVES
from destination_kit.publish.widgets import JsonDict, get_item_schema

if TYPE_CHECKING:
    from destination_kit._json import JsonObject

_ANNOTATIONS = ("title", "description", "default", "readOnly", "writeOnly")
# rjsf needs every level of raw JSON spelled out, and a further level doubles the schema. Four
# levels take 6 KB in each field, six would take 24 KB. Beside single values two levels (1 KB) do.
_JSON_DEPTH = 4
_JSON_DEPTH_OF_SCALARS = 2
_SCALAR_TYPES = ("string", "number", "integer", "boolean")
_TITLES = {
    "string": "Text",
    "number": "Number",
    "integer": "Whole number",
    "boolean": "Yes or no",
    "array": "List",
    "object": "Properties",
}
_TYPE_KEYWORDS = frozenset(
    {
        *("format", "pattern", "minLength", "maxLength", "minItems", "maxItems", "uniqueItems"),
        *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    }
)
_CUSTOM_FORMATS = frozenset({"date-like", "text"})
_IS_DIRECTIVE: JsonDict = {"anyOf": [{"required": [name]} for name in DIRECTIVES]}
# `propertyNames` would be shorter. But rjsf sets the keys of the previous choice to `undefined`
# (`sanitizeDataForNewSchema`), and `propertyNames` would refuse them. `enum` is one of five
# keywords by which JSON Forms recognizes a choice (`structuralKeywords` in renderer.ts).
_IS_NO_DIRECTIVE: JsonDict = {"if": _IS_DIRECTIVE, "then": {"enum": [None]}}


def build_form_schema(schema: JsonObject) -> JsonDict:
    """Return the form schema of an action's fields.

    Titles, descriptions, defaults and `x-` annotations stay on the field. Conditions between fields
    go, because only an event decides whether they hold.
    """
    form = drop_conditions(schema)
    if "properties" in schema:
        fields = {name: _build_field(field) for name, field in iter_fields(schema)}
        return form | {"properties": fields}
    return form | {"additionalProperties": _build_open_value()}


def strip_custom_formats(schema: JsonObject) -> JsonDict:
    """Return a schema of settings without the kit's own formats, unknown to form generators."""
    fields = {name: _strip_custom_format(field) for name, field in iter_fields(schema)}
    return {**schema, "properties": fields}


def _strip_custom_format(field: JsonObject) -> JsonDict:
    is_custom = field.get("format") in _CUSTOM_FORMATS
    return {key: value for key, value in field.items() if not (is_custom and key == "format")}


def _build_field(field: JsonObject) -> JsonDict:
    # Inside of the choices, the type keywords would give a message for each choice that a wrong
    # value does not fit. Beside `oneOf` they give one.
    keywords = {
        key: value
        for key, value in _strip_custom_format(field).items()
        if key in _ANNOTATIONS or key in _TYPE_KEYWORDS or key.startswith("x-")
    }
    # rjsf compares a read-only value with its default by `!==` (`sanitizeDataForNewSchema`). Two
    # equal objects differ by that, and rjsf clears the value. The layouts mark the field as
    # read-only instead.
    keywords.pop("readOnly", None)
    return keywords | {"oneOf": _build_choices(field)}


def _build_choices(field: JsonObject) -> list[JsonDict]:
    literals = [_build_literal_choice(type_name, field) for type_name in _list_literal_types(field)]
    scalars = [literal for literal in literals if literal["type"] in _SCALAR_TYPES]
    directives = [*_iter_directive_choices(scalars)]
    json_values = _build_json_values(_JSON_DEPTH_OF_SCALARS if scalars else _JSON_DEPTH)
    # Without this exclusion a value would fit both raw JSON and another choice, and `oneOf` allows
    # one match only.
    json_choice = _build_json_choice([*directives, {"not": _IS_DIRECTIVE}], json_values)
    return [*literals, *directives, json_choice]


def _build_open_value() -> JsonDict:
    """Return the schema of a value in an open map, which no field describes."""
    *choices, json_choice = _build_choices({"type": ["string", "number", "boolean"]})
    *directives, _ = json_choice["not"]["anyOf"]
    # While a person has not typed the text of a directive, rjsf holds an object with the
    # directive's name only. If no choice fits, `getClosestMatchingOption` in rjsf draws the whole
    # map as another choice.
    return _build_typed_one_of([*choices, _build_json_choice(directives, {})])


def _iter_directive_choices(scalars: list[JsonDict]) -> Iterator[JsonDict]:
    """Yield the choices that read the event.

    `scalars` are the field's literals of a scalar type. Without one, the field takes objects or
    lists, which a template cannot make.
    """
    yield _build_directive_choice("Variable", "@path", {"title": "Event path", "type": "string"})
    if scalars:
        template = {"title": "Template", "type": "string"}
        yield _build_directive_choice("Template", "@template", template)
    exists, then = _build_path("If this exists"), _build_path("then take")
    otherwise = _build_path("otherwise")
    operands = {"exists": exists, "then": then, "else": otherwise}
    yield _build_if_choice("If exists", operands, ["exists", "then"])
    for scalar in scalars[:1]:
        operands = {"exists": exists, "then": then, "else": {**scalar, "title": "otherwise"}}
        title = f"If exists, else {scalar['title'].lower()}"
        # Without a required `else`, the value would fit the previous choice too, and `oneOf` allows
        # one match only.
        yield _build_if_choice(title, operands, [*operands])


def _build_path(title: str) -> JsonDict:
    return _build_directive_choice("", "@path", {"title": title, "type": "string"})


def _build_directive_choice(title: str, directive: str, operand: JsonDict) -> JsonDict:
    return {
        "title": title,
        "type": "object",
        "properties": {directive: operand},
        "required": [directive],
    }


def _build_if_choice(title: str, operands: JsonDict, required: list[str]) -> JsonDict:
    condition: JsonDict = {
        "title": "",
        "type": "object",
        "properties": operands,
        "required": required,
        "additionalProperties": False,
    }
    return _build_directive_choice(title, "@if", condition)


def _build_json_choice(other_choices: list[JsonDict], values: JsonDict) -> JsonDict:
    """Return the choice of raw JSON: an object that fits none of the other choices."""
    others = {"anyOf": [_strip_title(choice) for choice in other_choices]}
    return {"title": "JSON", "type": "object", "additionalProperties": values, "not": others}


def _build_json_values(depth: int) -> JsonDict:
    """Return a schema of JSON values, spelled out for rjsf to this depth and open below it."""
    if not depth:
        return {"type": [*_TITLES, "null"]}
    inner = _build_json_values(depth - 1)
    scalars = [{"title": _TITLES[name], "type": name} for name in ("string", "number", "boolean")]
    array = {"title": _TITLES["array"], "type": "array", "items": inner}
    json_object = {"title": _TITLES["object"], "type": "object", "additionalProperties": inner}
    return _build_typed_one_of([*scalars, array, json_object])


def _build_typed_one_of(choices: list[JsonDict]) -> JsonDict:
    """Return a `oneOf` for list items or values of an open map."""
    # Without `type` beside `oneOf`, rjsf cannot tell the type of such a value (`getSchemaType`),
    # and draws an object.
    types = dict.fromkeys(choice["type"] for choice in choices)
    return {"type": [*types], "oneOf": choices}


def _strip_title(choice: JsonDict) -> JsonDict:
    return {key: value for key, value in choice.items() if key != "title"}


def _list_literal_types(field: JsonObject) -> list[str]:
    """Return the types of a field's literals; a person gives null by leaving the field empty."""
    types = list_types(field)
    if not types:
        return ["object"] if "properties" in field else ["string", "number", "boolean", "object"]
    redundant = {"null", "integer"} if "number" in types else {"null"}
    return [name for name in types if name not in redundant]


def _build_literal_choice(type_name: str, field: JsonObject) -> JsonDict:
    literal = {"title": _TITLES[type_name], **_select_choice_keywords(field), "type": type_name}
    if type_name == "array":
        return literal | {"items": _build_item(get_item_schema(field))}
    return literal | _build_object(field) if type_name == "object" else literal


def _select_choice_keywords(field: JsonObject) -> JsonDict:
    """Return the keywords that belong into a choice, such as `enum`, and not beside the choices."""
    return {
        key: value
        for key, value in field.items()
        if key not in _TYPE_KEYWORDS and key not in _ANNOTATIONS and not key.startswith("x-")
    }


def _build_object(field: JsonObject) -> JsonDict:
    """Return the keywords of a literal object: its fields, each with choices, or an open map."""
    keywords = dict(_IS_NO_DIRECTIVE)
    if "properties" in field:
        inner_fields = iter_fields(field)
        keywords["properties"] = {name: _build_inner_field(inner) for name, inner in inner_fields}
        if not field.get("additionalProperties"):
            return keywords
    return keywords | {"additionalProperties": _build_open_value()}


def _build_inner_field(field: JsonObject) -> JsonDict:
    # The kit applies defaults of whole fields only. With an inner default, the form would fill in a
    # value that a mapping without the form does not have.
    return {key: value for key, value in _build_field(field).items() if key != "default"}


def _build_item(items: JsonObject) -> JsonDict:
    return {
        **_strip_custom_format(items),
        **_build_literal_choice(_list_literal_types(items)[0], items),
    }
