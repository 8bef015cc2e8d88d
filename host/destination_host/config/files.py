"""Files of the configuration: JSON, or TOML where the name ends in `.toml`."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from destination_kit import Json


class ConfigFileError(Exception):
    """A file that cannot be read as a document; the message names it and the reason."""


def read_document(path: Path) -> Json:
    """Return the document of a file; raise `ConfigFileError`."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise ConfigFileError(f"cannot read {path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise ConfigFileError(f"{path} is not UTF-8: see byte {error.start}") from None
    try:
        return _parse_toml(text) if path.suffix.lower() == ".toml" else _parse_json(text)
    except RecursionError:
        raise ConfigFileError(f"{path} is nested too deeply") from None
    except ValueError as error:
        raise ConfigFileError(f"{path} cannot be read: {error}") from None


def _parse_toml(text: str) -> Json:
    # tomllib returns dates as objects, and accepts `nan` and `inf`, which JSON has not.
    value: Json = json.loads(json.dumps(tomllib.loads(text), allow_nan=False, default=str))
    return value


def _parse_json(text: str) -> Json:
    value: Json = json.loads(
        text, parse_constant=_refuse_constant, object_pairs_hook=_refuse_repeated_keys
    )
    return value


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


def _refuse_repeated_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the object; of two sources with one name, the first would be lost in silence."""
    document: dict[str, Any] = {}
    for key, value in pairs:
        if key in document:
            raise ValueError(f"the key {key!r:.100} stands twice in one object")
        document[key] = value
    return document
