"""Made-up values that stand for secrets where nothing is sent, so that a check needs none."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from destination_kit.fields import compile_fields

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject
    from destination_kit.definitions import Destination

_WORD = "made-up"
_LONG = "made-up-secret-0123456789abcdef"
_COMMON = (
    _LONG,
    _WORD,
    "https://made-up.example/secret",
    "made-up@made-up.example",
    "made-up.example",
    "MADEUP",
    "madeup",
    "0" * 8,
    "a0" * 16,
    "00000000-0000-4000-8000-000000000000",
)


def make_up(document: Json, destination: Destination) -> Callable[[str], str]:
    """Return secret name -> a value that fits the setting of the document that refers to it."""
    given = document.get("settings") if isinstance(document, Mapping) else None
    fields = destination.settings.get("properties")
    found: dict[str, str] = {}
    for setting, value in given.items() if isinstance(given, Mapping) else ():
        name = value.get("$secret") if isinstance(value, Mapping) else None
        field = fields.get(setting) if isinstance(fields, Mapping) else None
        if isinstance(name, str) and isinstance(field, Mapping):
            found[name] = _fitting(field)
    return lambda name: found.get(name, _LONG)


def _fitting(field: JsonObject) -> str:
    validate = compile_fields({"type": "object", "properties": {"it": field}})
    fits = (each for each in _candidates(field) if not validate({"it": each})[1])
    return next(fits, _LONG)


def _candidates(field: JsonObject) -> Iterator[str]:
    for word in ("enum", "examples"):
        choices = field.get(word)
        for each in choices if isinstance(choices, list | tuple) else ():
            if isinstance(each, str):
                yield each
    yield from _COMMON
    for word in ("minLength", "maxLength"):
        length = field.get(word)
        if isinstance(length, int):
            yield from (each * length for each in ("x", "0", "A"))
