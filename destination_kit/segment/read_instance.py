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
_DIRECTIVE_NOTE = "__segment_internal_directive"


def read_instance(document: JsonObject, destination: str) -> JsonObject:
    """Return Segment's instance document in our shape, for the destination with this slug.

    Subscriptions stand beside the settings or inside of them, in a list (`subscriptions`) or alone
    (`subscription`). Segment's internal keys are left out, but for a mapping's notes on directives.
    Names become unique; a missing name becomes that of the action. A subscription without a
    `partnerAction` raises `ConfigurationError`.
    """
    settings = as_object(document.get("settings"))
    given = list(_subscriptions(document)) or list(_subscriptions(settings, "settings"))
    problems = [
        Problem(path, "type", "A subscription is an object with a `partnerAction`.")
        for path, subscription in given
        if not isinstance(as_object(subscription).get("partnerAction"), str)
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
    }


def _subscriptions(document: JsonObject, *at: str) -> Iterator[tuple[str, Json]]:
    for index, subscription in enumerate(_as_list(document.get("subscriptions"))):
        yield pointer(*at, "subscriptions", index), subscription
    if "subscription" in document:
        yield pointer(*at, "subscription"), document["subscription"]


def _subscription(given: JsonObject) -> dict[str, Json]:
    mapping = given.get("mapping", {})
    if isinstance(mapping, Mapping):
        mapping = {name: value for name, value in mapping.items() if _belongs_to_mapping(name)}
    trigger = {"trigger": given["subscribe"]} if given.get("subscribe") else {}
    return {
        "name": given.get("name") or given["partnerAction"],
        "action": given["partnerAction"],
        "enabled": given.get("enabled", True),
        **trigger,
        "mapping": mapping,
        "useDefaultMapping": False,
    }


def _belongs_to_mapping(name: str) -> bool:
    return name == _DIRECTIVE_NOTE or not name.startswith(_INTERNAL)


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
