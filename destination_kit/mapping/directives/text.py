"""Directives that work on text: `@case`, `@replace` and `@json`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, TypeAlias

from destination_kit._javascript import (
    parse_json,
    stringify_json,
    to_boolean,
    to_string,
    type_name,
    utf16_length,
)
from destination_kit._json import MISSING
from destination_kit.definitions import Compiler, Directive, Example
from destination_kit.mapping.resolvers import (
    Constant,
    ResolutionError,
    compile_option,
    fail_always,
    join_text,
    unless_failing,
)
from destination_kit.mapping.validation import MAX_REPLACE_LENGTH

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject, Resolver, Value


Change: TypeAlias = Callable[[str], str]

_SPECIAL = re.compile(r"\$[$&`']")
_ASCII = 128
_FLAGS: tuple[tuple[str, bool], ...] = (("ignorecase", False), ("global", True))


@dataclass(frozen=True, slots=True)
class _How:
    ignorecase: bool
    everywhere: bool


def compile_replacement(options: JsonObject) -> Change:
    """Compile `pattern` and `pattern2`; options of a wrong type make every text empty."""
    ignorecase, everywhere = (_option(options, *each) for each in _FLAGS)
    if not isinstance(ignorecase, bool) or not isinstance(everywhere, bool):
        return _emptied
    how = _How(ignorecase, everywhere)
    first = _compile_step(options["pattern"], _option(options, "replacement", ""), how)
    if first is None:
        return _emptied
    second = _compile_step(options.get("pattern2"), _option(options, "replacement2", ""), how)
    return first if second is None else lambda value: second(first(value))


def _option(options: JsonObject, name: str, default: Json) -> Json:
    value: Value = options.get(name)
    return default if value is None or value is MISSING else value


def _emptied(_value: str) -> str:
    return ""


def _compile_step(pattern: Json, replacement: Json, how: _How) -> Change | None:
    if not isinstance(pattern, str) or not pattern or not isinstance(replacement, str):
        return None
    for name, part in (("pattern", pattern), ("replacement", replacement)):
        if utf16_length(part) > MAX_REPLACE_LENGTH:
            return _failing(f"the {name} has more than {MAX_REPLACE_LENGTH} characters: {part!r}")
    if how.ignorecase or _SPECIAL.search(replacement):
        return _by_match(pattern, replacement, how)
    limit = -1 if how.everywhere else 1
    return lambda value: join_text([value.replace(pattern, replacement, limit)])


def _failing(message: str) -> Change:
    def fail(_value: str) -> str:
        raise ResolutionError(message)

    return fail


def _by_match(pattern: str, replacement: str, how: _How) -> Change:
    fold = _folded if how.ignorecase else str
    wanted, limit = fold(pattern), None if how.everywhere else 1

    def change(value: str) -> str:
        return join_text(parts(value, islice(_found(fold(value), wanted), limit)))

    def parts(value: str, places: Iterable[int]) -> Iterator[str]:
        done = 0
        for at in places:
            end = at + len(pattern)
            yield value[done:at]
            yield _expanded(replacement, value, at, end)
            done = end
        yield value[done:]

    return change


def _found(value: str, wanted: str) -> Iterator[int]:
    at = value.find(wanted)
    while at >= 0:
        yield at
        at = value.find(wanted, at + len(wanted))


def _expanded(replacement: str, value: str, start: int, end: int) -> str:
    def special(match: re.Match[str]) -> str:
        match match[0]:
            case "$$":
                return "$"
            case "$&":
                return value[start:end]
            case "$`":
                return value[:start]
            case _:
                return value[end:]

    return _SPECIAL.sub(special, replacement)


def _folded(value: str) -> str:
    """Return the text as a case-insensitive, non-unicode expression compares it."""
    return value.upper() if value.isascii() else "".join(map(_fold, value))


def _fold(char: str) -> str:
    upper = char.upper()
    if char > "\uffff" or len(upper) != 1 or upper > "\uffff":
        return char
    return char if ord(char) >= _ASCII > ord(upper) else upper


def _compile_case(argument: Json, compiler: Compiler) -> Resolver:
    if not isinstance(argument, Mapping):
        return fail_always(f"expected object, found {type_name(argument)}")
    if not to_boolean(operator := argument.get("operator")):
        return fail_always("'operator' is required")

    def change(value: Value) -> Value:
        if not isinstance(value, str):
            return value
        if operator == "lower":
            return value.lower()
        if operator == "upper":
            return value.upper()
        raise ResolutionError(f"'operator' must be 'lower' or 'upper', found {operator!r}")

    return _of_value(change, argument, compiler)


def _compile_replace(argument: Json, compiler: Compiler) -> Resolver:
    if not isinstance(argument, Mapping):
        return fail_always(f"expected object, found {type_name(argument)}")
    if not to_boolean(argument.get("pattern")):
        return fail_always("'pattern' is required")
    replace = compile_replacement(argument)

    def change(value: Value) -> Value:
        if isinstance(value, bool | int | float):
            value = to_string(value)
        return replace(value) if isinstance(value, str) else ""

    return _of_value(change, argument, compiler)


def _of_value(
    change: Callable[[Value], Value], argument: Mapping[str, Json], compiler: Compiler
) -> Resolver:
    """Change the option `value`; a literal one is tried at once, a falsy one is no value."""
    if not to_boolean(argument.get("value")):
        return Constant(MISSING)
    find = compile_option(argument, "value", compiler)
    if isinstance(find, Constant):
        try:
            return Constant(change(find.value))
        except ResolutionError as failure:
            return fail_always(failure.message)
    return unless_failing(lambda event: change(find(event)), find)


def _compile_json(argument: Json, compiler: Compiler) -> Resolver:
    if not isinstance(argument, Mapping):
        return fail_always(f"expected object, found {type_name(argument)}")
    if not to_boolean(mode := argument.get("mode")):
        return fail_always("'mode' is required")
    if not to_boolean(argument.get("value")):
        return fail_always("'value' is required, and must not be false, 0, null or empty text")
    find = compile_option(argument, "value", compiler)
    change = _encoded if mode == "encode" else _decoded if mode == "decode" else _nothing
    return unless_failing(lambda event: change(find(event)), find)


def _encoded(value: Value) -> Value:
    encoded = stringify_json(value)
    return MISSING if encoded is None else join_text([encoded])


def _decoded(value: Value) -> Value:
    if not isinstance(value, str):
        return value
    try:
        return parse_json(value)
    except ValueError:
        return value


def _nothing(_value: Value) -> Value:
    return MISSING


CASE = Directive(
    name="@case",
    compile=_compile_case,
    summary="Text in `lower` or `upper` case; other values pass through.",
    examples=(
        Example(
            {"@case": {"operator": "upper", "value": {"@path": "$.plan"}}}, {"plan": "pro"}, "PRO"
        ),
        Example({"@case": {"operator": "lower", "value": {"@path": "$.plan"}}}, {"plan": 7}, 7),
    ),
)
REPLACE = Directive(
    name="@replace",
    compile=_compile_replace,
    summary=(
        "Text with `pattern` replaced (everywhere unless `global` is false), then `pattern2`; "
        "`$&` in a replacement is what was found."
    ),
    examples=(
        Example(
            {"@replace": {"pattern": "-", "replacement": " ", "value": {"@path": "$.phone"}}},
            {"phone": "555-01-02"},
            "555 01 02",
        ),
        Example(
            {
                "@replace": {
                    "pattern": "a",
                    "replacement": "[$&]",
                    "ignorecase": True,
                    "value": "Ada",
                }
            },
            {},
            "[A]d[a]",
        ),
        Example(
            {"@replace": {"pattern": "x", "global": False, "value": {"@path": "$.id"}}},
            {"id": "xx1"},
            "x1",
        ),
    ),
)
JSON = Directive(
    name="@json",
    compile=_compile_json,
    summary="The value as JSON text (`encode`), or the value that JSON text stands for (`decode`).",
    examples=(
        Example(
            {"@json": {"mode": "encode", "value": {"@path": "$.x"}}}, {"x": [1.0, "é"]}, '[1,"é"]'
        ),
        Example(
            {"@json": {"mode": "decode", "value": {"@path": "$.x"}}}, {"x": '{"a": 1}'}, {"a": 1}
        ),
        Example({"@json": {"mode": "decode", "value": {"@path": "$.x"}}}, {"x": "{oops"}, "{oops"),
    ),
)
