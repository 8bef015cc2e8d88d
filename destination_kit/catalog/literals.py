"""Literals of a mapping, checked when an instance is configured as every event would be.

A literal is the same in each event. One that its field refuses fails every event that the
subscription matches, so the operator learns of it before the first. Such an instance runs all the
same, because its other subscriptions may be sound; `dkit` refuses it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

from destination_kit._json import MISSING, Json, JsonObject, as_array, pointer
from destination_kit.errors import IntegrationError, Problem
from destination_kit.fields import compile_validator, iter_fields
from destination_kit.fields.conditions import select_rules_after_coercion
from destination_kit.http import RequestPolicy, prepare_request
from destination_kit.mapping.validation import directive_name

if TYPE_CHECKING:
    from destination_kit.fields import Validator

LiteralCheck: TypeAlias = Callable[[JsonObject], tuple[Problem, ...]]
"""A mapping without a root directive -> the problems of its literals, as in a payload."""

_Literal: TypeAlias = Any
"""JSON, in which `MISSING` stands for parts that an event computes."""

_CONTAINERS: Mapping[type, str] = {dict: "object", list: "array"}


def compile_literal_check(fields: JsonObject) -> LiteralCheck:
    """Compile the fields of an action into the check of the literals in its mappings."""
    # Both are compiled at the first use. Most catalogs configure a few of their actions.
    validate_all = cache(lambda: compile_validator(fields))
    validate_some = cache(lambda: _compile_partial_validator(fields))
    required = [str(name) for name in as_array(fields.get("required"))]

    def check(mapping: JsonObject) -> tuple[Problem, ...]:
        computed: list[str] = []
        literals = {name: _literal(mapping[name], (name,), computed) for name in mapping}
        validate = validate_some() if computed else validate_all()
        payload, problems = validate(literals)
        if computed:
            problems += tuple(_find_empty(fields, required, literals, payload))
        # A required field that the mapping leaves out has a problem of its own.
        unmapped = {pointer(name) for name in required if name not in mapping}
        return tuple(
            _explain_text(problem, literals)
            for problem in problems
            if problem.path not in unmapped and not _touches(problem.path, computed)
        )

    return check


def check_urls(
    fields: JsonObject, mapping: JsonObject, hosts: Sequence[str]
) -> Iterator[tuple[Problem, bool]]:
    """Yield (problem, whether every event fails) for each literal URL that requests cannot reach.

    It is certain for a field with `x-request-url`, and likely for any other secret URL.
    """
    for name, field in iter_fields(fields):
        url, is_requested = mapping.get(name), field.get("x-request-url") is True
        is_secret_url = field.get("format") == "uri" and field.get("writeOnly") is True
        if not isinstance(url, str) or not hosts or not (is_requested or is_secret_url):
            continue
        # The query decides nothing here. Without it most URLs need no parser, whose import takes
        # 60 ms.
        base = url.partition("?")[0]
        try:
            prepare_request(RequestPolicy(hosts=tuple(hosts)), "GET", base, {})
        except IntegrationError as error:
            message = f"{field.get('title', name)}: {error}; `allowedHosts` adds hosts"
            yield Problem(pointer(name), error.code, message), is_requested


def _compile_partial_validator(fields: JsonObject) -> Validator:
    """Return the validator for payloads that lack the fields which an event fills."""
    # A condition or a required field can depend on a value of the event. Without it, their verdict
    # would be an accident.
    rules = select_rules_after_coercion({"type": "object", **fields})
    return compile_validator({key: rule for key, rule in rules.items() if key != "required"})


def _literal(value: Json, steps: tuple[str | int, ...], computed: list[str]) -> _Literal:
    """Return the literal parts of a value, and add the JSON Pointers of the others to `computed`."""
    if isinstance(value, Mapping):
        name = directive_name(value)
        if name == "@literal":
            return _literal(value[name], steps, computed)
        if name is not None:
            computed.append(pointer(*steps))
            return MISSING
        return {key: _literal(member, (*steps, key), computed) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [_literal(item, (*steps, index), computed) for index, item in enumerate(value)]
    return value


def _find_empty(
    fields: JsonObject,
    required: Sequence[str],
    literals: Mapping[str, _Literal],
    payload: JsonObject,
) -> Iterator[Problem]:
    """Yield a problem for each required field whose literal is null or empty text."""
    titles = {name: field.get("title", name) for name, field in iter_fields(fields)}
    for name in required:
        if name in literals and name not in payload:
            message = f"{titles.get(name, name)} is required, and the mapping leaves it empty."
            yield Problem(pointer(name), "required", message)


def _touches(path: str, computed: Sequence[str]) -> bool:
    """Return whether a computed part is at the path, inside the value there, or around it."""
    return any(
        f"{part}/".startswith(f"{path}/") or f"{path}/".startswith(f"{part}/") for part in computed
    )


def _explain_text(problem: Problem, literals: Mapping[str, _Literal]) -> Problem:
    """Return the problem; of the JSON text of an object or list, it names that cause."""
    value: _Literal = literals
    for token in problem.path.split("/")[1:]:
        key = token.replace("~1", "/").replace("~0", "~")
        if not isinstance(value, Mapping) or key not in value:
            return problem
        value = value[key]
    if problem.code != "type" or not isinstance(value, str):
        return problem
    try:
        kind = _CONTAINERS.get(type(json.loads(value)))
    except (ValueError, RecursionError):
        kind = None
    if kind is None:
        return problem
    hint = f"the text is the JSON of an {kind}: write the {kind} itself, without the quotes"
    return replace(problem, message=f"{problem.message} {hint[0].upper()}{hint[1:]}.")
