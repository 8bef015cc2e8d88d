"""Outcome of compiling a subscription: the compiled one, or its problems, without secrets."""

from __future__ import annotations

from dataclasses import dataclass, replace

from destination_kit._json import Json, JsonObject
from destination_kit._secret_places import find_secret_places
from destination_kit.errors import Problem
from destination_kit.fields import collect_secret_fields
from destination_kit.runtime import CompiledSubscription


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionOutcome:
    """The result of compiling one subscription of a document."""

    #: Its name in the instance; None if the document is too broken to tell.
    name: str | None = None
    #: The subscription, ready to run; None if there are problems.
    compiled: CompiledSubscription | None = None
    #: What may surprise the operator of a valid subscription, with the same paths.
    warnings: tuple[Problem, ...] = ()
    #: Faults, with JSON Pointers into the subscription.
    problems: tuple[Problem, ...] = ()
    #: Literals that fail every event. As in the reference, each event learns of them by itself.
    literal_problems: tuple[Problem, ...] = ()


def hide_secrets(
    outcome: SubscriptionOutcome, fields: JsonObject, mapping: Json
) -> SubscriptionOutcome:
    """Return the outcome, in which no message quotes what stands in a secret field."""
    places = find_secret_places(collect_secret_fields(fields), mapping)
    if places is None:
        return outcome
    compiled = outcome.compiled and replace(
        outcome.compiled,
        prepare=places.hide_in_errors(outcome.compiled.prepare),
        paths_read=places.hide_in_paths(outcome.compiled.paths_read),
    )
    return replace(
        outcome,
        compiled=compiled,
        warnings=tuple(map(places.hide_in_problem, outcome.warnings)),
        problems=tuple(map(places.hide_in_problem, outcome.problems)),
        literal_problems=tuple(map(places.hide_in_problem, outcome.literal_problems)),
    )
