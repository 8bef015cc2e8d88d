"""Who is who: what identifies a person, and which contacts are known to be whose."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Final, NamedTuple, TypeAlias

from destination_kit import Context, JsonObject
from destinations.qualtrics.keyed_locks import KeyedLocks
from destinations.qualtrics.settings import api_host
from destinations.qualtrics.ttl_cache import TtlCache

STRENGTH: Final = ("extRef", "email", "phone")  # the strongest first, where a directory has no say
_CRITERIA: Final = {"extRef": "externalDataReference"}  # what directories call it
_SEARCHED: Final = ("extRef", "phone", "email")

LIFETIME = 600.0  # seconds that a contact is known by its strongest key, and a directory's rules
LAG = 60.0  # seconds by another key: others may have it too, and search will tell by then
SETTLED = 10.0  # seconds after which a search finds what was made, or it was not
MOST_KEYS = 50_000
MOST_PLACES = 1_000  # directories, and tokens for them

Place: TypeAlias = tuple[str, str]
"""(host, directory)"""
Key: TypeAlias = tuple[str, str, str, str]
"""(host, directory, name, value); blanks around it and case are nothing to Qualtrics."""


@dataclass(slots=True, eq=False)
class Person:
    """What identifies a person in a directory: texts by name. `reader` is who asks, as a hash.

    `anonymous_id` is that of the event, "" where it has none.
    """

    place: Place
    identity: Mapping[str, str]
    anonymous_id: str
    reader: int
    keys: Sequence[Key] = field(init=False, repr=False)
    """Everything that identifies the person."""
    _named: Mapping[str, Key] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        named = {name: (*self.place, name, _fold(text)) for name, text in self.identity.items()}
        self._named, self.keys = named, tuple(named.values())

    @property
    def anonymous(self) -> bool:
        """Whether the extRef is no more than an anonymous id."""
        return bool(self.anonymous_id) and self.identity.get("extRef") == self.anonymous_id

    @property
    def directory_id(self) -> str:
        """The directory that the person is a contact of."""
        return self.place[1]

    @property
    def ext_ref(self) -> str:
        """What the person is called, "" where that is not known."""
        return "" if self.anonymous else self.identity.get("extRef", "")

    def key(self, name: str) -> Key:
        """Return one thing that identifies the person."""
        return self._named[name]

    def ranked(self, criteria: Mapping[str, bool]) -> Sequence[str]:
        """Return the names in `identity`, the strongest first.

        What a directory deduplicates by comes first; an anonymous id comes last.
        """

        def rank(name: str) -> tuple[bool, bool, int]:
            anonymous = name == "extRef" and self.anonymous
            return anonymous, not criteria.get(name, False), STRENGTH.index(name)

        return sorted(self.identity, key=rank)

    def is_another(self, ext_ref: str) -> bool:
        """Return whether a contact with this extRef is somebody else.

        Who was anonymous and is known by now is still the same.
        """
        same = {"", _fold(self.ext_ref), _fold(self.anonymous_id)}
        return bool(self.ext_ref) and _fold(ext_ref) not in same


def person_of(context: Context, directory_id: str, body: JsonObject) -> Person:
    """Return whom a contact's body is about."""
    identity = {key: text for key in _SEARCHED if (text := str(body.get(key) or "").strip())}
    place = (api_host(context.settings), directory_id)
    return Person(
        place=place,
        identity=identity,
        anonymous_id=(context.anonymous_id or "").strip(),
        reader=hash((context.settings.get("apiToken"), place)),
    )


def _fold(text: str) -> str:
    # Not casefold, by which "ﬁ" is "fi": whoever chooses such a name would be somebody else.
    return text.strip().lower()


def read_criteria(directory: JsonObject) -> Mapping[str, bool]:
    """Return what a directory of a listing deduplicates by, under our names."""
    said = directory.get("deduplicationCriteria")
    known = said if isinstance(said, Mapping) else {}
    return {name: known.get(_CRITERIA.get(name, name)) is True for name in STRENGTH}


class Known(NamedTuple):
    """A contact that somebody was found to be."""

    contact_id: str
    ext_ref: str


class People:
    """What all instances of a catalog know of the people in Qualtrics, whatever their threads.

    `claims` are held while somebody is looked up or written. `rules` are what directories
    deduplicate by, as far as a reader may know; `most` is how many transactions a call may have
    where more were too many. A contact is told to those alone whose token was good for its
    directory.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self.claims = KeyedLocks()
        self.rules: TtlCache[int, Mapping[str, bool]] = TtlCache(MOST_PLACES, clock)
        self.most: TtlCache[Place, int] = TtlCache(MOST_PLACES, clock)
        self._known: TtlCache[Key, tuple[str, str]] = TtlCache(MOST_KEYS, clock)
        self._readers: TtlCache[int, Place] = TtlCache(MOST_PLACES, clock)
        self._doubts: TtlCache[Key, float] = TtlCache(MOST_KEYS, clock)
        self._clock = clock

    def admit(self, person: Person) -> None:
        """Note that a call for this person was answered, so that the reader has access."""
        self._readers.put(person.reader, person.place, LIFETIME)

    def may_know(self, person: Person) -> bool:
        """Return whether `recall` could have something by any name."""
        return person.reader in self._readers and self.knows(person)

    def hides(self, person: Person) -> bool:
        """Return whether the reader has yet to show access to what is known of a person."""
        return person.reader not in self._readers and self.knows(person)

    def recall(self, person: Person, name: str) -> Known | None:
        """Return the contact that is known by what the person has under this name."""
        if person.reader not in self._readers:
            return None
        found = self._known.get(person.key(name))
        known = Known(*found) if found else None
        return known if known and not person.is_another(known.ext_ref) else None

    def remember(self, person: Person, contact: Known, strongest: str) -> None:
        """Note which contact a person is: for long by the strongest key, shortly by the others."""
        told = (contact.contact_id, contact.ext_ref)
        for name in person.identity:
            key = person.key(name)
            if name == strongest:
                self._known.put(key, told, LIFETIME)
            elif (other := self._known.get(key)) is None or other[0] == contact.contact_id:
                self._known.put(key, told, LAG)
            else:
                self._known.drop(key)  # two contacts have it, so it tells nobody apart

    def knows(self, person: Person) -> bool:
        """Return whether something is known of a person, whoever may know it."""
        return any(map(self._known.get, person.keys))

    def doubt(self, person: Person) -> None:
        """Note that nobody knows whether a contact was made of a person."""
        for key in person.keys:
            self._doubts.put(key, self._clock() + SETTLED, LIFETIME)

    def in_doubt(self, person: Person) -> float | None:
        """Return the seconds until a search would tell, None where nothing is in doubt."""
        if not self._doubts:
            return None
        moments = [moment for key in person.keys if (moment := self._doubts.get(key))]
        return max(0.0, max(moments) - self._clock()) if moments else None

    def settle(self, person: Person) -> None:
        """Note that it is known now whose contact a person is."""
        for key in person.keys if self._doubts else ():
            self._doubts.drop(key)

    def forget(self, person: Person, contact_id: str) -> None:
        """Note that a contact is gone."""
        for key in person.keys:
            found = self._known.get(key)
            if found and found[0] == contact_id:
                self._known.drop(key)
