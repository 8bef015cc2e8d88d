"""Opt-outs: a literal `unsubscribed: false` of a mapping opts no known contact back in."""

from __future__ import annotations

from collections.abc import Mapping

from destination_kit import Context, Json, JsonObject

_FIELD = "unsubscribed"


def respect_opt_out(context: Context, body: JsonObject) -> JsonObject:
    """Return what to send to a known contact: without an `unsubscribed` that no event chose.

    Qualtrics does not say whether `false` ends an opt-out. A value that comes from the event is a
    choice of that person, so it is sent, and so is a literal with the option `resubscribe`.
    """
    if body.get(_FIELD) is not False or context.subscription is None:
        return body
    mapped = context.subscription.mapping.get(_FIELD)
    if not _is_literal(mapped) or context.options.get("resubscribe") is True:
        return body
    return {name: value for name, value in body.items() if name != _FIELD}


def _is_literal(mapped: Json) -> bool:
    """Return whether a mapping's value is the same for every event."""
    if isinstance(mapped, Mapping):
        return "@literal" in mapped
    return mapped is not None and not (isinstance(mapped, str) and "{{" in mapped)
