"""Literals of a field that the kit takes, beside those of the field's own types.

The kit converts a literal of another type, such as the text "5" for a number, drops null and empty
text, and cannot judge an object or a list of which the event decides a part.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from destination_kit._json import as_array, as_object
from destination_kit.fields import list_types
from destination_kit.publish.grammar import (
    HAS_DIRECTIVE_KEY,
    IS_DIRECTIVE,
    NO_DIRECTIVE_KEYS,
    JsonDict,
    refer,
)

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject

#: Where a field stands: in a mapping, in an object, or in a list.
Position: TypeAlias = Literal["field", "member", "item"]

SCALAR_TYPES: Final = ("string", "number", "integer", "boolean")
ALL_TYPES: Final = ("string", "number", "boolean", "object")
TYPE_KEYWORDS: Final = frozenset(
    {
        *("format", "pattern", "minLength", "maxLength", "minItems", "maxItems", "uniqueItems"),
        *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    }
)
CHOICE_KEYWORDS: Final = ("enum", "oneOf", "const", "anyOf")
#: Formats that check nothing.
OPEN_FORMATS: Final = frozenset({"password", "text", "binary", "float", "double"})
#: In a list, a directive beside other names is plain data.
MIXED: JsonDict = {
    "type": "object",
    "not": {"anyOf": [NO_DIRECTIVE_KEYS, {"propertyNames": IS_DIRECTIVE["propertyNames"]}]},
}
# `Number(text)` of JavaScript (ECMA-262, StringNumericLiteral).
_DIGITS = r"\d+\.?\d*([eE][+-]?\d+)?|\.\d+([eE][+-]?\d+)?"
_RADIX = r"0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+"
_NUMBER = rf"^\s*([+-]?(Infinity|{_DIGITS})|{_RADIX})?\s*$"
_WHOLE_NUMBER = rf"^\s*([+-]?(Infinity|\d+(\.0*)?([eE]\+?\d+)?)|{_RADIX})?\s*$"


def list_literal_types(field: JsonObject) -> list[str]:
    """Return the types of a field's literals; a person gives null by leaving the field out."""
    types = list_types(field)
    if not types:
        return ["object"] if "properties" in field else [*ALL_TYPES]
    redundant = {"null", "integer"} if "number" in types else {"null"}
    return [name for name in types if name not in redundant]


def is_nullable(field: JsonObject, *, required: bool) -> bool:
    """Return whether the kit takes null for a field."""
    return not required or "null" in list_types(field)


def get_grammar(position: Position) -> str:
    """Return the definition of the grammar that a value at this position follows."""
    return "item" if position == "item" else "value"


def build_literal_operand(
    field: JsonObject, other: Sequence[JsonDict], position: Position, *, required: bool
) -> JsonDict:
    """Return the schema of what `@literal` may hold in a field."""
    if not list_types(field) and "properties" not in field and not required:
        return {}
    own = [
        _build_own(name, field, position, required=required) for name in list_literal_types(field)
    ]
    empty = [{"type": "null"}] if is_nullable(field, required=required) else []
    if position == "field" and not required:
        empty.append({"const": ""})
    literal = {"anyOf": [*own, *other, *empty, {**HAS_DIRECTIVE_KEY, **refer_computed()}]}
    nested = {"type": "object", "required": ["@literal"], "properties": {"@literal": literal}}
    return {"anyOf": [*literal["anyOf"], nested]}


def refer_computed() -> JsonDict:
    """Return the rule of a value that depends on the event."""
    return {"allOf": [refer("computed")]}


def _build_own(
    type_name: str, field: JsonObject, position: Position, *, required: bool
) -> JsonDict:
    """Return the schema of a literal of one of the field's own types."""
    if type_name not in SCALAR_TYPES:
        return {"type": type_name, **(NO_DIRECTIVE_KEYS if type_name == "object" else {})}
    rules = {"type": type_name, **_select_rules(field)}
    if type_name == "string" and position == "field" and required:
        rules["minLength"] = max(1, int(rules.get("minLength", 1)))
    return rules


def list_other_literals(field: JsonObject, position: Position, *, required: bool) -> list[JsonDict]:
    """Return schemas of the literals that the kit takes and that no choice of the field draws.

    None of them takes a value that another one takes, or an object with a directive.
    """
    types = list_literal_types(field)
    other = [
        *_list_converted(field, types, position),
        *_list_empty(field, types, position, required=required),
    ]
    if not list_types(field) and "properties" not in field:
        return [*other, {"type": "array"}]
    if "array" not in types:
        other.append(_build_single(field, types, position))
    # A field that takes lists only puts an object into one, and an item of another type is refused.
    is_wrapped = position == "field" and list_types(field) == ("array",)
    if "object" not in types and not is_wrapped:
        other.append({"type": "object", **refer_computed(), **NO_DIRECTIVE_KEYS})
    if position == "item":
        other.append(MIXED if "object" in types else {**MIXED, **refer_computed()})
    return other


def _list_converted(field: JsonObject, types: Sequence[str], position: Position) -> list[JsonDict]:
    if list_types(field) == ("array",):
        wrapped = _list_wrapped(as_object(field.get("items")))
        # Only a whole field that takes lists puts an object into one.
        return [rule for rule in wrapped if position == "field" or rule.get("type") != "object"]
    if not list_types(field):
        return []
    if "string" in types:
        return _list_text_like(field, types)
    if "number" in types or "integer" in types:
        return _list_number_like(field, types)
    return _list_boolean_like(field) if "boolean" in types else []


def _list_wrapped(items: JsonObject) -> list[JsonDict]:
    """Return the literals that become the only item of a list."""
    types = list_literal_types(items)
    if not items or not list_types(items):
        return [{"type": ["string", "number", "boolean"], "minLength": 1}, _PLAIN_OBJECT]
    own = [
        {"type": name, **_select_rules(items), **({"minLength": 1} if name == "string" else {})}
        for name in types
        if name in SCALAR_TYPES
    ]
    wrapped = [*own, *_list_converted(items, types, "item")]
    required = {"required": items["required"]} if items.get("required") else {}
    return [*wrapped, {**_PLAIN_OBJECT, **required}] if "object" in types else wrapped


_PLAIN_OBJECT: JsonDict = {"type": "object", **NO_DIRECTIVE_KEYS}


def _list_text_like(field: JsonObject, types: Collection[str]) -> list[JsonDict]:
    others = [name for name in ("number", "boolean") if name not in types]
    if "integer" in types:
        others.remove("number")
    constants = list_constants(field)
    if constants is not None:
        return [{"enum": same}] if (same := _list_same(constants, others)) else []
    return [] if _is_bounded(field) or not others else [{"type": others}]


def list_constants(field: JsonObject) -> list[Json] | None:
    """Return the values that a field may have; None if it has no list of them."""
    if "enum" in field:
        return [*as_array(field["enum"])]
    if "const" in field:
        return [field["const"]]
    branches = [as_object(branch) for branch in as_array(field.get("oneOf"))]
    if not branches or not all("const" in branch for branch in branches):
        return None
    return [branch["const"] for branch in branches]


def _list_same(constants: Collection[Json], types: Collection[str]) -> list[Json]:
    """Return the numbers and booleans whose text is among the constants."""
    same: list[Json] = []
    if "boolean" in types:
        same += [value for value in (True, False) if str(value).lower() in constants]
    if "number" in types:
        # The shortest text of a number alone is its text in JavaScript too: not "05", not "5.0".
        digits = [text for text in constants if isinstance(text, str) and text.isdecimal()]
        same += [int(text) for text in digits if str(int(text)) == text and int(text) < 2**53]
    return same


def _list_same_number(constants: Collection[Json], types: Collection[str]) -> list[Json]:
    """Return the booleans and plain texts that become one of the constants."""
    numbers = [n for n in constants if isinstance(n, int | float) and not isinstance(n, bool)]
    same: list[Json] = [str(number) for number in numbers]
    return same if "boolean" in types else [*same, *(bool(n) for n in numbers if n in (0, 1))]


def _list_number_like(field: JsonObject, types: Collection[str]) -> list[JsonDict]:
    constants = list_constants(field)
    if constants is not None:
        return [{"enum": same}] if (same := _list_same_number(constants, types)) else []
    if _is_bounded(field):
        return []
    pattern = _NUMBER if "number" in types else _WHOLE_NUMBER
    other = [] if "boolean" in types else [{"type": "boolean"}]
    return [{"type": "string", "minLength": 1, "pattern": pattern}, *other]


def _list_boolean_like(field: JsonObject) -> list[JsonDict]:
    constants = list_constants(field)
    values = [value for value in (True, False) if constants is None or value in constants]
    return [{"enum": [spelling for value in values for spelling in _SPELLINGS[value]]}]


_SPELLINGS: Final[dict[bool, tuple[str, int]]] = {True: ("true", 1), False: ("false", 0)}


def _is_bounded(field: JsonObject) -> bool:
    rules = {key for key in field if key in TYPE_KEYWORDS or key in CHOICE_KEYWORDS}
    return bool(rules - {"format"}) or field.get("format", "text") not in OPEN_FORMATS


def _list_empty(
    field: JsonObject, types: Sequence[str], position: Position, *, required: bool
) -> list[JsonDict]:
    """Return the literals that the kit drops as empty; null is a choice of its own."""
    is_text = "string" in types
    is_dropped = position == "field" or not is_text
    is_own = is_text and list_constants(field) is None
    if position == "item":
        # A list drops its empty items.
        return [{"type": "null"}] if is_text else [{"enum": ["", None]}]
    return [{"const": ""}] if is_dropped and not is_own and not required else []


def _build_single(field: JsonObject, types: Sequence[str], position: Position) -> JsonDict:
    """Return the schema of lists with one item, which stands for the list, or computed ones."""
    single = _list_single(field, types, position)
    if not single:
        return {"type": "array", **refer_computed()}
    only = {
        "minItems": 1,
        "maxItems": 1,
        "items": _allow_literal(_allow_literal({"anyOf": single})),
    }
    return {"type": "array", "anyOf": [only, *refer_computed()["allOf"]]}


def _list_single(field: JsonObject, types: Sequence[str], position: Position) -> list[JsonDict]:
    """Return the schemas of the only item of a list that stands for it."""
    single = _list_converted(field, types, position)
    given = list_types(field)
    if len(given) == 1:
        # A list of several types takes an item only if it has to convert it, as Ajv does.
        own = [{"type": name, **_select_rules(field)} for name in types if name in SCALAR_TYPES]
        single = [*own, *single]
    constants = list_constants(field)
    zeros = [_ZEROS[name] for name in types if name in _ZEROS]
    is_taken = not _is_bounded(field) if constants is None else any(z in constants for z in zeros)
    if zeros and is_taken:
        single.append({"type": "null"})
    if "null" in given:
        single.append({"enum": ["", False, 0, *([None] if position == "field" else [])]})
    return single


#: What null becomes as a value of each type.
_ZEROS: Final[dict[str, Json]] = {"string": "", "number": 0, "integer": 0, "boolean": False}


def _allow_literal(schema: JsonDict) -> JsonDict:
    """Return the schema of a value, or of a `@literal` that holds it."""
    directive = {**IS_DIRECTIVE, "required": ["@literal"], "properties": {"@literal": schema}}
    return {"anyOf": [schema, directive]}


def _select_rules(field: JsonObject) -> JsonDict:
    return {
        key: rule
        for key, rule in field.items()
        if key in TYPE_KEYWORDS | {*CHOICE_KEYWORDS}
        and not (key == "format" and rule in ("date-like", *OPEN_FORMATS))
    }
