"""Reader of Segment's instance documents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from destination_kit._json import as_object, pointer
from destination_kit.errors import ConfigurationError, Problem

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject

_INTERNAL = "__segment_internal_"


def read_instance(document: JsonObject, destination: str) -> JsonObject:
    """Return Segment's instance document in our shape, for the destination with this slug.

    Subscriptions stand beside the settings or inside of them, in a list (`subscriptions`) or alone
    (`subscription`). Segment's internal keys are left out of the settings. Mappings are kept as they
    are, since they hold the sync mode, the matching key and fields with such names. Names become
    unique; a missing name becomes that of the action. A subscription without a `partnerAction` or
    with no text in `subscribe` raises `ConfigurationError`.
    """
    settings = as_object(document.get("settings"))
    given = list(_subscriptions(document)) or list(_subscriptions(settings, "settings"))
    problems = [
        problem
        for path, subscription in given
        for problem in _check_subscription(path, subscription)
    ]
    if problems:
        raise ConfigurationError(problems)
    return {
        "destination": destination,
        "settings": {
            name: value
            for name, value in settings.items()
            if name not in ("subscription", "subscriptions") and not name.startswith(_INTERNAL)
        },
        "subscriptions": _with_unique_names(
            [_subscription(as_object(subscription)) for _, subscription in given]
        ),
        # Segment keeps the categories elsewhere. Where a person adds them here, they must count, or
        # data would go out against a person's wish.
        **({"consent": document["consent"]} if "consent" in document else {}),
    }


def _subscriptions(document: JsonObject, *at: str) -> Iterator[tuple[str, Json]]:
    for index, subscription in enumerate(_as_list(document.get("subscriptions"))):
        yield pointer(*at, "subscriptions", index), subscription
    if "subscription" in document:
        yield pointer(*at, "subscription"), document["subscription"]


def _check_subscription(path: str, subscription: Json) -> Iterator[Problem]:
    given = as_object(subscription)
    if not isinstance(given.get("partnerAction"), str):
        yield Problem(path, "type", "A subscription is an object with a `partnerAction`.")
    # `onSubscription` in destination-kit/index.ts refuses such a subscription. With the action's
    # default trigger in its place, events would be sent that Segment does not send.
    subscribe = given.get("subscribe")
    if isinstance(subscription, Mapping) and not (subscribe and isinstance(subscribe, str)):
        message = "A subscription needs its trigger here: no default takes its place."
        yield Problem(f"{path}/subscribe", "TRIGGER", message)


def _subscription(given: JsonObject) -> dict[str, Json]:
    return {
        "name": given.get("name") or given["partnerAction"],
        "action": given["partnerAction"],
        "enabled": given.get("enabled", True),
        "trigger": given["subscribe"],
        "mapping": given.get("mapping") or {},
        "useDefaultMapping": False,
    }


def _with_unique_names(subscriptions: list[dict[str, Json]]) -> list[dict[str, Json]]:
    """Return the subscriptions with repeated names numbered: `Send`, `Send 2`, `Send 3`."""
    counts: Counter[str] = Counter()
    for subscription in subscriptions:
        name = str(subscription["name"])
        counts[name] += 1
        subscription["name"] = name if counts[name] == 1 else f"{name} {counts[name]}"
    return subscriptions


def _as_list(value: Json) -> list[Json]:
    return list(value) if isinstance(value, list | tuple) else [] if value is None else [value]
