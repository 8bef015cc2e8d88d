"""Contact cache: the contacts that are known by identifier, and those that may have been created.

It is the shared state of a catalog: all instances and threads of a process use the same one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from time import monotonic
from typing import Final

from destination_kit import RetryableError
from destinations.qualtrics.client import ContactRef
from destinations.qualtrics.contact_identity import (
    CompactText,
    ContactIdentity,
    DirectoryKey,
    IdentifierKey,
    compact,
)
from destinations.qualtrics.keyed_locks import KeyedLocks
from destinations.qualtrics.transaction_claims import TransactionClaims
from destinations.qualtrics.ttl_cache import TtlCache

#: Seconds that a contact is cached by its strongest identifier. The same goes for what is known
#: of a directory.
TTL: Final = 600.0
#: Seconds that a contact is cached by a weaker identifier. Other contacts may share it, so the
#: search decides again once it can be expected to find all of them.
WEAK_TTL: Final = 60.0
#: Seconds after which a search is expected to find a new contact. Qualtrics documents no figure,
#: and nothing promises that a search finds it at once.
SEARCH_LAG: Final = 10.0
# A brand may search 500 contacts and write 500 a minute
# (https://api.qualtrics.com/a5e9a1a304902-limits). In the ten minutes of `TTL`, these are 10,000
# contacts with three identifiers each. The default holds them all.
#: Bytes of all that is cached, where a host sets no other number.
MAX_BYTES: Final = 64_000_000
# The largest entry, with its key: an identifier and an extRef of 64 characters each, ids of 100
# (CPython 3.11). Usual ones take about 400 bytes.
_ENTRY_BYTES: Final = 1_000
_MAX_ID_LENGTH: Final = 100
# The hash of a transaction's id in a set (CPython 3.11).
_CLAIM_BYTES: Final = 80


class ContactCache:
    """Cache of contacts by identifier, with the locks for their lookups and writes.

    A token gets a contact only after Qualtrics has answered one of its calls for the directory.
    """

    def __init__(
        self, clock: Callable[[], float] = monotonic, *, max_bytes: int = MAX_BYTES
    ) -> None:
        # A doubt that is forgotten may end in a duplicate, while a contact is searched again. There
        # are doubts only after an outage.
        entries = max_bytes // _ENTRY_BYTES
        contacts, doubts, directories = entries * 6 // 10, entries // 5, entries // 64
        #: Held while a contact is looked up or written.
        self.locks = KeyedLocks()
        #: Whether a directory deduplicates by each identifier, by `ContactIdentity.token_scope`.
        self.deduplication_criteria = TtlCache[int, Mapping[str, bool]](directories, clock)
        #: How many transactions a call may carry, for directories that have refused more.
        self.transaction_limits = TtlCache[DirectoryKey, int](directories, clock)
        # The garbage collector stops tracking tuples of texts, but not `ContactRef`s. With 50,000
        # tuples a full collection takes about 8 ms, with as many `ContactRef`s 15 ms or more.
        self._contacts = TtlCache[IdentifierKey, tuple[str, CompactText]](contacts, clock)
        self._confirmed_scopes = TtlCache[int, bool](directories, clock)
        #: The time at which a search can tell whether a contact was created.
        self._doubts = TtlCache[IdentifierKey, float](doubts, clock)
        #: Which transactions belong to an event, and which may have been created.
        self.transaction_claims = TransactionClaims(
            max_bytes // 10 // _CLAIM_BYTES, entries // 20, clock
        )
        self._clock = clock

    def get(self, identity: ContactIdentity, name: str) -> ContactRef | None:
        """Return the contact that has one identifier, None where none is cached for the token.

        A contact of another person is never returned.
        """
        if identity.token_scope not in self._confirmed_scopes:
            return None
        cached = self._contacts.get(identity.key(name))
        if cached is None or identity.is_other_person(cached[1]):
            return None
        return ContactRef(*cached)

    def remember(self, identity: ContactIdentity, contact: ContactRef) -> None:
        """Cache a contact by each identifier, the strongest for the longest; end any doubt."""
        criteria = self.deduplication_criteria.get(identity.token_scope) or {}
        strongest, *_ = identity.rank(criteria)
        cached = (contact.contact_id, compact(contact.ext_ref))
        # A longer id is not cached, but searched each time.
        is_short = len(contact.contact_id) <= _MAX_ID_LENGTH and contact.contact_id.isascii()
        for name in identity.identifiers if is_short else ():
            key = identity.key(name)
            if name == strongest:
                self._contacts.put(key, cached, TTL)
            elif (other := self._contacts.get(key)) is None or other[0] == contact.contact_id:
                self._contacts.put(key, cached, WEAK_TTL)
            else:
                # Two contacts share this identifier. If one of them stayed cached, events of the
                # other person would reach it.
                self._contacts.discard(key)
        # Only a create call without a response leaves a doubt, so `_doubts` is nearly always empty.
        # The test then saves a lookup for each key.
        for key in identity.keys if self._doubts else ():
            self._doubts.discard(key)

    def evict(self, identity: ContactIdentity, contact_id: str) -> None:
        """Remove a contact that was deleted from the directory."""
        for key in identity.keys:
            cached = self._contacts.get(key)
            if cached and cached[0] == contact_id:
                self._contacts.discard(key)

    def has_contact(self, identity: ContactIdentity) -> bool:
        """Return whether a contact is cached by any of the identifiers, for any token."""
        return any(map(self._contacts.get, identity.keys))

    def confirm_access(self, identity: ContactIdentity) -> None:
        """Record that Qualtrics has answered a call of this token for the directory."""
        self._confirmed_scopes.put(identity.token_scope, value=True, ttl=TTL)

    def can_read(self, identity: ContactIdentity) -> bool:
        """Return whether a contact is cached, and the token has access to it."""
        return identity.token_scope in self._confirmed_scopes and self.has_contact(identity)

    def lacks_access(self, identity: ContactIdentity) -> bool:
        """Return whether a contact is cached, and the token's access is not confirmed."""
        return identity.token_scope not in self._confirmed_scopes and self.has_contact(identity)

    def mark_in_doubt(self, identity: ContactIdentity) -> None:
        """Mark the contact as possibly created: the call that creates it got no response."""
        for key in identity.keys:
            self._doubts.put(key, self._clock() + SEARCH_LAG, TTL)

    def is_in_doubt(self, identity: ContactIdentity) -> bool:
        """Return whether the contact was possibly created, and no search has settled it since."""
        return self._seconds_until_settled(identity) is not None

    def raise_if_in_doubt(self, identity: ContactIdentity) -> None:
        """Raise `RetryableError` as long as a search cannot find a contact in doubt.

        Afterwards the contact is still in doubt, and the caller has to search.
        """
        if seconds := self._seconds_until_settled(identity):
            raise RetryableError(
                "Qualtrics may have created this contact, but its response is missing: the event is"
                " tried again when a search can tell.",
                code="CONTACT_IN_DOUBT",
                retry_after=seconds,
            )

    def _seconds_until_settled(self, identity: ContactIdentity) -> float | None:
        if not self._doubts:
            return None
        times = [time for key in identity.keys if (time := self._doubts.get(key))]
        return max(0.0, max(times) - self._clock()) if times else None
