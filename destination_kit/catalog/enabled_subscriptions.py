"""The subscriptions that events can reach: the enabled ones, and the deletion of users."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from destination_kit import fql
from destination_kit.definitions import Destination, Subscription
from destination_kit.deletion import (
    DELETE_TRIGGER,
    ON_DELETE,
    create_deletion_action,
    prepare_deletion,
)
from destination_kit.runtime import CompiledSubscription


def list_enabled(
    compiled: Iterable[CompiledSubscription], destination: Destination
) -> tuple[CompiledSubscription, ...]:
    """Return the enabled subscriptions in their order, then the destination's `on_delete`."""
    enabled = (item for item in compiled if item.subscription.enabled)
    return (*enabled, *_compile_deletion(destination))


def _compile_deletion(destination: Destination) -> tuple[CompiledSubscription, ...]:
    """Return what sends `delete` events to the destination's `on_delete`; nothing without one."""
    action = create_deletion_action(destination)
    if action is None:
        return ()
    node = fql.parse_trigger(DELETE_TRIGGER)
    compiled = CompiledSubscription(
        name=f"{destination.slug}/{ON_DELETE}",
        subscription=Subscription(
            name=ON_DELETE, action=ON_DELETE, trigger=DELETE_TRIGGER, mapping={}
        ),
        action=action,
        matches=fql.compile_node(node),
        explain_mismatch=partial(fql.explain_mismatch, node),
        prepare=prepare_deletion,
        find_secrets=lambda _: (),
        paths_read=("userId", "anonymousId"),
        event_types=fql.event_types(node),
    )
    return (compiled,)
