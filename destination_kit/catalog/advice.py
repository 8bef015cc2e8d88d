"""Advice of a destination: what its own function warns of in a subscription."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from destination_kit._json import copy_json
from destination_kit.errors import Problem, describe_fault, warning
from destination_kit.hook_calls import take_in_time

if TYPE_CHECKING:
    from destination_kit.definitions import Destination, Subscription


@dataclass(frozen=True, slots=True)
class Advice:
    """The answer of a destination's `subscription_warnings`."""

    #: A warning for each surprise, with a path into the subscription.
    warnings: tuple[Problem, ...] = ()
    #: Why the function failed.
    problems: tuple[Problem, ...] = ()


def ask_destination(destination: Destination, author: str, subscription: Subscription) -> Advice:
    """Return what a destination warns of; `author` names it where its function fails."""
    find_warnings = destination.subscription_warnings
    if find_warnings is None:
        return Advice()
    # What the author's function changes in its copy changes no payload.
    copied = replace(subscription, mapping=copy_json(subscription.mapping))
    author = author or destination.slug
    try:
        return Advice(tuple(map(_read_warning, take_in_time(find_warnings(copied)))))
    except Exception as error:  # noqa: BLE001 - an author's function may raise anything, and an operator needs all problems
        message = f"subscription_warnings of {author} {describe_fault(error)}"
        return Advice(problems=(Problem("", "ADVICE", message),))


def _read_warning(given: object) -> Problem:
    """Return the warning of an author, who may give a sentence alone."""
    if isinstance(given, Problem):
        return replace(given, severity="warning")
    return warning("", "ADVICE", str(given))
