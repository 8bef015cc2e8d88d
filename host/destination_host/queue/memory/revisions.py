"""Configurations of instances in memory, by revision."""

from __future__ import annotations


class Revisions:
    """The configurations of now, and earlier ones with the time until which they were used."""

    def __init__(self) -> None:
        #: (instance, revision) -> document.
        self._documents: dict[tuple[str, str], bytes] = {}
        #: (instance, revision) -> when another one took its place.
        self._used_until: dict[tuple[str, str], float] = {}

    def keep(self, instance: str, revision: str, document: bytes, now: float) -> None:
        """Keep a document as the one of now."""
        for key in self._documents:
            if key[0] == instance and key not in self._used_until:
                self._used_until[key] = now
        self._documents.setdefault((instance, revision), document)
        self._used_until.pop((instance, revision), None)

    def find(self, instance: str, revision: str) -> bytes | None:
        """Return a document; None where it is not kept."""
        return self._documents.get((instance, revision))

    def purge(self, used_until: float) -> None:
        """Remove the documents that were used until this time or an earlier one."""
        for key in [key for key, end in self._used_until.items() if end <= used_until]:
            del self._documents[key], self._used_until[key]
