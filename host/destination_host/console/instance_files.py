"""Instances as the console sees them: documents with a revision, those in JSON files writable."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path
from typing import TYPE_CHECKING, Final

from destination_host.config.files import ConfigFileError, read_document
from destination_host.console.atomic_files import replace_file
from destination_host.console.unchanged_parts import keep_unchanged

if TYPE_CHECKING:
    from destination_kit import Json, JsonObject

_INDENT: Final = re.compile(r"^( +|\t+)\S", re.MULTILINE)


class UnknownInstanceError(Exception):
    """A name that the configuration has no instance of."""


class ReadOnlyError(Exception):
    """An instance that the console cannot write; the message says why and what to do."""


class StaleRevisionError(Exception):
    """A change of a document that somebody else has changed since it was read."""

    def __init__(self, current: InstanceDocument, diff: str) -> None:
        super().__init__("the file has changed since it was read")
        self.current = current
        #: What would be undone by the change, as a unified diff.
        self.diff = diff


@dataclass(frozen=True, slots=True)
class InstanceDocument:
    """An instance of the configuration, as its file has it."""

    name: str
    document: Json
    #: The text of the file; an inline instance has one as if it had a file.
    text: str
    #: The path as the configuration has it; None for an inline instance.
    file: str | None
    #: Why it cannot be written; None where it can.
    read_only: str | None

    @property
    def revision(self) -> str:
        """Changes with any byte of the file."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:16]


class InstanceFiles:
    """The instances of a configuration file, read anew for each question: others may edit them."""

    def __init__(self, config: Path) -> None:
        self._config = config

    def list(self) -> Iterator[InstanceDocument | ConfigFileError]:
        """Yield the instances in the order of the configuration, or why one cannot be read."""
        for name in self._entries():
            try:
                yield self.read(name)
            except ConfigFileError as error:
                yield error

    def read(self, name: str) -> InstanceDocument:
        """Return an instance by its name."""
        entries = self._entries()
        if name not in entries:
            raise UnknownInstanceError(f"the configuration has no destination {name!r:.100}")
        entry = entries[name]
        if not isinstance(entry, dict) or "file" not in entry:
            reason = f"It stands in {self._config.name}. Move it to a file to edit it here."
            return InstanceDocument(name, entry, _write_text(entry, "  "), None, reason)
        file = str(entry["file"])
        path = self._config.parent / file
        document = read_document(path)
        text = path.read_text(encoding="utf-8-sig")
        return InstanceDocument(name, document, text, file, _explain_read_only(path, document))

    def review(self, name: str, document: JsonObject) -> tuple[InstanceDocument, str, str]:
        """Return the instance as it is, its new text, and the unified diff of both."""
        current = self.read(name)
        if current.read_only:
            raise ReadOnlyError(current.read_only)
        kept = keep_unchanged(current.document, document)
        text = (
            current.text
            if kept == current.document
            else _write_text(kept, _find_indent(current.text))
        )
        return current, text, _diff(current.text, text, current.file or name)

    def write(self, name: str, document: JsonObject, revision: str) -> InstanceDocument:
        """Replace the document of an instance whose revision is still this one."""
        current, text, diff = self.review(name, document)
        if current.revision != revision:
            raise StaleRevisionError(current, diff)
        if text != current.text:
            replace_file(self._config.parent / str(current.file), text)
        return self.read(name)

    def move_to_file(self, name: str) -> InstanceDocument:
        """Put an inline instance into a file beside the configuration, which then refers to it."""
        current = self.read(name)
        if current.file is not None:
            return current
        if self._config.suffix.lower() == ".toml":
            raise ReadOnlyError(f"{self._config.name} is TOML: move the instance by hand.")
        file = f"{re.sub(r'[^A-Za-z0-9_-]+', '-', name) or 'instance'}.json"
        path = self._config.parent / file
        if path.exists():
            raise ReadOnlyError(f"{file} exists already: rename it, or move the instance by hand.")
        text = self._config.read_text(encoding="utf-8-sig")
        config = json.loads(text)
        config["destinations"][name] = {"file": file}
        replace_file(path, current.text)
        replace_file(self._config, _write_text(config, _find_indent(text)))
        return self.read(name)

    def _entries(self) -> dict[str, Json]:
        document = read_document(self._config)
        entries = document.get("destinations") if isinstance(document, dict) else None
        return entries if isinstance(entries, dict) else {}


def _explain_read_only(path: Path, document: Json) -> str | None:
    if path.suffix.lower() != ".json":
        return f"{path.name} is TOML. The console writes JSON only: edit it in a text editor."
    if not isinstance(document, dict) or "destination" not in document:
        return (
            f"{path.name} has the shape of Segment's own export, which the console does not write."
        )
    return None


def _find_indent(text: str) -> str:
    """Return the indentation of a text, so that a change is a change of few lines."""
    found = _INDENT.search(text)
    return found[1] if found else "  "


def _write_text(document: Json, indent: str) -> str:
    return json.dumps(document, indent=indent, ensure_ascii=False) + "\n"


def _diff(old: str, new: str, name: str) -> str:
    lines = unified_diff(
        old.splitlines(), new.splitlines(), f"{name}, saved", f"{name}, new", lineterm=""
    )
    return "\n".join(lines)
