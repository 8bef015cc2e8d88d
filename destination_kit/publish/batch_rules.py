"""The rule of `batch_size`, which an operator may set in a mapping."""

from __future__ import annotations

from typing import TYPE_CHECKING

from destination_kit._json import as_object
from destination_kit.batch_fields import SIZE
from destination_kit.fields import list_types

if TYPE_CHECKING:
    from destination_kit._json import JsonObject
    from destination_kit.definitions import Action


def restrict_batch_size(action: Action) -> JsonObject:
    """Return the fields of an action, with the bounds that the kit sets to a literal batch size."""
    fields = as_object(action.fields.get("properties"))
    size = as_object(fields.get(SIZE))
    if action.perform_batch is None or {"number", "integer"}.isdisjoint(list_types(size)):
        return action.fields
    bounds = {"minimum": size.get("minimum", 0), "maximum": size.get("maximum", action.batch.count)}
    restricted = {**size, "type": "integer", **bounds}
    return {**action.fields, "properties": {**fields, SIZE: restricted}}
