"""Likely mistakes in a subscription: in its trigger, its mapping and its sync mode."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from destination_kit._json import pointer
from destination_kit.mistakes.mapping import find_mapping_mistakes, find_unknown_fields
from destination_kit.mistakes.triggers import find_trigger_mistakes
from destination_kit.sync_modes import warn_of_mapped_mode

if TYPE_CHECKING:
    from destination_kit.definitions import Action, Subscription
    from destination_kit.errors import Problem
    from destination_kit.fql import Node


def find_subscription_mistakes(
    subscription: Subscription, action: Action, trigger: Node | None, refused: Collection[str]
) -> Iterator[Problem]:
    """Yield a warning for each likely mistake in a subscription; paths point into it.

    `trigger` is its parsed trigger, None for one that cannot be read. `refused` are the paths in the mapping of values that have a fault, which needs no warning
    beside it.
    """
    if trigger is not None:
        yield from find_trigger_mistakes(subscription.trigger, trigger)
    mapping, slug = subscription.mapping, subscription.action
    surprises = (
        *warn_of_mapped_mode(mapping, action, slug),
        *find_unknown_fields(mapping, action, slug),
        *find_mapping_mistakes(mapping, action),
    )
    for problem in surprises:
        if problem.path not in refused:
            yield replace(problem, path=pointer("mapping") + problem.path)
