"""From one subscription of a document to a compiled route, or to what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, TypeAlias

from destination_kit import fql
from destination_kit._json import Json, JsonObject, Predicate, Value, as_array, pointer
from destination_kit.catalog.batch_limits import apply_limit_overrides, check_limit_overrides
from destination_kit.catalog.definition_checks import relocate_problems
from destination_kit.definitions import Action, Destination, Directive, Subscription
from destination_kit.errors import ConfigurationError, Problem, did_you_mean
from destination_kit.fields import (
    Validator,
    collect_defaults,
    compile_payload_validator,
    compile_secret_finder,
    iter_fields,
)
from destination_kit.mapping import CompiledMapping, analyze_mapping, copy_payload
from destination_kit.runtime import CompiledSubscription

if TYPE_CHECKING:
    from destination_kit.fql import Node

_TYPES: Mapping[str, type] = {
    "name": str,
    "action": str,
    "enabled": bool,
    "trigger": str,
    "mapping": Mapping,
    "useDefaultMapping": bool,
    "batch": Mapping,
}
_INTERNAL = "__segment_internal_"


Checker: TypeAlias = Callable[[Mapping[str, Value] | None], Validator]
"""Shape of a mapping -> the validator of its resolved values."""

Checks: TypeAlias = dict[str, tuple[Checker, Callable[[JsonObject], Sequence[str]]]]
"""By destination and action: the checker of its mappings, and what finds secrets in payloads."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """A subscription, its route, and what an operator should know about it."""

    subscription: Subscription
    route: CompiledSubscription
    warnings: tuple[str, ...]


def compile_subscription(
    destination: Destination,
    given: Json,
    directives: Mapping[str, Directive],
    names: set[str],
    checks: Checks,
) -> Compiled | list[Problem]:
    """Return the compiled subscription, or every problem, with paths inside it.

    `names` are those taken in the instance; the one of this subscription is added. `checks` are
    those of actions that were met before; all instances share them.
    """
    problems = list(_check_shape(given, destination))
    if problems or not isinstance(given, Mapping):
        return problems
    action = destination.actions[str(given["action"])]
    subscription = _subscription(given, action, _own_name(given, names))
    if subscription.name in names:
        message = f"another subscription has the name {subscription.name!r}"
        problems.append(Problem("/name", "NAME", message))
    names.add(subscription.name)
    problems += check_limit_overrides(given.get("batch", {}), action)
    node, matches = _trigger(subscription, problems)
    name = f"{destination.slug}/{subscription.action}"
    if name not in checks:
        checks[name] = (
            (
                compile_payload_validator(
                    action.fields, copy=copy_payload, exempt=("dynamicAuthSettings",)
                )
            ),
            compile_secret_finder(action.fields),
        )
    mapping = _compile_mapping(subscription, directives, problems)
    problems += _unmapped(subscription.mapping, action)
    if problems or node is None:
        return problems
    route = CompiledSubscription(
        name=name,
        subscription=subscription,
        action=action,
        matches=matches,
        explain=partial(fql.explain_mismatch, node),
        prepare=mapping.finish_with(checks[name][0](mapping.shape)),
        hidden=checks[name][1],
        reads=mapping.paths_read,
        types=fql.event_types(node),
        names=fql.event_names(node),
    )
    warnings = tuple(_warnings(destination, subscription, action, mapping.warnings))
    return Compiled(subscription, route, warnings)


def _check_shape(given: Json, destination: Destination) -> Iterator[Problem]:
    if not isinstance(given, Mapping):
        yield Problem("", "SUBSCRIPTION", "a subscription is a JSON object")
        return
    for key, value in given.items():
        if key not in _TYPES:
            message = f"there is no {key!r} in a subscription{did_you_mean(key, _TYPES)}"
            yield Problem(pointer(key), "UNKNOWN_KEY", message)
        elif not isinstance(value, _TYPES[key]):
            message = f"should be a {_WORDS[_TYPES[key]]}"
            yield Problem(pointer(key), "TYPE", message)
    action = given.get("action")
    if action is None:
        message = f"names no action; one of {', '.join(destination.actions)}"
        yield Problem("/action", "ACTION", message)
    elif not isinstance(action, str) or action not in destination.actions:
        message = f"{destination.name} has no action {action!r}{did_you_mean(action, destination.actions)}"
        yield Problem("/action", "ACTION", message)
    elif "trigger" not in given and destination.actions[str(action)].trigger is None:
        message = f"{action} has no default trigger, so the subscription needs one"
        yield Problem("/trigger", "TRIGGER", message)


_WORDS = {str: "string", bool: "boolean (true or false)", Mapping: "JSON object"}


def _own_name(given: JsonObject, names: set[str]) -> str:
    if "name" in given:
        return str(given["name"])
    action = str(given["action"])
    several = (action if number == 1 else f"{action} {number}" for number in count(1))
    return next(name for name in several if name not in names)


def _subscription(given: JsonObject, action: Action, name: str) -> Subscription:
    mapping = given.get("mapping", {})
    if given.get("useDefaultMapping") and isinstance(mapping, Mapping):
        laid = {**collect_defaults(action.fields), **mapping}
        mapping = {field: value for field, value in laid.items() if value is not None}
    return Subscription(
        name=name,
        action=str(given["action"]),
        trigger=str(given.get("trigger", action.trigger)),
        mapping=mapping if isinstance(mapping, Mapping) else {},
        enabled=given.get("enabled", True) is True,
        batch=apply_limit_overrides(given.get("batch", {}), action),
    )


def _trigger(subscription: Subscription, problems: list[Problem]) -> tuple[Node | None, Predicate]:
    try:
        node = fql.parse_trigger(subscription.trigger)
        return node, fql.compile_node(node)
    except ConfigurationError as error:
        problems += relocate_problems(error, "trigger")
        return None, bool


def _compile_mapping(
    subscription: Subscription, directives: Mapping[str, Directive], problems: list[Problem]
) -> CompiledMapping:
    mapping = analyze_mapping(subscription.mapping, directives=directives)
    problems += [
        replace(problem, path=pointer("mapping") + problem.path) for problem in mapping.problems
    ]
    return mapping


def _is_directive(mapping: JsonObject) -> bool:
    return any(key.startswith("@") or key == f"{_INTERNAL}directive" for key in mapping)


def _unmapped(mapping: JsonObject, action: Action) -> Iterator[Problem]:
    """Yield required fields that no event can ever fill, since the mapping leaves them out."""
    if _is_directive(mapping):
        return
    required = action.fields.get("required", ())
    for name in as_array(required):
        if name not in mapping:
            message = f"the field {_title(action, name)} is required and the mapping leaves it out"
            yield Problem(pointer("mapping", str(name)), "REQUIRED", message)


def _title(action: Action, name: Json) -> str:
    field = dict(iter_fields(action.fields)).get(str(name), {})
    return str(field.get("title", name))


def _warnings(
    destination: Destination,
    subscription: Subscription,
    action: Action,
    mapping_warnings: tuple[str, ...],
) -> Iterator[str]:
    yield from fql.reading_warnings(subscription.trigger)
    yield from mapping_warnings
    is_open = "properties" not in action.fields or action.fields.get("additionalProperties")
    if not (is_open or _is_directive(subscription.mapping)):
        yield from _left_out(subscription, dict(iter_fields(action.fields)))
    if destination.subscription_warnings:
        yield from destination.subscription_warnings(subscription)


def _left_out(subscription: Subscription, known: Mapping[str, JsonObject]) -> Iterator[str]:
    for name in subscription.mapping:
        if name not in known and not name.startswith(_INTERNAL):
            hint = did_you_mean(name, known)
            yield f"{subscription.action} has no field {name!r}: it is left out{hint}"
