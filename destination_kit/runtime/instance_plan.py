"""Plan of an instance: everything that `configure` compiles from a document."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from destination_kit._json import JsonObject
from destination_kit._redact import Redact
from destination_kit.definitions import EMPTY, Destination, Subscription
from destination_kit.errors import Problem
from destination_kit.http import Budgets, RequestPolicy
from destination_kit.request_extensions import Extend, Extension
from destination_kit.results import EventResult, Failed, SubscriptionResult
from destination_kit.runtime.dispatch import NO_MATCH, CompiledSubscription, Dispatch
from destination_kit.runtime.observers import Observe
from destination_kit.stores import MemoryStore, Store


@dataclass(frozen=True, slots=True, kw_only=True)
class InstancePlan:
    """A destination with its settings and subscriptions, checked and compiled; immutable."""

    #: The name of the instance; the destination's slug where the document gives none.
    name: str
    destination: Destination = field(repr=False)
    #: The settings, with every secret as a `Secret`.
    settings: Mapping[str, Any] = field(repr=False)
    #: All subscriptions in the order of the document, disabled ones too.
    subscriptions: tuple[Subscription, ...] = field(repr=False)
    #: What may surprise the operator, with paths into the document.
    warnings: tuple[Problem, ...] = ()
    #: Literals of the document's mappings that fail every event of their subscription, with JSON
    #: Pointers into the document. `dkit` refuses such an instance; the other subscriptions run.
    problems: tuple[Problem, ...] = ()
    #: The enabled subscriptions, in the order of the document; then `on_delete`, where the
    #: destination has one.
    compiled_subscriptions: tuple[CompiledSubscription, ...] = field(repr=False)
    #: event -> the compiled subscriptions whose trigger can match it.
    candidates: Dispatch = field(repr=False)
    #: What each request gets from the destination's `extend_request`: the credentials.
    extension: Extension = field(repr=False)
    #: payload -> the same for the requests of one payload; None where they do not differ.
    extend: Extend | None = field(default=None, repr=False)
    #: The texts that may go to the hosts of the destination only.
    secrets: tuple[str, ...] = field(repr=False)
    #: Masks `secrets`, and the queries of URLs among the settings, in a text.
    redact: Redact = field(repr=False)
    #: Host patterns that may receive the credentials.
    hosts: tuple[str, ...] = ()
    #: The consent categories that an event's person must have agreed to. The event filter of
    #: `destination_kit.delivery` obeys them; `send` leaves that to its host.
    consent: tuple[str, ...] = ()
    #: Name of a plugin -> its `on_result`.
    observers: Mapping[str, Observe] = field(default_factory=dict, repr=False)
    #: What the destination's `create_shared_state` returned: one per catalog.
    shared_state: Any = field(default=None, repr=False)
    #: Keeps refreshed tokens and caches; all instances of a catalog share it.
    store: Store = field(default_factory=MemoryStore, repr=False)
    #: The rate limits that all instances of a catalog share.
    budgets: Budgets = field(default_factory=Budgets, repr=False)

    def request_policy(self, connect_to: Mapping[str, str] = EMPTY) -> RequestPolicy:
        """Return the hosts that requests may reach, and the credentials that they carry."""
        return RequestPolicy(
            hosts=self.hosts,
            headers=self.extension.headers,
            params=self.extension.params,
            extend=self.extend,
            secrets=self.secrets,
            redact=self.redact,
            connect_to=connect_to,
        )

    def fail_event(
        self, event: JsonObject, failed: Failed, only: Collection[str] | None = None
    ) -> EventResult:
        """Return the result of an event that failed in every subscription that matches it.

        `only` names the subscriptions to consider; None considers all.
        """
        results = tuple(
            SubscriptionResult(compiled.subscription.name, compiled.subscription.action, failed)
            for compiled in self.find_matching(event, only)
        )
        results += self.fail_unknown_names(only or ())
        return EventResult(results) if results else NO_MATCH

    def find_matching(
        self, event: JsonObject, only: Collection[str] | None
    ) -> Iterator[CompiledSubscription]:
        """Yield the subscriptions whose trigger matches an event, or cannot be decided."""
        for compiled in self.candidates(event):
            if (only is None or compiled.subscription.name in only) and _can_match(compiled, event):
                yield compiled

    def fail_unknown_names(self, only: Collection[str]) -> tuple[SubscriptionResult, ...]:
        """Return a failed result for each name that no enabled subscription has.

        Without it, an event that an earlier attempt left for a subscription would count as skipped
        once that was renamed, disabled or removed.
        """
        known = {compiled.subscription.name for compiled in self.compiled_subscriptions}
        return tuple(
            SubscriptionResult(name, "", _fail_unknown_name(name))
            for name in sorted(set(only) - known)
        )


def _fail_unknown_name(name: str) -> Failed:
    message = (
        f"no enabled subscription has the name {name!r:.200}: it was renamed, disabled or removed"
    )
    return Failed("SUBSCRIPTION_NOT_FOUND", message, remedy="settings")


def _can_match(compiled: CompiledSubscription, event: JsonObject) -> bool:
    try:
        return compiled.matches(event)
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001 - an event can be nested too deeply for a trigger (RecursionError), or its Mapping raises
        # If it counted as no match, the event would have no result, and a caller would take it for
        # done.
        return True
