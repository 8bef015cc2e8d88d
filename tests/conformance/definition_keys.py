"""The keys of definitions: which the reference's framework acts on, and what does so here.

The facts are the reference's types (`packages/core/src/destination-kit`). A key without a row is a
fault of the definition that has it: a new version of the reference may act on it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

Message: TypeAlias = dict[str, Any]
Key: TypeAlias = tuple[str, str]
"""A kind of record, and a key that such a record has."""

_SCHEMA: Final = "Action.fields"

ACTED_ON: Final[Mapping[str, Mapping[str, str]]] = {
    "destination": {
        "slug": "Destination.slug",
        "name": "Destination.name",
        "actions": "Destination.actions",
        "authentication": "Destination.authentication",
        "presets": "Destination.presets",
        "audienceConfig": "Destination.audience",
        "extendRequest": "Destination.extend_request",
        "onDelete": "Destination.on_delete",
    },
    "authentication": {
        "scheme": "Authentication.scheme",
        "fields": "Destination.settings",
        "testAuthentication": "Authentication.test",
        "refreshAccessToken": "Authentication.refresh",
    },
    "audienceConfig": {
        "mode": "Audience.mode",
        "audienceFields": "Audience.settings",
        "supportsAudienceFunctions": "Audience.functions",
        "createAudience": "Live.create_audience",
        "getAudience": "Live.get_audience",
    },
    "audienceConfig.mode": {"type": "Audience.mode", "full_audience_sync": "Audience.full_sync"},
    "action": {
        "title": "Action.title",
        "defaultSubscription": "Action.trigger",
        "fields": _SCHEMA,
        "perform": "Action.perform",
        "performBatch": "Action.perform_batch",
        "hasPerformBatch": "Action.perform_batch",
        "poll": "Action.poll",
        "dynamicFields": "Action.choices",
        "syncMode": "Action.sync_mode",
        "hooks": "Action.hooks",
    },
    # Fields with a meaning of their own, whatever the action.
    "reserved field": {
        "enable_batching": "BatchLimits.count",
        "batch_size": "BatchLimits.count",
        "batch_keys": "BatchLimits.keys",
        "__segment_internal_sync_mode": "Context.sync_mode",
        "__segment_internal_matching_key": "Context.matching_key",
    },
    "field": dict.fromkeys(
        (
            *("type", "required", "multiple", "allowNull", "choices", "properties", "format"),
            *("minimum", "maximum", "additionalProperties", "default"),
        ),
        _SCHEMA,
    )
    | {"dynamic": "Action.choices"},
    # The rest of a setting and of an input is a field like any other.
    "setting": {"dynamic": "Destination.choices"},
    "audience setting": {"dynamic": "Audience.choices"},
    "hook input": {"dynamic": "MappingHook.choices"},
    "condition": dict.fromkeys(("operator", "fieldKey", "value", "type", "match"), _SCHEMA)
    | {"conditions": _SCHEMA},
    "choice": {"value": _SCHEMA},
    "syncMode": {"default": "Action.sync_mode", "choices": "Action.sync_mode"},
    "hook": {
        "inputFields": "MappingHook.inputs",
        "outputFields": "MappingHook.outputs",
        "performHook": "MappingHook.perform",
    },
    "preset": {
        "name": "Preset.name",
        "partnerAction": "Preset.action",
        "subscribe": "Preset.trigger",
        "mapping": "Preset.mapping",
        "eventSlug": "Preset.event",
    },
}
"""Kind of record -> key that the reference's framework acts on -> the counterpart here."""

KEPT: Final[Mapping[str, frozenset[str]]] = {
    "destination": frozenset({"description", "mode"}),
    "action": frozenset({"description", "platform", "hidden"}),
    "field": frozenset(
        {
            *("label", "description", "placeholder", "category", "depends_on", "readOnly"),
            *("hidden", "defaultObjectUI", "disabledInputMethods", "displayMode"),
        }
    ),
    "choice": frozenset({"label"}),
    "syncMode": frozenset({"label", "description"}),
    "hook": frozenset({"label", "description"}),
    "preset": frozenset({"type"}),
}
"""Kind of record -> key that only editors read. An import keeps it, and an export writes it again."""


@dataclass(frozen=True, slots=True)
class Row:
    """A key, and what becomes of it."""

    record: str
    key: str
    #: The counterpart of a key that is acted on; empty where the key is kept.
    counterpart: str
    #: How many of the definitions have it.
    count: int


def rows(counts: Mapping[Key, int]) -> list[Row]:
    """Return each key of the two tables, those that are acted on first."""
    acted = [
        (record, key, place) for record, keys in ACTED_ON.items() for key, place in keys.items()
    ]
    kept = [(record, key, "") for record, keys in KEPT.items() for key in sorted(keys)]
    return [
        Row(record, key, place, counts.get((record, key), 0))
        for record, key, place in (*acted, *kept)
    ]


def as_table(counts: Mapping[Key, int], published: int, exported: int) -> str:
    """Return each key as a line: what becomes of it, and how many definitions have it."""
    found = rows(counts)
    acted = [row for row in found if row.counterpart]
    lines = [
        f"{row.record + '.' + row.key:<48}"
        f"{'acted on' if row.counterpart else 'kept':<10}{row.counterpart:<28}{row.count:>5}"
        for row in found
    ]
    total = (
        f"{published} published and {exported} exported definitions: {len(acted)} keys acted on,"
        f" {len(found) - len(acted)} kept"
    )
    return "\n".join(["", f"{'key':<48}{'':<10}{'counterpart':<28}{'found':>5}", *lines, total])


def unknown(keys: Iterable[Key]) -> list[str]:
    """Return a sentence for each key that neither table has."""
    return [
        f"{record} has the key {key!r}, which definition_keys.py knows neither as acted on nor as"
        " kept"
        for record, key in sorted(set(keys))
        if key not in ACTED_ON.get(record, {}) and key not in KEPT.get(record, ())
    ]


def count_keys(documents: Iterable[Message]) -> Counter[Key]:
    """Return in how many documents each key has a value."""
    return Counter(key for document in documents for key in set(keys_of(document)))


def keys_of(document: Message) -> Iterator[Key]:
    """Yield the keys of a document that have a value, with repetitions."""
    yield from _keys("destination", _without(document, "functions"))
    yield from _functions(document.get("functions") or ())
    authentication = document.get("authentication") or {}
    yield from _keys("authentication", authentication)
    yield from _fields(authentication.get("fields"), "setting")
    audience = document.get("audienceConfig") or {}
    yield from _keys("audienceConfig", audience)
    yield from _keys("audienceConfig.mode", audience.get("mode") or {})
    yield from _fields(audience.get("audienceFields"), "audience setting")
    for action in (document.get("actions") or {}).values():
        yield from _action(action)
    for preset in document.get("presets") or ():
        yield from _keys("preset", preset)
        yield from _reserved(preset.get("mapping") or {})


def _action(action: Message) -> Iterator[Key]:
    yield from _keys("action", action)
    yield from _fields(action.get("fields"))
    yield from _reserved(action.get("fields") or {})
    sync_mode = action.get("syncMode") or {}
    yield from _keys("syncMode", sync_mode)
    yield from _choices(sync_mode)
    for hook in (action.get("hooks") or {}).values():
        yield from _keys("hook", hook)
        for name in ("inputFields", "outputFields"):
            yield from _fields(hook.get(name), "hook input")


def _fields(fields: Message | None, kind: str = "field") -> Iterator[Key]:
    for field in (fields or {}).values():
        yield from _keys("field", _without(field, "dynamic"))
        if field.get("dynamic"):
            yield kind, "dynamic"
        yield from _choices(field)
        yield from _fields(field.get("properties"), kind)
        for name in ("required", "depends_on"):
            if isinstance(condition := field.get(name), dict):
                yield from _keys("condition", condition)
                for test in condition.get("conditions") or ():
                    yield from _keys("condition", test)


def _choices(field: Message) -> Iterator[Key]:
    for choice in field.get("choices") or ():
        if isinstance(choice, dict):
            yield from _keys("choice", choice)


def _keys(record: str, members: Message) -> Iterator[Key]:
    yield from ((record, key) for key, value in members.items() if value is not None)


def _reserved(members: Message) -> Iterator[Key]:
    known = ACTED_ON["reserved field"]
    yield from (("reserved field", name) for name in members if name in known)


def _functions(pointers: Iterable[str]) -> Iterator[Key]:
    """Yield the keys of functions, which `export_definitions.mjs` lists by their places."""
    for pointer in pointers:
        match pointer.split("/")[1:]:
            case [key]:
                yield "destination", key
            case ["authentication" | "audienceConfig" as record, key]:
                yield record, key
            case ["actions", _, "hooks", _, key]:
                yield "hook", key
            case ["actions", _, "dynamicFields", *_]:
                yield "action", "dynamicFields"
            case ["actions", _, key]:
                yield "action", key
            case [*_, "dynamic"]:
                continue  # the exported field itself says that it is dynamic
            case _:
                yield "function", pointer


def _without(members: Message, key: str) -> Message:
    return {name: value for name, value in members.items() if name != key}
