"""Secrets that the console was given: a file beside the configuration, which nothing reads back."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from destination_host.config.files import ConfigFileError, read_document
from destination_host.console.atomic_files import replace_file

if TYPE_CHECKING:
    from destination_kit import Secrets

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,199}")
_PRIVATE: Final = 0o600
#: More than any token or key has.
_MAX_LENGTH: Final = 10_000


class SecretError(Exception):
    """A secret that is not kept; the message says why, and never what it was."""


class SecretFile:
    """Secrets by name. What the environment has wins, so an operator can always overrule the page."""

    def __init__(self, path: Path, environment: Secrets) -> None:
        self._path = path
        self._environment = environment

    def look_up(self, name: str) -> str | None:
        """Return a secret, None where neither the environment nor the file has it."""
        return self._of_environment(name) or self._read().get(name)

    def describe(self, name: str) -> dict[str, str | bool | None]:
        """Return where a secret is set, not what it is."""
        if self._of_environment(name):
            return {"name": name, "isSet": True, "where": "environment"}
        is_set = name in self._read()
        return {"name": name, "isSet": is_set, "where": "file" if is_set else None}

    def write(self, name: str, value: str) -> None:
        """Keep a secret, in place of an earlier one."""
        if not _NAME.fullmatch(name):
            raise SecretError("a name has letters, digits, points, hyphens and underscores only")
        if not value or len(value) > _MAX_LENGTH:
            raise SecretError(f"a secret has 1 to {_MAX_LENGTH:,} characters")
        self._replace(self._read() | {name: value})

    def remove(self, name: str) -> None:
        """Forget a secret of the file; one of the environment stays."""
        kept = self._read()
        if kept.pop(name, None) is not None:
            self._replace(kept)

    def _of_environment(self, name: str) -> str | None:
        try:
            return self._environment(name) or None
        except (LookupError, ValueError):  # a name with a NUL byte or `=`
            return None

    def _read(self) -> dict[str, str]:
        if not self._path.exists():
            return {}
        document = read_document(self._path)
        pairs = document.items() if isinstance(document, dict) else ()
        kept = {name: value for name, value in pairs if isinstance(value, str)}
        if not isinstance(document, dict) or len(kept) < len(document):
            raise ConfigFileError(f"{self._path} is no object of texts")
        return kept

    def _replace(self, kept: dict[str, str]) -> None:
        replace_file(self._path, json.dumps(kept, indent=2, sort_keys=True) + "\n", mode=_PRIVATE)
