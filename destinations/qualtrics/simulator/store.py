"""What the simulated Qualtrics remembers: contacts by match key, lists, transactions, runs."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from destinations.qualtrics.simulator.record_loader import Json

FIELDS: Final = ("firstName", "lastName", "email", "phone", "extRef", "language")
KEYS: Final = ("extRef", "email", "phone", "firstName", "lastName")


@dataclass(frozen=True, slots=True)
class Membership:
    """A contact's place on one mailing list; `private` data is seen on that list only."""

    lookup_id: str
    unsubscribed: bool = False
    unsubscribed_at: float | None = None
    private: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Contact:
    """One version of a contact; times are seconds since 1970."""

    id: str
    created: float
    modified: float
    fields: Mapping[str, str] = field(default_factory=dict)
    embedded: Mapping[str, str] = field(default_factory=dict)
    unsubscribed: bool = False
    unsubscribed_at: float | None = None
    memberships: Mapping[str, Membership] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Transaction:
    """One thing that a contact did."""

    id: str
    contact_id: str
    list_id: str | None
    date: str | None
    data: Mapping[str, Json]


@dataclass(slots=True)
class Roll:
    """A mailing list: who is on it, in order of arrival."""

    name: str
    owner_id: str
    created: float
    modified: float
    members: dict[str, None] = field(default_factory=dict)


def fold(text: str) -> str:
    """Return `text` as comparisons see it: without case and outer blanks."""
    return text.strip().casefold()


@dataclass(slots=True)
class Table:
    """Contacts by id and by each match key."""

    contacts: dict[str, Contact] = field(default_factory=dict)
    ids: dict[str, dict[str, list[str]]] = field(
        default_factory=lambda: {name: {} for name in KEYS}
    )

    def matching(self, name: str, value: str) -> Iterable[Contact]:
        """Yield the contacts whose field `name` compares equal to `value`, oldest first."""
        return (self.contacts[each] for each in self.ids[name].get(fold(value), ()))

    def put(self, contact_id: str, contact: Contact | None) -> None:
        """Store this version of a contact; None removes it."""
        old = self.contacts.get(contact_id)
        for name in KEYS:
            before, after = _key(old, name), _key(contact, name)
            if before != after:
                self._move(name, contact_id, before, after)
        if contact:
            self.contacts[contact_id] = contact
        else:
            self.contacts.pop(contact_id, None)

    def _move(self, name: str, contact_id: str, before: str | None, after: str | None) -> None:
        if before is not None:
            self.ids[name][before].remove(contact_id)
            if not self.ids[name][before]:
                del self.ids[name][before]
        if after is not None:
            self.ids[name].setdefault(after, []).append(contact_id)


def _key(contact: Contact | None, name: str) -> str | None:
    value = contact.fields.get(name) if contact else None
    return None if value is None else fold(value)


@dataclass(slots=True)
class Store:
    """What a directory holds: `live` is the truth, `seen` is what search knows of it by now."""

    live: Table = field(default_factory=Table)
    seen: Table = field(default_factory=Table)
    unseen: deque[tuple[float, str, Contact | None]] = field(default_factory=deque)
    rolls: dict[str, Roll] = field(default_factory=dict)
    transactions: dict[str, Transaction] = field(default_factory=dict)
    transactions_of: dict[str, list[str]] = field(default_factory=dict)

    def write(self, contact_id: str, contact: Contact | None, *, now: float, lag: float) -> None:
        """Store this version of a contact (None removes it) and let search see it after `lag`."""
        self.live.put(contact_id, contact)
        self.unseen.append((now + lag, contact_id, contact))
        self.settle(now)

    def settle(self, now: float) -> None:
        """Let search see what is due."""
        while self.unseen and self.unseen[0][0] <= now:
            _, contact_id, contact = self.unseen.popleft()
            self.seen.put(contact_id, contact)
