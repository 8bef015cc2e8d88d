"""What in a request is certain to fail, whatever the event: the reasons of row D7.

A directive is looked at alone; that the reference fails with it for every event is asked of the
reference itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from destination_kit._json import pointer

Message: TypeAlias = dict[str, Any]
Allows: TypeAlias = Callable[[Any], bool]

_TEXTS = frozenset({"@path", "@template"})
_OTHERS = frozenset({"@arrayPath", "@excludeWhenNull", "@literal"})
_LONGEST = 10  # UTF-16 code units that a pattern or a replacement may have
_KINDS = frozenset({"event-type", "event", "name", "userId"})
_OPERATORS = frozenset(
    [
        "=",
        "!=",
        "<",
        "<=",
        ">",
        ">=",
        "contains",
        "not_contains",
        "starts_with",
        "not_starts_with",
        "ends_with",
        "not_ends_with",
        "exists",
        "not_exists",
        "is_true",
        "is_false",
        "number_equals",
        "number_not_equals",
    ]
)


def directives(mapping: object, *at: str | int) -> Iterator[tuple[str, Message]]:
    """Yield every directive that a mapping holds, at any depth, with its JSON Pointer."""
    if isinstance(mapping, dict):
        if any(key.startswith("@") for key in mapping):
            yield pointer(*at), mapping
        for key, each in mapping.items():
            yield from directives(each, *at, key)
    elif isinstance(mapping, list):
        for index, each in enumerate(mapping):
            yield from directives(each, *at, index)


def is_faulty(directive: Message) -> bool:
    """Return whether a directive is malformed, or gets what it cannot work with.

    Any Liquid may be: what it cannot read, only the reference can tell.
    """
    names = [key for key in directive if key.startswith("@")]
    if len(names) > 1 or directive.keys() - {*names, "_metadata"}:
        return True
    name, given = names[0], directive[names[0]]
    if name == "@if":
        return not isinstance(given, dict) or _is_blank(given.get("exists") or given.get("blank"))
    if name in _OPTIONS:
        return not isinstance(given, dict) or not _is_complete(_OPTIONS[name], given)
    if name in _TEXTS:
        return not isinstance(given, str)
    return name not in _OTHERS or (name == "@arrayPath" and not isinstance(given, list))


def bad_limits(fields: object) -> set[str]:
    """Return the places, in the schema of field definitions, of limits that no schema can have."""
    return set(_bad_limits(fields)) if isinstance(fields, dict) else set()


def odd_parts(tree: object, *at: str | int) -> Iterator[str]:
    """Yield the places of a trigger's tree that mean nothing: they are about what no event has."""
    if not isinstance(tree, dict):
        yield pointer(*at)
    elif tree.get("type") == "group":
        if tree.get("operator") not in ("and", "or"):
            yield pointer(*at, "operator")
        for index, each in enumerate(tree.get("children") or ()):
            yield from odd_parts(each, *at, "children", index)
    else:
        kind = str(tree.get("type"))
        is_named = kind in ("event-property", "event-trait", "event-context")
        if not is_named and kind not in _KINDS:
            yield pointer(*at, "type")
        if tree.get("operator") not in _OPERATORS:
            yield pointer(*at, "operator")
        if is_named and not _names_something(tree.get("name")):
            yield pointer(*at, "name")


def _names_something(name: object) -> bool:
    return isinstance(name, str) and name.strip("[.]") != ""


def _is_complete(options: Mapping[str, Allows], given: Message) -> bool:
    """Return whether every option allows what is given for it, or that nothing is."""
    return all(allows(given.get(option, _UNDEFINED)) for option, allows in options.items())


def _is_blank(value: Any) -> bool:
    return not value or (isinstance(value, dict) and value.get("$js") in _BLANK_TAGS)


def _is_directive(value: Any) -> bool:
    return isinstance(value, dict) and any(key.startswith("@") for key in value)


def _one_of(*words: str) -> Allows:
    """Allow words however they are written; the operator of `@case` is written in one way only."""
    return lambda value: isinstance(value, str) and value.lower() in words


def _short(value: Any) -> bool:
    return isinstance(value, str) and len(value.encode("utf-16-le")) // 2 <= _LONGEST


def _text_or_directive(value: Any) -> bool:
    return isinstance(value, str) or _is_directive(value)


def _perhaps(allows: Allows) -> Allows:
    return lambda value: value == _UNDEFINED or allows(value)


def _works(apply: Any) -> bool:
    is_object = isinstance(apply, dict) and apply != _UNDEFINED
    return is_object and not any(is_faulty(each) for _, each in directives(apply))


_UNDEFINED = {"$js": "undefined"}
_BLANK_TAGS = frozenset({"undefined", "NaN", "-0"})
_SWITCH = _perhaps(lambda value: isinstance(value, bool))
_OPTIONS: Mapping[str, Mapping[str, Allows]] = {
    "@case": {
        "operator": lambda value: value in ("lower", "upper"),
        "value": _perhaps(_text_or_directive),
    },
    "@flatten": {"separator": lambda value: isinstance(value, str) and value != ""},
    "@json": {"mode": _one_of("encode", "decode"), "value": lambda value: not _is_blank(value)},
    "@merge": {
        "direction": _one_of("left", "right"),
        "objects": lambda value: isinstance(value, list),
    },
    "@replace": {
        "pattern": lambda value: _short(value) and value != "",
        "replacement": _perhaps(_short),
        "pattern2": _perhaps(_short),
        "replacement2": _perhaps(_short),
        "ignorecase": _SWITCH,
        "global": _SWITCH,
        "value": _text_or_directive,
    },
    "@transform": {"mapping": lambda value: not _is_blank(value), "apply": _works},
}


def _bad_limits(fields: Message, *at: str) -> Iterator[str]:
    for name, field in fields.items():
        here = (*at, "properties", name)
        for limit in ("minimum", "maximum"):
            given = field.get(limit)
            if field.get("type") == "string" and given and (given < 0 or given % 1):
                yield pointer(*here, f"{limit[:3]}Length")
        inner = ("items",) if field.get("multiple") else ()
        if isinstance(field.get("properties"), dict):
            yield from _bad_limits(field["properties"], *here, *inner)
