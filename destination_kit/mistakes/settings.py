"""Likely mistakes in the settings of an instance."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from destination_kit._json import JsonObject, pointer
from destination_kit.errors import Problem, did_you_mean, warning
from destination_kit.fields import collect_secret_fields, iter_fields

if TYPE_CHECKING:
    from destination_kit.definitions import Destination

# A shell would replace all three by the value of the variable. No file of ours does.
_VARIABLE: Final = re.compile(r"\s*(?:\$\{(\w+)\}|\$([A-Z_][A-Z0-9_]*)|%([A-Z_][A-Z0-9_]*)%)\s*")


def find_setting_mistakes(
    destination: Destination, document: JsonObject, settings: JsonObject, *, has_store: bool
) -> Iterator[Problem]:
    """Yield a warning for each likely mistake in settings; paths point into them.

    `document` holds the settings as they stand in the file, `settings` as the destination gets
    them. With `has_store` a secret may be kept elsewhere; a host without a store fills it in itself.
    """
    known = dict(iter_fields(destination.settings))
    secrets = collect_secret_fields(destination.settings).secrets
    for name, value in document.items():
        if name not in known and name not in settings:
            hint = did_you_mean(name, known)
            message = f"{destination.name} has no setting {name!r}: it is left out{hint}"
            yield warning(pointer(name), "UNKNOWN_SETTING", message)
        elif value is None and settings.get(name) is not None:
            message = f"the setting {name!r} is null, which counts as {json.dumps(settings[name])}"
            yield warning(pointer(name), "NULL_SETTING", message)
        elif isinstance(value, str) and value.strip():
            yield from _check_text(name, value, is_secret=has_store and name in secrets)


def _check_text(name: str, text: str, *, is_secret: bool) -> Iterator[Problem]:
    if found := _VARIABLE.fullmatch(text):
        variable = next(filter(None, found.groups()))
        message = (
            f"no variable is replaced in a file, so {name} is this text itself: write"
            f' {{"$secret": "{variable}"}}'
        )
        yield warning(pointer(name), "VARIABLE", message)
    elif is_secret:
        message = (
            f"{name} is a secret, and stands in the file as plain text: keep it elsewhere, and write"
            f' {{"$secret": NAME}} here'
        )
        yield warning(pointer(name), "PLAIN_SECRET", message)
