"""Starter: the configuration that `dkit serve --starter` writes."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from destination_host.config.files import ConfigFileError

if TYPE_CHECKING:
    from destination_kit import JsonObject

_SOURCE: Final = "website"
WRITE_KEY_NAME: Final = "WEBSITE_WRITE_KEY"
"""The environment variable that holds the write key of the starter's source."""
_NO_NAME: Final = re.compile(r"[^A-Za-z0-9._-]+|^[^A-Za-z0-9]+")


def starter_config(instance_files: Sequence[str]) -> JsonObject:
    """Return a configuration with one source, whose events go to the instances of these files."""
    destinations = {
        _NO_NAME.sub("-", Path(file).stem).strip("-") or f"destination-{number}": {"file": file}
        for number, file in enumerate(instance_files, 1)
    }
    return {
        "sources": {
            _SOURCE: {
                "writeKeys": [{"$secret": WRITE_KEY_NAME}],
                "destinations": [*destinations],
            }
        },
        "destinations": destinations,
        "queue": {"file": "queue.db"},
        "listen": {
            "ingress": {"host": "127.0.0.1", "port": 8080},
            "administration": {"host": "127.0.0.1", "port": 8484},
        },
    }


def write_starter(path: Path, instance_files: Sequence[str]) -> None:
    """Write the starter to a new file; raise `ConfigFileError` where it cannot be written."""
    if path.suffix.lower() == ".toml":
        raise ConfigFileError(f"the starter is JSON: name it {path.with_suffix('.json')}")
    text = json.dumps(starter_config(instance_files), indent=2, ensure_ascii=False)
    try:
        # Mode "w" would overwrite a configuration that a person has already changed.
        with path.open("x", encoding="utf-8") as file:
            file.write(f"{text}\n")
    except OSError as error:
        raise ConfigFileError(f"cannot write {path}: {error.strerror}") from None
