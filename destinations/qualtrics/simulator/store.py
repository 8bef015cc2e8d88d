"""Storage of one simulated directory: contacts and their indexes, mailing lists, transactions."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from destinations.qualtrics.simulator.json_types import Json

CONTACT_FIELDS: Final = ("firstName", "lastName", "email", "phone", "extRef", "language")
#: The fields of a contact that merge rules and search filters compare.
INDEXED_FIELDS: Final = ("extRef", "email", "phone", "firstName", "lastName")


@dataclass(frozen=True, slots=True)
class Membership:
    """The membership of a contact in one mailing list."""

    #: The contact's id on this list, `contactLookupId`.
    lookup_id: str
    unsubscribed: bool = False
    #: Seconds since 1970 of the opt-out.
    unsubscribed_at: float | None = None
    #: The `privateEmbeddedData`, which only this list shows.
    private_data: Mapping[str, str] = field(default_factory=dict)


# While search lags, it holds the old version of a contact, and `current` holds the new one. A
# change in place would show in search at once.
@dataclass(frozen=True, slots=True)
class Contact:
    """One version of a contact; all times are seconds since 1970."""

    id: str
    created_at: float
    modified_at: float
    #: Values by `CONTACT_FIELDS`; a field without a value is missing.
    fields: Mapping[str, str] = field(default_factory=dict)
    embedded_data: Mapping[str, str] = field(default_factory=dict)
    unsubscribed: bool = False
    unsubscribed_at: float | None = None
    #: Memberships by mailing list id.
    memberships: Mapping[str, Membership] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Transaction:
    """A transaction of a contact."""

    id: str
    contact_id: str
    mailing_list_id: str | None
    #: `YYYY-MM-DD HH:MM:SS`, as it was sent.
    date: str | None
    data: Mapping[str, Json]
    #: When listings begin to show it, in seconds since 1970.
    listed_at: float = 0.0


@dataclass(slots=True)
class MailingList:
    """A mailing list; all times are seconds since 1970."""

    name: str
    owner_id: str
    created_at: float
    modified_at: float
    #: Contact ids in order of arrival; a dict, because a set has no order.
    member_ids: dict[str, None] = field(default_factory=dict)


@dataclass(slots=True)
class TransactionBatch:
    """A transaction batch; `created_at` is in seconds since 1970."""

    created_at: float
    #: Transaction ids in order of arrival.
    transaction_ids: dict[str, None] = field(default_factory=dict)


def normalize(text: str) -> str:
    """Return `text` as the index compares it: without case and surrounding blanks."""
    # Qualtrics documents that search ignores case and trims the values of filters
    # (https://api.qualtrics.com/c79e78a949572-search-directory-contacts). `casefold` and the
    # trimming of stored values are guesses: we do not know whether "ß" finds "ss" there.
    return text.strip().casefold()


@dataclass(slots=True)
class ContactIndex:
    """Contacts by id, and ids by each indexed field."""

    contacts: dict[str, Contact] = field(default_factory=dict)
    #: Field name -> normalized value -> contact ids, oldest first.
    ids_by_field: dict[str, dict[str, list[str]]] = field(
        default_factory=lambda: {name: {} for name in INDEXED_FIELDS}
    )

    def find(self, field_name: str, value: str) -> Iterable[Contact]:
        """Yield the contacts whose indexed field equals `value`, oldest first."""
        contact_ids = self.ids_by_field[field_name].get(normalize(value), ())
        return (self.contacts[contact_id] for contact_id in contact_ids)

    def put(self, contact_id: str, contact: Contact | None) -> None:
        """Store a version of a contact; None deletes the contact."""
        old_contact = self.contacts.get(contact_id)
        for field_name in INDEXED_FIELDS:
            old_key = _get_index_key(old_contact, field_name)
            new_key = _get_index_key(contact, field_name)
            # A merge takes the oldest match. If an update removed the id and added it again, the
            # contact would come after younger ones.
            if old_key != new_key:
                self._remove_id(field_name, old_key, contact_id)
                self._add_id(field_name, new_key, contact_id)
        if contact:
            self.contacts[contact_id] = contact
        else:
            self.contacts.pop(contact_id, None)

    def _remove_id(self, field_name: str, key: str | None, contact_id: str) -> None:
        if key is None:
            return
        ids_by_key = self.ids_by_field[field_name]
        ids_by_key[key].remove(contact_id)
        if not ids_by_key[key]:
            del ids_by_key[key]

    def _add_id(self, field_name: str, key: str | None, contact_id: str) -> None:
        if key is not None:
            self.ids_by_field[field_name].setdefault(key, []).append(contact_id)


def _get_index_key(contact: Contact | None, field_name: str) -> str | None:
    value = contact.fields.get(field_name) if contact else None
    return None if value is None else normalize(value)


@dataclass(slots=True)
class DirectoryStore:
    """All data of one directory."""

    #: Every contact as it was last written.
    current: ContactIndex = field(default_factory=ContactIndex)
    #: Every contact as search finds it, which may lag behind `current`.
    searchable: ContactIndex = field(default_factory=ContactIndex)
    #: Writes that search does not find yet: time at which it will, contact id, contact.
    pending_updates: deque[tuple[float, str, Contact | None]] = field(default_factory=deque)
    #: Mailing lists by id.
    mailing_lists: dict[str, MailingList] = field(default_factory=dict)
    #: Transactions by id.
    transactions: dict[str, Transaction] = field(default_factory=dict)
    #: Transaction ids by contact id, in order of arrival.
    transaction_ids: dict[str, list[str]] = field(default_factory=dict)
    #: Transaction batches by id.
    batches: dict[str, TransactionBatch] = field(default_factory=dict)
    #: Temporary ids under which transactions have been created.
    temporary_ids: set[str] = field(default_factory=set)

    def write(self, contact_id: str, contact: Contact | None, *, now: float, lag: float) -> None:
        """Store a version of a contact, which search finds after `lag` seconds.

        None deletes the contact.
        """
        self.current.put(contact_id, contact)
        self.pending_updates.append((now + lag, contact_id, contact))
        self.update_searchable(now)

    def update_searchable(self, now: float) -> None:
        """Make every write searchable whose lag is over."""
        while self.pending_updates and self.pending_updates[0][0] <= now:
            _, contact_id, contact = self.pending_updates.popleft()
            self.searchable.put(contact_id, contact)
