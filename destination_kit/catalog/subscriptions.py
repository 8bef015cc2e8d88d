"""Subscriptions of an instance: at most 50, each compiled or reported with all its problems."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, TypeAlias

from destination_kit import fql
from destination_kit._json import Json, JsonObject, Predicate, Value, as_array, as_object, pointer
from destination_kit.batch_fields import apply_batch_fields, check_batch_fields
from destination_kit.batch_limits import apply_limit_overrides, check_limit_overrides
from destination_kit.catalog.advice import ask_destination
from destination_kit.catalog.literals import LiteralCheck, check_urls, compile_literal_check
from destination_kit.catalog.subscription_outcomes import SubscriptionOutcome, hide_secrets
from destination_kit.catalog.triggers import compile_subscription_trigger
from destination_kit.definition_checks import relocate_problems
from destination_kit.definitions import Action, Destination, Subscription
from destination_kit.deletion import ON_DELETE
from destination_kit.directive_interface import Directive
from destination_kit.errors import Problem, did_you_mean
from destination_kit.fields import (
    Validator,
    collect_defaults,
    compile_payload_validator,
    compile_secret_finder,
    iter_fields,
)
from destination_kit.mapping import MAX_BYTES, CompiledMapping, analyze_mapping, copy_payload
from destination_kit.mapping.root_directive import has_root_directive
from destination_kit.mapping.validation import check_size
from destination_kit.mapping_hooks import check_hooks, read_hook_outputs
from destination_kit.mistakes import find_subscription_mistakes
from destination_kit.remedies import find_literals
from destination_kit.runtime import CompiledSubscription
from destination_kit.subscription_options import check_options, read_options
from destination_kit.sync_modes import (
    check_sync_mode,
    read_matching_key,
    read_sync_mode,
)

if TYPE_CHECKING:
    from destination_kit.fql import Node

MAX_SUBSCRIPTIONS = 50
"""Segment's limit: its documentation allows 50 mappings, as it calls them, for an instance."""

_KEY_TYPES: Mapping[str, type] = {
    "name": str,
    "action": str,
    "enabled": bool,
    "trigger": str,
    "mapping": Mapping,
    "useDefaultMapping": bool,
    "batch": Mapping,
    "syncMode": str,
    "matchingKey": str,
    "hooks": Mapping,
    "options": Mapping,
}
_TYPE_NAMES = {str: "string", bool: "boolean (true or false)", Mapping: "JSON object"}
# No schema has this field, so coercion would drop it. The reference keeps it (`exempt` in
# schema-validation.ts).
_EXEMPT_FIELDS = ("dynamicAuthSettings",)


@dataclass(frozen=True, slots=True)
class CompiledAction:
    """What the subscriptions of one action have in common, in all instances."""

    #: Shape of a mapping -> the validator of its resolved values.
    compile_validator: Callable[[Mapping[str, Value] | None], Validator]
    #: Payload -> the texts in it that no log may show.
    find_secrets: Callable[[JsonObject], Sequence[str]]
    #: Fields whose format is a date.
    date_fields: tuple[str, ...]
    #: Mapping -> the problems of its literals.
    check_literals: LiteralCheck


CompiledActions: TypeAlias = dict[str, CompiledAction]
"""Compiled actions by destination and action, such as `actions-qualtrics/addContactToXmd`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceScope:
    """What all subscriptions of an instance share."""

    #: The destination of the instance.
    destination: Destination
    #: The destination and the plugin that brings it, for a fault of its code.
    author: str = ""
    #: The directives that mappings may use, by name.
    directives: Mapping[str, Directive]
    #: A cache, to which each action that is met for the first time is added.
    compiled_actions: CompiledActions
    #: Patterns of the hosts that requests may reach.
    hosts: Sequence[str] = ()


def compile_subscriptions(scope: InstanceScope, documents: Json) -> Iterator[SubscriptionOutcome]:
    """Compile the `subscriptions` of an instance; problems point into the list."""
    if not isinstance(documents, Sequence) or isinstance(documents, str):
        problem = Problem("", "SUBSCRIPTIONS", "subscriptions must be a list")
        yield SubscriptionOutcome(problems=(problem,))
        return
    if len(documents) > MAX_SUBSCRIPTIONS:
        yield SubscriptionOutcome(problems=(_describe_excess(len(documents)),))
    used_names = {ON_DELETE} if scope.destination.on_delete else set[str]()
    for index, document in enumerate(documents):
        outcome = compile_subscription(scope, document, used_names)
        # A faulty subscription reserves its name too. Otherwise a duplicate of it would be reported
        # only after the fault is corrected.
        if outcome.name is not None:
            used_names.add(outcome.name)
        yield replace(
            outcome,
            problems=tuple(relocate_problems(outcome.problems, index)),
            literal_problems=tuple(relocate_problems(outcome.literal_problems, index)),
            warnings=tuple(relocate_problems(outcome.warnings, index)),
        )


def check_without_destination(
    documents: Json, directives: Mapping[str, Directive]
) -> Iterator[Problem]:
    """Yield the faults that subscriptions have with any destination: keys, triggers, mappings."""
    for index, document in enumerate(as_array(documents)):
        if isinstance(document, Mapping):
            problems = (*_check_keys(document), *_check_texts(document, directives))
            yield from relocate_problems(problems, index)


def _describe_excess(number: int) -> Problem:
    message = f"an instance has at most {MAX_SUBSCRIPTIONS} subscriptions, not {number}"
    return Problem(pointer(MAX_SUBSCRIPTIONS), "TOO_MANY_SUBSCRIPTIONS", message)


def compile_subscription(
    scope: InstanceScope, document: Json, used_names: Collection[str]
) -> SubscriptionOutcome:
    """Compile one subscription; problems point into it.

    `used_names` are the names of the instance's other subscriptions so far.
    """
    if not isinstance(document, Mapping):
        problem = Problem("", "SUBSCRIPTION", "a subscription must be a JSON object")
        return SubscriptionOutcome(problems=(problem,))
    destination, directives = scope.destination, scope.directives
    problems = [*_check_keys(document), *_check_action(document, destination)]
    # The rest is read all the same. Otherwise a misspelt key would hide the faults of the trigger
    # and the mapping beside it, and the operator would need a second pass.
    document = {key: value for key, value in document.items() if _has_expected_type(key, value)}
    if document.get("action") not in destination.actions:
        problems += _check_texts(document, directives)
        return SubscriptionOutcome(problems=tuple(problems))
    action = destination.actions[str(document["action"])]
    subscription = _read_subscription(document, action, _choose_name(document, used_names))
    compiled_action = _compile_action(destination, subscription.action, scope.compiled_actions)
    trigger, trigger_problems = compile_subscription_trigger(document, action)
    mapping = analyze_mapping(subscription.mapping, directives=directives)
    problems += _check_name(subscription.name, used_names)
    problems += _check_options(document, subscription.mapping, action)
    problems += (*check_hooks(document, action), *trigger_problems)
    problems += relocate_problems(mapping.problems, "mapping")
    if not any(problem.path == "/mapping" for problem in problems):
        problems += _find_unmapped_fields(subscription.mapping, action)
    literals = _check_literals(subscription, action, compiled_action, scope.hosts)
    is_sound = not problems and not literals.problems
    advice = ask_destination(destination, scope.author, subscription)
    # The author's function may rely on a valid subscription. Where it fails for one with problems,
    # these are what the operator needs.
    problems += advice.problems if is_sound else ()
    mistakes = _find_mistakes(subscription, action, trigger, mapping, literals)
    outcome = SubscriptionOutcome(
        name=subscription.name,
        compiled=None
        if problems or trigger is None
        else _assemble(destination, subscription, compiled_action, trigger, mapping),
        warnings=(*mistakes, *advice.warnings),
        problems=tuple(problems),
        literal_problems=tuple(relocate_problems(literals.problems, "mapping")),
    )
    return hide_secrets(outcome, action.fields, subscription.mapping)


def _assemble(
    destination: Destination,
    subscription: Subscription,
    compiled_action: CompiledAction,
    trigger: tuple[Node, Predicate],
    mapping: CompiledMapping,
) -> CompiledSubscription:
    node, matches = trigger
    return CompiledSubscription(
        name=f"{destination.slug}/{subscription.action}",
        subscription=subscription,
        action=apply_batch_fields(subscription.mapping, destination.actions[subscription.action]),
        matches=matches,
        explain_mismatch=partial(fql.explain_mismatch, node),
        prepare=mapping.finish_with(compiled_action.compile_validator(mapping.shape)),
        find_secrets=compiled_action.find_secrets,
        literals=find_literals(subscription.mapping),
        paths_read=mapping.paths_read,
        date_fields=compiled_action.date_fields,
        event_types=fql.event_types(node),
        event_names=fql.event_names(node),
    )


def _compile_action(
    destination: Destination, slug: str, compiled_actions: CompiledActions
) -> CompiledAction:
    name = f"{destination.slug}/{slug}"
    if name not in compiled_actions:
        fields = destination.actions[slug].fields
        compiled_actions[name] = CompiledAction(
            compile_payload_validator(fields, copy=copy_payload, exempt=_EXEMPT_FIELDS),
            compile_secret_finder(fields),
            tuple(
                name for name, field in iter_fields(fields) if field.get("format") == "date-like"
            ),
            compile_literal_check(fields),
        )
    return compiled_actions[name]


def _check_keys(document: JsonObject) -> Iterator[Problem]:
    for key, value in document.items():
        if key not in _KEY_TYPES:
            message = f"there is no {key!r} in a subscription{did_you_mean(key, _KEY_TYPES)}"
            yield Problem(pointer(key), "UNKNOWN_KEY", message)
        elif not isinstance(value, _KEY_TYPES[key]):
            message = f"should be a {_TYPE_NAMES[_KEY_TYPES[key]]}"
            yield Problem(pointer(key), "TYPE", message)


def _has_expected_type(key: str, value: Json) -> bool:
    return key in _KEY_TYPES and isinstance(value, _KEY_TYPES[key])


def _check_texts(document: JsonObject, directives: Mapping[str, Directive]) -> Iterator[Problem]:
    """Yield the faults of the trigger and the mapping that no action has to explain."""
    yield from compile_subscription_trigger(document)[1]
    if isinstance(mapping := document.get("mapping"), Mapping):
        found = analyze_mapping(mapping, directives=directives)
        yield from relocate_problems(found.problems, "mapping")


def _check_action(document: JsonObject, destination: Destination) -> Iterator[Problem]:
    slug, actions = document.get("action"), destination.actions
    if slug is None:
        message = f"is required, and must be one of {', '.join(actions)}"
        yield Problem("/action", "ACTION", message)
    elif not isinstance(slug, str) or slug not in actions:
        message = f"{destination.name} has no action {slug!r}{did_you_mean(slug, actions)}"
        yield Problem("/action", "ACTION", message)
    elif "trigger" not in document and actions[slug].trigger is None:
        message = f"{slug} has no default trigger, so the subscription needs one"
        yield Problem("/trigger", "TRIGGER", message)


def _check_name(name: str, used_names: Collection[str]) -> Iterator[Problem]:
    if name in used_names:
        owner = "the deletion of users" if name == ON_DELETE else "another subscription"
        yield Problem("/name", "NAME", f"{owner} has the name {name!r}")


def _check_options(document: JsonObject, mapping: JsonObject, action: Action) -> Iterator[Problem]:
    yield from check_limit_overrides(document.get("batch", {}), action)
    yield from relocate_problems(check_batch_fields(mapping, action), "mapping")
    yield from (*check_sync_mode(document, action), *check_options(document, action))


def _choose_name(document: JsonObject, used_names: Collection[str]) -> str:
    """Return the name of the document, else the action's slug, numbered from the second on."""
    if "name" in document:
        return str(document["name"])
    slug = str(document["action"])
    candidates = (slug if number == 1 else f"{slug} {number}" for number in count(1))
    return next(name for name in candidates if name not in used_names)


def _read_subscription(document: JsonObject, action: Action, name: str) -> Subscription:
    mapping = as_object(document.get("mapping"))
    if document.get("useDefaultMapping"):
        # Without this rule a mapping could replace a default, but never remove it.
        merged = {**collect_defaults(action.fields), **mapping}
        mapping = {field: value for field, value in merged.items() if value is not None}
    return Subscription(
        name=name,
        action=str(document["action"]),
        trigger=str(document.get("trigger", action.trigger)),
        mapping=mapping,
        enabled=document.get("enabled", True) is True,
        batch=apply_limit_overrides(document.get("batch", {}), apply_batch_fields(mapping, action)),
        sync_mode=read_sync_mode(document, action),
        matching_key=read_matching_key(document),
        hook_outputs=read_hook_outputs(document, action),
        options=read_options(document),
    )


def _find_unmapped_fields(mapping: JsonObject, action: Action) -> Iterator[Problem]:
    """Yield required fields that the mapping leaves out, so that every event would fail."""
    if has_root_directive(mapping):
        return
    fields = dict(iter_fields(action.fields))
    for name in map(str, as_array(action.fields.get("required"))):
        if name not in mapping:
            title = fields.get(name, {}).get("title", name)
            message = f"the field {title} is required and the mapping leaves it out"
            yield Problem(pointer("mapping", name), "REQUIRED", message)


@dataclass(frozen=True, slots=True)
class _LiteralFindings:
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()


def _check_literals(
    subscription: Subscription,
    action: Action,
    compiled_action: CompiledAction,
    hosts: Sequence[str],
) -> _LiteralFindings:
    """Return what is wrong with the literals of a mapping; problems fail every event."""
    mapping = subscription.mapping
    # No event reaches a disabled subscription. `dkit init` writes one whose URL only a person knows.
    is_unchecked = not subscription.enabled or has_root_directive(mapping)
    if is_unchecked or check_size(mapping, MAX_BYTES):
        return _LiteralFindings()
    problems = compiled_action.check_literals(mapping)
    refused = {problem.path for problem in problems}
    urls = [
        found for found in check_urls(action.fields, mapping, hosts) if found[0].path not in refused
    ]
    return _LiteralFindings(
        (*problems, *(problem for problem, is_sure in urls if is_sure)),
        tuple(
            replace(problem, path=pointer("mapping") + problem.path, severity="warning")
            for problem, is_sure in urls
            if not is_sure
        ),
    )


def _find_mistakes(
    subscription: Subscription,
    action: Action,
    trigger: tuple[Node, Predicate] | None,
    mapping: CompiledMapping,
    literals: _LiteralFindings,
) -> Iterator[Problem]:
    refused = {problem.path for problem in (*mapping.problems, *literals.problems)}
    yield from find_subscription_mistakes(subscription, action, trigger and trigger[0], refused)
    yield from relocate_problems(mapping.warnings, "mapping")
    yield from literals.warnings
