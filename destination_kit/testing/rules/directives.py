"""Rules of directives: their examples, and events without the values that they read."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any, Final

from destination_kit._json import MISSING, Json, JsonObject, Value, pointer
from destination_kit.directive_interface import Directive, Example
from destination_kit.errors import PayloadValidationError, Problem, describe_fault
from destination_kit.mapping import DIRECTIVES, analyze_mapping

_KINDS: Final[Mapping[str, Value]] = {"missing": MISSING, "null": None}
# Characters of a result in a message.
_SHOWN: Final = 200


def check_directive(directive: Directive) -> None:
    """Raise `AssertionError` where a directive breaks a rule, with a sentence for each.

    Each example has to give its result. An event without the values that an example reads, or with
    null in their place, has to give no value or null: else all such events get one identical value.
    Where another result is meant, such as a fallback, an example with such an event declares it. A
    directive may also raise `PayloadValidationError`, which fails that event alone.
    """
    if problems := tuple(find_directive_problems(directive)):
        lines = (f"- {found.path} {found.code}: {found.message}" for found in problems)
        raise AssertionError("\n".join((f"{directive.name} breaks the rules:", *lines)))


def find_directive_problems(directive: Directive) -> Iterator[Problem]:
    """Yield the rules that a directive breaks, with a JSON Pointer into its record."""
    if not directive.examples:
        yield Problem("/examples", "EXAMPLE", "add an example: without one nothing can be tested")
    for index, example in enumerate(directive.examples):
        yield from _check_example(directive, example, pointer("examples", index))


def _check_example(directive: Directive, example: Example, path: str) -> Iterator[Problem]:
    compiled = analyze_mapping(
        example.mapping, directives={**DIRECTIVES, directive.name: directive}
    )
    if compiled.problems:
        yield Problem(path, "EXAMPLE", f"its mapping cannot be used: {compiled.problems[0]}")
        return

    def resolve(event: JsonObject) -> Value:
        result: Value = copy.deepcopy(compiled.resolve(copy.deepcopy(dict(event))))
        return result

    fault, result = _run(resolve, example.event)
    if fault or not _is_same(result, example.result):
        message = fault or f"it gives {_show(result)}, and the example says {_show(example.result)}"
        yield Problem(path, "EXAMPLE", message)
        return
    for kind, value in _KINDS.items() if compiled.paths_read else ():
        event = example.event
        for read in compiled.paths_read:
            event = _with_value(event, read.split("."), value)
        fault, result = _run(resolve, event)
        if fault:
            message = f"with {kind} values, as in the event {_show(event)}, it {fault}"
            yield Problem(path, "ABSENT_VALUE", message)
        elif result not in (None, MISSING) and not _is_declared(directive, example, event, result):
            message = (
                f"with {kind} values, as in the event {_show(event)}, it gives {_show(result)} to"
                " everybody: return the value as it came, or add an example with this event"
            )
            yield Problem(path, "ABSENT_VALUE", message)


def _run(resolve: Any, event: JsonObject) -> tuple[str, Value]:
    """Return what went wrong, or nothing, and the result."""
    try:
        return "", resolve(event)
    except PayloadValidationError:
        return "", MISSING
    except Exception as error:  # noqa: BLE001 - an author's function may raise anything
        return describe_fault(error), MISSING


def _is_declared(directive: Directive, example: Example, event: JsonObject, result: Value) -> bool:
    return any(
        declared.mapping == example.mapping
        and declared.event == event
        and _is_same(declared.result, result)
        for declared in directive.examples
    )


def _is_same(left: Value, right: Value) -> bool:
    # Without the types, True would be the same as 1.
    return left == right and type(left) is type(right)


def _with_value(event: JsonObject, steps: list[str], value: Value) -> dict[str, Json]:
    """Return the event with another value at a path; a path of no keys is the whole event."""
    if steps == [""]:
        return dict.fromkeys(event) if value is None else {}
    key, *more = steps
    changed = dict(event)
    inner = changed.get(key)
    if more and isinstance(inner, Mapping):
        changed[key] = _with_value(inner, more, value)
    elif value is MISSING:
        changed.pop(key, None)
    else:
        changed[key] = value
    return changed


def _show(value: object) -> str:
    return "no value" if value is MISSING else repr(value)[:_SHOWN]
