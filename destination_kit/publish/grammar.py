"""The grammar of mapping values as JSON Schema: the kit's rules for each directive.

`compile_mapping` checks a value in two ways: a rule for each directive's argument, and whether the
directive would fail for every event. Both hold in a field. A branch of `@if` and the shape of
`@arrayPath` may fail for some events, so only the rules hold there. Inside a list only the second
check holds, as in the reference. So `value`, `branch` and `item` are three definitions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from destination_kit.mapping import DIRECTIVES
from destination_kit.mapping.validation import MAX_REPLACE_LENGTH, METADATA_KEY
from destination_kit.publish.directive_texts import DIRECTIVE_TEXTS, METADATA_TEXT, OPTION_TEXTS

#: A JSON object that is still being built.
JsonDict: TypeAlias = dict[str, Any]

# The limit of `compile_liquid`. Its module imports python-liquid, which may be absent.
_MAX_LIQUID_LENGTH = 1_000
NO_DIRECTIVE_KEYS: JsonDict = {"propertyNames": {"not": {"pattern": "^@"}}}
HAS_DIRECTIVE_KEY: JsonDict = {"type": "object", "not": NO_DIRECTIVE_KEYS}
IS_DIRECTIVE: JsonDict = {
    **HAS_DIRECTIVE_KEY,
    "propertyNames": {"pattern": f"^(@|{METADATA_KEY}$)"},
}
_EMPTY: JsonDict = {"enum": ["", None, False, 0]}
_EMPTY_LIQUID: JsonDict = {"required": ["@liquid"], "properties": {"@liquid": {"const": ""}}}
_TRUTHY: JsonDict = {"not": _EMPTY}
_TEXT: JsonDict = {"type": "string"}
_REPLACEMENT: JsonDict = {"type": "string", "maxLength": MAX_REPLACE_LENGTH}


def _build_bounded_pair(pattern: str, replacement: str) -> JsonDict:
    """Return the schema of a pair that `@replace` skips, or whose texts are short enough."""
    bounded = {"anyOf": [{"maxLength": MAX_REPLACE_LENGTH}, {"not": _TEXT}]}
    return {
        "anyOf": [
            {"properties": {pattern: bounded, replacement: bounded}},
            {"properties": {pattern: {"anyOf": [{"const": ""}, {"not": _TEXT}]}}},
            {
                "required": [replacement],
                "properties": {replacement: {"not": {"type": ["string", "null"]}}},
            },
        ]
    }


# With a flag of another type, `@replace` makes every text empty.
_MISTYPED_FLAGS = [
    {"required": [flag], "properties": {flag: {"not": {"type": ["boolean", "null"]}}}}
    for flag in ("ignorecase", "global")
]
_FIRST_PAIR = _build_bounded_pair("pattern", "replacement")
_SECOND_PAIR = _build_bounded_pair("pattern2", "replacement2")


def build_grammar(directives: Iterable[str] = DIRECTIVES) -> JsonDict:
    """Return the definitions of the grammar, for a mapping with these directives.

    The argument of a plugin's directive may be any value.
    """
    return _Grammar(tuple(directives)).build()


def refer(name: str, document: str = "") -> JsonDict:
    """Return a reference to a definition of the grammar, in the document with this `$id`."""
    return {"$ref": f"{document}#/definitions/{name}"}


class _Grammar:
    """The definitions of one document."""

    def __init__(self, directives: tuple[str, ...]) -> None:
        self._directives = directives
        #: Directive -> the schema of its argument in a field, in a branch, and in a list.
        self._arguments: dict[str, Callable[[str], JsonDict]] = {
            "@path": self._text,
            "@template": self._text,
            "@literal": self._literal,
            "@excludeWhenNull": self._literal,
            "@if": self._if,
            "@case": self._case,
            "@replace": self._replace,
            "@arrayPath": self._array_path,
            "@flatten": self._flatten,
            "@json": self._json,
            "@merge": self._merge,
            "@transform": self._transform,
            "@liquid": self._liquid,
        }

    def build(self) -> JsonDict:
        return {
            "mapping": {
                "type": "object",
                **NO_DIRECTIVE_KEYS,
                "additionalProperties": refer("value"),
            },
            "value": self._value("value"),
            "composite": self._composite("value"),
            "directive": _is_directive("composite"),
            "branch": self._value("branch"),
            "branchComposite": self._composite("branch"),
            "branchDirective": _is_directive("branchComposite"),
            "item": self._item(),
            "alone": self._alone(),
            "computed": self._computed(),
            "neverText": self._never_text(),
        }

    def _value(self, mode: str) -> JsonDict:
        items = {"items": refer("item")} if mode == "value" else {}
        composite = "composite" if mode == "value" else "branchComposite"
        return {
            "title": "Value",
            "description": "A literal, an array or object of values, or a directive. A key that starts with `@` makes an object a directive.",
            "anyOf": [
                {"type": ["string", "number", "boolean", "null"]},
                {"type": "array", **items},
                refer(composite),
            ],
        }

    def _composite(self, mode: str) -> JsonDict:
        value = refer(mode)
        return {
            "title": "Object or directive",
            "description": "An object of values, or a directive: one key that starts with `@`.",
            "type": "object",
            "properties": {
                **{name: self._argument(name, mode) for name in self._directives},
                METADATA_KEY: dict(METADATA_TEXT),
            },
            "additionalProperties": value,
            "anyOf": [
                {**NO_DIRECTIVE_KEYS, "properties": {METADATA_KEY: value}},
                refer("alone"),
            ],
        }

    def _alone(self) -> JsonDict:
        metadata = {"required": [METADATA_KEY]}
        return {
            "title": "Alone",
            "description": "A directive that is installed, with no other key beside it.",
            "propertyNames": {"enum": [*self._directives, METADATA_KEY]},
            "minProperties": 1,
            "anyOf": [
                {"maxProperties": 1, "not": metadata},
                {**metadata, "minProperties": 2, "maxProperties": 2},
            ],
        }

    def _item(self) -> JsonDict:
        """Return the schema of a value in a list, where an `@` key beside others is plain data."""
        arguments = {name: self._argument(name, "item") for name in self._directives}
        return {
            "items": refer("item"),
            "if": IS_DIRECTIVE,
            "then": {
                "properties": {**arguments, METADATA_KEY: True},
                "additionalProperties": False,
            },
            "else": {"additionalProperties": refer("item")},
        }

    def _argument(self, name: str, mode: str) -> JsonDict:
        build = self._arguments.get(name)
        # The texts are for editors, which complete in fields and branches.
        texts = {} if mode == "item" else DIRECTIVE_TEXTS.get(name, {})
        return {**texts, **(build(mode) if build else {})}

    def _computed(self) -> JsonDict:
        """Return the schema of a value that depends on the event, wholly or in a part."""
        computed = refer("computed")
        directive = {
            "propertyNames": {"pattern": f"^(@|{METADATA_KEY}$)"},
            "not": {"anyOf": [NO_DIRECTIVE_KEYS, {"required": ["@literal"]}]},
        }
        return {
            "anyOf": [
                {"type": "array", "contains": computed},
                {"type": "object", **directive},
                {"type": "object", "not": {"additionalProperties": {"not": computed}}},
            ]
        }

    def _never_text(self) -> JsonDict:
        """Return the schema of directives that yield the same for each event, and never a text."""
        given = [{"type": "string", "minLength": 1}, IS_DIRECTIVE, refer("computed")]
        absent = {"properties": {"value": {"not": {"anyOf": given}}}}
        unfit = {
            "properties": {"value": refer("neverText")},
            "required": ["value"],
        }
        constant = {"not": {"anyOf": [_TEXT, refer("computed"), HAS_DIRECTIVE_KEY]}}
        return {
            "type": "object",
            "anyOf": [
                {
                    "required": ["@literal"],
                    "properties": {"@literal": {"anyOf": [constant, refer("neverText")]}},
                },
                {"required": ["@case"], "properties": {"@case": {"anyOf": [absent, unfit]}}},
                {
                    "required": ["@replace"],
                    "properties": {"@replace": {"properties": {"value": _EMPTY}}},
                },
            ],
        }

    def _text(self, mode: str) -> JsonDict:
        """Return the schema of a text, or of a directive that yields one."""
        never = {"not": refer("neverText")}
        if mode == "item":
            computed = {"allOf": [refer("item"), refer("computed")]}
            literal = {"allOf": [refer("item"), IS_DIRECTIVE, never]}
            return {"anyOf": [_TEXT, computed, literal]}
        directive = self._directive(mode)
        return {"anyOf": [_TEXT, {"allOf": [directive, never]} if mode == "value" else directive]}

    def _directive(self, mode: str) -> JsonDict:
        return refer({"value": "directive", "branch": "branchDirective", "item": "item"}[mode])

    def _text_or_directive(self, mode: str) -> JsonDict:
        return {} if mode == "item" else {"anyOf": [_TEXT, self._directive(mode)]}

    def _object(self, mode: str) -> JsonDict:
        """Return the schema of an object, or of a directive that yields one."""
        return refer({"value": "composite", "branch": "branchComposite", "item": "item"}[mode])

    def _literal(self, mode: str) -> JsonDict:
        """Return the schema of any value, in which only a directive follows the rules."""
        if mode == "item":
            return refer("item")
        rest = refer("item") if mode == "value" else {}
        return {"if": HAS_DIRECTIVE_KEY, "then": self._directive(mode), "else": rest}

    def _options(self, mode: str, required: list[str], options: JsonDict) -> JsonDict:
        described = {
            name: {**OPTION_TEXTS.get(name, {}), **option} if mode != "item" else option
            for name, option in options.items()
        }
        schema: JsonDict = {"type": "object", "required": required, "properties": described}
        if mode == "item":
            return schema
        return schema | NO_DIRECTIVE_KEYS | {"additionalProperties": refer("branch")}

    def _if(self, mode: str) -> JsonDict:
        names = ("exists", "blank", "then", "else")
        anything = {} if mode == "item" else refer("branch")
        schema = self._options(mode, [], dict.fromkeys(names, anything))
        if mode == "branch":
            return schema
        value = refer(mode)
        truthy = {"allOf": [value, _TRUTHY]}
        return schema | {
            "anyOf": [
                {"required": ["exists"], "properties": {"exists": truthy}},
                {
                    "required": ["exists", "blank"],
                    "properties": {"exists": value, "blank": _TRUTHY},
                },
                {
                    "required": ["blank"],
                    "properties": {"blank": truthy},
                    "not": {"required": ["exists"]},
                },
            ]
        }

    def _case(self, mode: str) -> JsonDict:
        value = self._text_or_directive(mode)
        if mode == "branch":
            return self._options(mode, [], {"operator": _TEXT, "value": value})
        operator = _TRUTHY if mode == "item" else {"type": "string", "minLength": 1}
        schema = self._options(mode, ["operator"], {"operator": operator, "value": value})
        # A literal text is converted at once, and another operator than these two is an error.
        known = {"properties": {"operator": {"enum": ["lower", "upper"]}}}
        rules = [known, self._has_unknown_text()]
        if mode == "value":
            # An editor would underline an operator of another type twice.
            rules.append({"properties": {"operator": {"not": _TEXT}}})
        return schema | {"anyOf": rules, **self._find(mode)}

    def _replace(self, mode: str) -> JsonDict:
        # A literal text is replaced at once, and a pair that is too long is an error.
        unknown = self._has_unknown_text("number", "boolean")
        bounds = [{"allOf": [_FIRST_PAIR, _SECOND_PAIR]}, unknown, *_MISTYPED_FLAGS]
        if mode == "item":
            schema = self._options(mode, ["pattern"], {"pattern": _TRUTHY})
            return schema | self._find(mode) | {"anyOf": bounds}
        options = {
            "pattern": {**_REPLACEMENT, "minLength": 1},
            "replacement": _REPLACEMENT,
            "pattern2": refer("branch"),
            "replacement2": refer("branch"),
            "value": self._text_or_directive(mode),
            "ignorecase": {"type": "boolean"},
            "global": {"type": "boolean"},
        }
        schema = self._options(mode, ["pattern", "value"], options)
        if mode == "branch":
            return schema
        return schema | {"anyOf": bounds}

    def _has_unknown_text(self, *types: str) -> JsonDict:
        """Return the schema of options whose `value` is not given by a literal of these types."""
        literal = {"type": ["string", *types], "minLength": 1}
        constant = {"not": {"anyOf": [literal, IS_DIRECTIVE]}}
        computed = {"allOf": [refer("computed"), {"not": _EMPTY_LIQUID}]}
        return {"properties": {"value": {"anyOf": [constant, computed, refer("neverText")]}}}

    def _find(self, mode: str) -> JsonDict:
        """Return the rule of an option `value` in a list, which is compiled unless it is empty."""
        if mode != "item":
            return {}
        value = {"anyOf": [_EMPTY, refer("item")]}
        return {"allOf": [{"properties": {"value": value}}]}

    def _flatten(self, mode: str) -> JsonDict:
        if mode == "branch":
            value = refer("branch")
            options = {"value": value, "separator": _TEXT, "omitArrays": value}
            return self._options(mode, ["value"], options)
        if mode == "item":
            computed: JsonDict = {"allOf": [_TRUTHY, self._text(mode)]}
            options = {"separator": computed, "value": refer("item")}
            return self._options(mode, ["separator"], options)
        separator: JsonDict = {"type": "string", "minLength": 1}
        options = {"value": refer("value"), "separator": separator, "omitArrays": refer("branch")}
        return self._options(mode, ["value", "separator"], options)

    def _json(self, mode: str) -> JsonDict:
        if mode == "item":
            options = {"mode": _TRUTHY, "value": {"allOf": [_TRUTHY, refer("item")]}}
            return self._options(mode, ["mode", "value"], options)
        direction: JsonDict = {
            "type": "string",
            "pattern": "^([Ee][Nn]|[Dd][Ee])[Cc][Oo][Dd][Ee]$",
            "examples": ["encode", "decode"],
        }
        value = refer("branch")
        if mode == "value":
            value = {"allOf": [refer("value"), _TRUTHY]}
        return self._options(mode, ["value", "mode"], {"value": value, "mode": direction})

    def _merge(self, mode: str) -> JsonDict:
        if mode == "item":
            objects = {"type": "array", "items": refer("item")}
            options = {"objects": objects, "direction": {"allOf": [_TRUTHY, refer("item")]}}
            return self._options(mode, ["objects", "direction"], options)
        objects = {"type": "array", "items": self._object(mode)}
        direction: JsonDict = {
            "type": "string",
            "pattern": "^([Ll][Ee][Ff][Tt]|[Rr][Ii][Gg][Hh][Tt])$",
            "examples": ["left", "right"],
        }
        required = ["objects", "direction"] if mode == "value" else ["objects"]
        return self._options(mode, required, {"objects": objects, "direction": direction})

    def _transform(self, mode: str) -> JsonDict:
        if mode == "item":
            # `apply` is a mapping of its own, so its rules hold inside a list too.
            options = {
                "apply": refer("composite"),
                "mapping": {"allOf": [_TRUTHY, refer("item")]},
            }
        else:
            options = {"apply": self._object(mode), "mapping": self._object(mode)}
        return self._options(mode, ["apply", "mapping"], options)

    def _array_path(self, mode: str) -> JsonDict:
        if mode == "item":
            return {"type": "array", "items": [refer("item")]}
        return {
            "type": "array",
            "minItems": 1,
            "items": [self._text_or_directive(mode), refer("branch")],
        }

    def _liquid(self, mode: str) -> JsonDict:
        return _TEXT if mode == "branch" else {"type": "string", "maxLength": _MAX_LIQUID_LENGTH}


def _is_directive(composite: str) -> JsonDict:
    return {
        "title": "Directive",
        "description": "One key that starts with `@`, and its argument.",
        "allOf": [
            refer(composite),
            refer("alone"),
        ],
    }
