"""Made-up secrets, for a check or a preview where the real ones are not at hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from destination_kit._json import as_array, as_object
from destination_kit.fields import compile_validator

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject
    from destination_kit.definitions import Destination

_MADE_UP_SECRET = "made-up-secret-0123456789abcdef"  # noqa: S105 - the secret is made up, and nothing sends it
# The kit cannot generate a text for a `pattern`. With one text for every secret, `configure` would
# refuse settings such as URLs, so the usual shapes are tried.
_MADE_UP_VALUES = (
    _MADE_UP_SECRET,
    "made-up",
    "https://made-up.example/secret",
    "made-up@made-up.example",
    "made-up.example",
    "MADEUP",
    "madeup",
    "0" * 8,
    "a0" * 16,
    "00000000-0000-4000-8000-000000000000",
)


def make_up_secrets(document: Json, destination: Destination) -> Callable[[str], str]:
    """Return secret name -> a made-up value that fits the setting which refers to the secret."""
    settings = as_object(as_object(document).get("settings"))
    fields = as_object(destination.settings.get("properties"))
    secrets: dict[str, str] = {}
    for key, value in settings.items():
        name = as_object(value).get("$secret")
        if isinstance(name, str) and key in fields:
            secrets[name] = _make_up_value(as_object(fields[key]))
    return lambda name: secrets.get(name, _MADE_UP_SECRET)


def _make_up_value(field: JsonObject) -> str:
    validate = compile_validator({"type": "object", "properties": {"value": field}})
    fitting = (value for value in _candidates(field) if not validate({"value": value})[1])
    return next(fitting, _MADE_UP_SECRET)


def _candidates(field: JsonObject) -> Iterator[str]:
    for keyword in ("enum", "examples"):
        for value in as_array(field.get(keyword)):
            if isinstance(value, str):
                yield value
    yield from _MADE_UP_VALUES
    for keyword in ("minLength", "maxLength"):
        length = field.get(keyword)
        if isinstance(length, int):
            yield from (character * length for character in ("x", "0", "A"))
