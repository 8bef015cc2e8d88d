"""Placeholders in instance documents: values that a person has still to fill in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from destination_kit._json import as_array, as_object, pointer
from destination_kit.errors import Problem

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject

# A shorter beginning, such as `<`, can begin a real value.
_PREFIX: Final = "<fill in: "
_SENTENCE: Final = re.compile(rf"{_PREFIX}(?!\S*\w{{17}})(?:[^\W\d_]{{1,16}}[ ,.:;()'/-]*)+>")
# Shells, Docker Compose and others fill in `${NAME}`, and `${NAME:-value}`.
_VARIABLE: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::?[-?+=][^}]*)?\}")
#: Words in capitals, which no token consists of.
_VARIABLE_NAME: Final = re.compile(r"[A-Z]{1,16}(?:_(?:[A-Z]{1,16}|[0-9]{1,3}))*")


def placeholder(description: str) -> str:
    """Return the placeholder of a value, with a description of what to fill in."""
    return f"{_PREFIX}{description}>"


def find_placeholders(document: Json, problems: Sequence[Problem] = ()) -> list[Problem]:
    """Return the problems of an instance document, and one for each placeholder in it.

    A placeholder is what `dkit init` writes, or a `${NAME}`, which the kit does not fill in. It
    stands in the settings or an enabled subscription. Where `problems` name one that its field
    refuses, the placeholder alone is returned.
    """
    found = [*_find_in_instance(as_object(document))]
    others = (
        problem
        for problem in problems
        if not any(f"{one.path}/".startswith(f"{problem.path}/") for one in found if problem.path)
    )
    return [*others, *found]


def without_placeholders(mapping: JsonObject) -> dict[str, Json]:
    """Return a mapping without the fields that are still to be filled in."""
    return {name: value for name, value in mapping.items() if not any(_find(value))}


def _find_in_instance(instance: JsonObject) -> Iterator[Problem]:
    yield from _find(instance.get("settings"), "settings")
    for index, subscription in enumerate(as_array(instance.get("subscriptions"))):
        # `dkit init` disables a subscription whose event only a person can name. `dkit check` would
        # otherwise refuse its placeholders, although it sends nothing.
        if isinstance(subscription, Mapping) and subscription.get("enabled") is not False:
            yield from _find(subscription, "subscriptions", index)


def _find(value: Json, *path: str | int) -> Iterator[Problem]:
    if isinstance(value, str):
        if message := _describe(value, is_setting=path[:1] == ("settings",)):
            yield Problem(pointer(*path), "PLACEHOLDER", message)
    elif isinstance(value, Mapping):
        for key, member in value.items():
            yield from _find(member, *path, key)
    elif isinstance(value, Sequence):
        for index, member in enumerate(value):
            yield from _find(member, *path, index)


def _describe(text: str, *, is_setting: bool) -> str | None:
    """Return what is still to be filled in; None where a text has no placeholder."""
    if _PREFIX in text:
        # A person may have written a secret beside the placeholder, or into it.
        shown = found[0] if (found := _SENTENCE.search(text)) else f"{_PREFIX}…>"
        return f"still to be filled in: {shown}"
    # A text of a mapping may speak of `${name}`, as a template of the partner does.
    variable = _VARIABLE.search(text) if is_setting else _VARIABLE.fullmatch(text)
    if variable is None:
        return None
    name = variable[1] if _VARIABLE_NAME.fullmatch(variable[1]) else "NAME"
    instead = f'write {{"$secret": "{name}"}} for a secret, else the value'
    return f"variables are not filled in: instead of ${{{name}}} {instead}"
