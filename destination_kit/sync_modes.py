"""Sync mode and matching key of a subscription: where a document chooses them, and the checks.

A document has the keys `syncMode` and `matchingKey`. Segment keeps both in the mapping, under
names that begin with `__segment_internal_`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

from destination_kit._javascript import to_boolean, to_string
from destination_kit._json import JsonObject, as_array, as_object, pointer
from destination_kit.definitions import Action, SyncMode
from destination_kit.errors import Problem, did_you_mean, warning

SYNC_MODES: Final[tuple[SyncMode, ...]] = ("add", "update", "upsert", "delete", "mirror")
"""Every mode that Segment has a word for."""

_MAPPED_MODE: Final = "__segment_internal_sync_mode"
_MAPPED_KEY: Final = "__segment_internal_matching_key"


def offered_modes(action: Action) -> tuple[SyncMode, ...]:
    """Return the modes that an action offers; all of Segment's where its schema lists none."""
    schema = action.sync_mode
    if schema is None:
        return ()
    choices = [as_object(choice).get("const") for choice in as_array(schema.get("oneOf"))]
    listed = [*choices, *as_array(schema.get("enum"))]
    return tuple(mode for mode in SYNC_MODES if mode in listed) if listed else SYNC_MODES


def read_sync_mode(document: JsonObject, action: Action) -> SyncMode | None:
    """Return the mode that a subscription chooses; None where the action has none.

    With `useDefaultMapping`, the action's default takes the place of a missing choice.
    """
    if action.sync_mode is None:
        return None
    mapping = as_object(document.get("mapping"))
    chosen = document.get("syncMode", mapping.get(_MAPPED_MODE))
    if chosen is None and document.get("useDefaultMapping"):
        chosen = action.sync_mode.get("default")
    # The reference takes each of Segment's modes from the mapping, whichever the action offers.
    return next((mode for mode in SYNC_MODES if mode == chosen), None)


def read_matching_key(document: JsonObject) -> str | None:
    """Return the field by which the partner matches users; None where a subscription names none."""
    mapped = as_object(document.get("mapping")).get(_MAPPED_KEY)
    chosen = document.get("matchingKey", mapped)
    return to_string(chosen) if to_boolean(chosen) else None


def check_sync_mode(document: JsonObject, action: Action) -> Iterator[Problem]:
    """Yield what is wrong with the `syncMode` and the `matchingKey` of a subscription."""
    yield from _check_conflict(document, "syncMode", _MAPPED_MODE)
    yield from _check_conflict(document, "matchingKey", _MAPPED_KEY)
    mode, modes = document.get("syncMode"), offered_modes(action)
    if mode is None:
        return
    if not modes:
        yield Problem("/syncMode", "SYNC_MODE", f"{action.title} has no sync modes")
    elif mode not in modes:
        message = f"{action.title} does not offer {mode!r}{did_you_mean(mode, modes)}"
        yield Problem("/syncMode", "SYNC_MODE", f"{message}; it offers {', '.join(modes)}")


def _check_conflict(document: JsonObject, key: str, mapped_key: str) -> Iterator[Problem]:
    mapping = as_object(document.get("mapping"))
    if key in document and mapped_key in mapping and document[key] != mapping[mapped_key]:
        mapped = json.dumps(mapping[mapped_key])
        message = f"the mapping says {mapped} in {mapped_key}: remove one of the two"
        yield Problem(f"/{key}", "CONFLICT", message)


def warn_of_mapped_mode(mapping: JsonObject, action: Action, slug: str) -> Iterator[Problem]:
    """Yield why a mode in the mapping has no effect, or one that the action does not expect.

    Both are no problems, since the reference runs such a mapping.
    """
    if _MAPPED_MODE not in mapping:
        return
    chosen, modes = mapping[_MAPPED_MODE], offered_modes(action)
    if not modes or chosen not in SYNC_MODES:
        message = (
            f"the sync mode {json.dumps(chosen)} has no effect: {slug} has none, or it is not"
            f" one of {', '.join(SYNC_MODES)}"
        )
        yield warning(pointer(_MAPPED_MODE), "SYNC_MODE", message)
    elif chosen not in modes:
        offer = ", ".join(modes)
        message = f"{slug} does not offer the sync mode {json.dumps(chosen)}; it offers {offer}"
        yield warning(pointer(_MAPPED_MODE), "SYNC_MODE", message)
