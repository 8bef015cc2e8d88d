"""Segment's instance documents as ours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from destination_kit._json import as_object, pointer
from destination_kit.errors import ConfigurationError, Problem

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject

_INTERNAL = "__segment_internal_"
_DIRECTIVE_NOTE = "__segment_internal_directive"


def read_instance(document: JsonObject, destination: str) -> JsonObject:
    """Return Segment's instance document as one of ours, for the destination with this slug.

    Subscriptions are looked for beside the settings and in them, in a list or alone. Keys that
    Segment keeps for itself are dropped; a mapping keeps its notes on directives. Names are made
    unique, an action's name standing in for a missing one. What is no subscription is a
    `ConfigurationError`.
    """
    settings = as_object(document.get("settings"))
    given = list(_subscriptions(document)) or list(_subscriptions(settings, "settings"))
    problems = [
        Problem(place, "type", "A subscription is an object with a `partnerAction`.")
        for place, each in given
        if not isinstance(as_object(each).get("partnerAction"), str)
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
        "subscriptions": _named([_subscription(as_object(each)) for _, each in given]),
    }


def _subscriptions(document: JsonObject, *at: str) -> Iterator[tuple[str, Json]]:
    for index, each in enumerate(_listed(document.get("subscriptions"))):
        yield pointer(*at, "subscriptions", index), each
    if "subscription" in document:
        yield pointer(*at, "subscription"), document["subscription"]


def _subscription(given: JsonObject) -> dict[str, Json]:
    mapping = given.get("mapping", {})
    if isinstance(mapping, Mapping):
        mapping = {name: value for name, value in mapping.items() if _is_ours(name)}
    trigger = {"trigger": given["subscribe"]} if given.get("subscribe") else {}
    return {
        "name": given.get("name") or given["partnerAction"],
        "action": given["partnerAction"],
        "enabled": given.get("enabled", True),
        **trigger,
        "mapping": mapping,
        "useDefaultMapping": False,
    }


def _is_ours(name: str) -> bool:
    return name == _DIRECTIVE_NOTE or not name.startswith(_INTERNAL)


def _named(subscriptions: list[dict[str, Json]]) -> list[dict[str, Json]]:
    """Tell repeated names apart by numbers: `Send`, `Send 2`, `Send 3`."""
    seen: dict[str, int] = {}
    for each in subscriptions:
        name = str(each["name"])
        seen[name] = seen.get(name, 0) + 1
        each["name"] = name if seen[name] == 1 else f"{name} {seen[name]}"
    return subscriptions


def _listed(value: Json) -> list[Json]:
    return list(value) if isinstance(value, list | tuple) else [] if value is None else [value]
