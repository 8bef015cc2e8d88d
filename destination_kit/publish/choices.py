"""The choices of a mapping's field that read the event, and the definitions that fields share."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from destination_kit._json import as_object
from destination_kit.fields import iter_fields
from destination_kit.publish.grammar import (
    HAS_DIRECTIVE_KEY,
    IS_DIRECTIVE,
    NO_DIRECTIVE_KEYS,
    JsonDict,
    build_grammar,
    refer,
)
from destination_kit.publish.literals import MIXED

if TYPE_CHECKING:
    from destination_kit._json import JsonObject

#: Types of the literals that an open map offers.
OPEN_TYPES: Final = ("string", "number", "boolean")
#: Literals of an open map that are written as JSON.
OPEN_LITERALS: Final[Sequence[JsonDict]] = (
    {"type": "array"},
    {"type": "object", **NO_DIRECTIVE_KEYS},
)
_TITLES: Final = {"string": "Text", "number": "Number", "boolean": "Yes or no"}
_JSON_TYPES: Final = ("object", "array", "string", "number", "boolean")
LEAVE_OUT: Final[JsonDict] = {"title": "Leave out", "type": "null"}


class Definitions:
    """The `definitions` of one document: the grammar, and choices that several fields have."""

    def __init__(self, document: str, directives: Collection[str]) -> None:
        #: The `$id` of the document.
        self.document = document
        self._grammar = build_grammar(directives)
        self._choices: dict[str, JsonDict] = {}

    def add(self, choice: JsonDict) -> JsonDict:
        """Return a reference to a choice, which is named after its title."""
        base = str(choice["title"]).lower().replace(",", "").replace(" ", "-")
        number = 1
        while self._choices.setdefault(name := _number(base, number), choice) != choice:
            number += 1
        return refer(name)

    def build(self) -> JsonDict:
        """Return all definitions, those of the choices first."""
        return {**self._choices, **self._grammar}


def _number(base: str, number: int) -> str:
    return base if number == 1 else f"{base}-{number}"


def iter_directive_choices(scalars: Sequence[JsonDict]) -> Iterator[JsonDict]:
    """Yield the choices that read one value of the event.

    `scalars` are the field's literals of a scalar type. Without one, the field takes objects or
    lists, which a template cannot make.
    """
    yield _build_directive("Variable", "@path", {"title": "Event path", "type": "string"})
    if scalars:
        template = {"title": "Template", "type": "string"}
        yield _build_directive("Template", "@template", template)
    exists, then = _build_path("If this exists"), _build_path("then take")
    operands = {"exists": exists, "then": then, "else": _build_path("otherwise")}
    yield _build_if("If exists", operands, ["exists", "then"])
    for scalar in scalars[:1]:
        operands = {"exists": exists, "then": then, "else": {**scalar, "title": "otherwise"}}
        title = f"If exists, else {scalar['title'].lower()}"
        # Without a required `else`, the value would fit the previous choice too, and `oneOf` allows
        # one match only.
        yield _build_if(title, operands, [*operands])


def build_array_choice(items: JsonObject, definitions: Definitions) -> JsonDict:
    """Return the choice of a list of the event, with a row for each field of its items."""
    fields = {
        name: {
            "title": str(field.get("title") or name),
            **({"description": field["description"]} if field.get("description") else {}),
            "oneOf": list_open_choices(definitions, "branch"),
        }
        for name, field in iter_fields(items)
    }
    shape = {
        "title": "Each item",
        "type": "object",
        **NO_DIRECTIVE_KEYS,
        **({"properties": fields} if fields else {}),
        "additionalProperties": build_open_value(definitions, "branch"),
    }
    operand = {
        "title": "",
        "type": "array",
        "items": [{"title": "Event path", "type": "string"}, shape],
        "minItems": 1,
        "maxItems": 2,
    }
    return _build_directive("Array", "@arrayPath", operand)


def build_open_value(definitions: Definitions, grammar: str = "value") -> JsonDict:
    """Return the schema of a value that no field describes."""
    # Without `type` beside `oneOf`, rjsf cannot tell the type of such a value (`getSchemaType`),
    # and draws an object.
    return {"type": [*_JSON_TYPES, "null"], "oneOf": list_open_choices(definitions, grammar)}


def list_open_choices(definitions: Definitions, grammar: str) -> list[JsonDict]:
    """Return the choices of a value that no field describes, as references."""
    literals = [{"title": _TITLES[name], "type": name} for name in OPEN_TYPES]
    drawn = [*iter_directive_choices(literals)]
    other = [*OPEN_LITERALS, *([MIXED] if grammar == "item" else [])]
    json_choice = build_json_choice(drawn, other, {}, definitions, grammar)
    return [definitions.add(choice) for choice in (*literals, *drawn, json_choice, LEAVE_OUT)]


def build_json_choice(
    drawn: Sequence[JsonDict],
    other: Sequence[JsonDict],
    literal: JsonDict,
    definitions: Definitions,
    grammar: str,
) -> JsonDict:
    """Return the choice of JSON: everything that the kit takes, and that no other choice draws.

    Args:
        drawn: The choices of directives.
        other: Schemas of literals that have no choice of their own.
        literal: The schema of what `@literal` may hold.
        definitions: The definitions of the document.
        grammar: The definition that the value follows: `value`, `branch` or `item`.

    """
    directive = {
        **(IS_DIRECTIVE if grammar == "item" else HAS_DIRECTIVE_KEY),
        "allOf": [{"not": {"anyOf": [_strip_titles(choice) for choice in drawn]}}],
        **({"properties": {"@literal": literal}} if literal else {}),
    }
    accepted = {"allOf": [refer(grammar)], "anyOf": [*other, directive]}
    # Form generators validate a choice alone, and resolve references outside of `not` themselves.
    # They would follow the grammar without end, and the URL of the document leads them to it.
    rule = {"not": {"not": _make_absolute(accepted, definitions.document)}}
    types = [*_JSON_TYPES, *(["null"] if grammar == "item" else [])]
    return {"title": "JSON", "type": types, "additionalProperties": True, **rule}


def _make_absolute(schema: Any, document: str) -> Any:
    if isinstance(schema, Mapping):
        return {
            key: document + rule if key == "$ref" else _make_absolute(rule, document)
            for key, rule in schema.items()
        }
    return (
        [_make_absolute(rule, document) for rule in schema] if isinstance(schema, list) else schema
    )


def _strip_titles(schema: JsonDict) -> JsonDict:
    """Return the rules of a choice, without the texts of the choice and its operands."""
    rules = {key: rule for key, rule in schema.items() if key not in ("title", "description")}
    for key in ("properties",):
        if key in rules:
            rules[key] = {name: _strip_titles(rule) for name, rule in rules[key].items()}
    return rules


def _build_path(title: str) -> JsonDict:
    return _build_directive("", "@path", {"title": title, "type": "string"})


def _build_directive(title: str, directive: str, operand: JsonDict) -> JsonDict:
    return {
        "title": title,
        "type": "object",
        "properties": {directive: operand},
        "required": [directive],
        "additionalProperties": False,
    }


def _build_if(title: str, operands: JsonDict, required: list[str]) -> JsonDict:
    condition: JsonDict = {
        "title": "",
        "type": "object",
        "properties": operands,
        "required": required,
        "additionalProperties": False,
    }
    return _build_directive(title, "@if", condition)


def get_properties(schema: JsonDict) -> JsonObject:
    """Return the properties of a choice."""
    return as_object(schema.get("properties"))
