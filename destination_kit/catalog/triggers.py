"""Triggers of subscriptions: compiled, with problems that point into the subscription."""

from __future__ import annotations

from dataclasses import replace

from destination_kit import fql
from destination_kit._json import JsonObject, Predicate
from destination_kit.definition_checks import relocate_problems
from destination_kit.definitions import Action
from destination_kit.errors import ConfigurationError, Problem
from destination_kit.fql import Node


def compile_subscription_trigger(
    document: JsonObject, action: Action | None = None
) -> tuple[tuple[Node, Predicate] | None, list[Problem]]:
    """Return the trigger of a subscription, else of its action, and the problems in it.

    A missing trigger is no problem here: the check of the keys or of the action reports it.
    """
    source = document.get("trigger", action.trigger if action else None)
    if not isinstance(source, str):
        return None, []
    try:
        node = fql.parse_trigger(source)
        return (node, fql.compile_node(node)), []
    except ConfigurationError as error:
        problems = list(relocate_problems(error.problems, "trigger"))
    if "trigger" not in document:
        cause = f"the default trigger of {document['action']} cannot be read, so the subscription"
        problems = [
            replace(problem, message=f"{cause} needs one of its own: {problem.message}")
            for problem in problems
        ]
    return None, problems
