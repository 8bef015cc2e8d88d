"""Identity of a contact: the identifiers by which a directory tells people apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from destination_kit import Context, JsonObject
from destinations.qualtrics.settings import api_host

#: Identifiers from the strongest to the weakest, where a directory's criteria do not decide.
STRENGTH: Final = ("extRef", "email", "phone")
_IDENTIFIERS: Final = ("extRef", "phone", "email")

#: Host and directory id.
DirectoryKey: TypeAlias = tuple[str, str]
#: A normalized identifier, or the hash of a long one. Hashes are bytes, so no text equals one.
CompactText: TypeAlias = str | bytes
#: Host, directory id, name of an identifier, and its compact value.
IdentifierKey: TypeAlias = tuple[str, str, str, CompactText]

# Most emails and UUIDs are shorter. An event can hold an identifier of any length, and those of many
# people are cached.
_MAX_LENGTH: Final = 64


@dataclass(slots=True, eq=False)
class ContactIdentity:
    """Identifiers of one person in one directory."""

    directory: DirectoryKey
    #: Texts by the names `extRef`, `phone` and `email`; only those that are not blank.
    identifiers: Mapping[str, str]
    #: The anonymousId of the event, "" where it has none.
    anonymous_id: str
    #: Hash of the API token and the directory: a token's access to a directory is cached by it.
    token_scope: int
    #: One key per identifier, for the cache and the locks.
    keys: Sequence[IdentifierKey] = field(init=False, repr=False)
    _key_by_name: Mapping[str, IdentifierKey] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        keys = {
            name: (*self.directory, name, compact(text)) for name, text in self.identifiers.items()
        }
        self._key_by_name, self.keys = keys, tuple(keys.values())

    @property
    def directory_id(self) -> str:
        """The id of the directory."""
        return self.directory[1]

    @property
    def is_anonymous(self) -> bool:
        """Whether the extRef is the event's anonymousId."""
        return bool(self.anonymous_id) and self.identifiers.get("extRef") == self.anonymous_id

    @property
    def ext_ref(self) -> str:
        """The extRef, "" where there is none or only an anonymousId."""
        return "" if self.is_anonymous else self.identifiers.get("extRef", "")

    def key(self, name: str) -> IdentifierKey:
        """Return the key of one identifier."""
        return self._key_by_name[name]

    def rank(self, criteria: Mapping[str, bool]) -> Sequence[str]:
        """Return the names of the identifiers, the strongest first.

        Identifiers that the directory deduplicates by come first, an anonymousId comes last.
        """

        def position(name: str) -> tuple[bool, bool, int]:
            # An anonymousId belongs to a browser, which several people may use. As the strongest
            # identifier, it would put their data into one contact.
            anonymous = name == "extRef" and self.is_anonymous
            return anonymous, not criteria.get(name, False), STRENGTH.index(name)

        return sorted(self.identifiers, key=position)

    def is_other_person(self, ext_ref: CompactText) -> bool:
        """Return whether a contact with this extRef, or its hash, belongs to another person.

        A contact under the event's anonymousId does not: the person has logged in since.
        """
        own = {"", compact(self.ext_ref), compact(self.anonymous_id)}
        return bool(self.ext_ref) and compact(ext_ref) not in own


def identify_contact(context: Context, directory_id: str, body: JsonObject) -> ContactIdentity:
    """Return the identity in the body of a contact."""
    directory = (api_host(context.settings), directory_id)
    return ContactIdentity(
        directory=directory,
        identifiers={
            name: text for name in _IDENTIFIERS if (text := str(body.get(name) or "").strip())
        },
        anonymous_id=(context.anonymous_id or "").strip(),
        token_scope=hash((context.settings.get("apiToken"), directory)),
    )


def compact(text: CompactText) -> CompactText:
    """Return a normalized identifier, or its hash where it takes much memory."""
    if isinstance(text, bytes):
        return text
    # Qualtrics documents that search ignores case and trims the values of filters
    # (https://api.qualtrics.com/c79e78a949572-search-directory-contacts), but no Unicode rules.
    # With `casefold`, "ﬁ" equals "fi", and two people could share a key. With `lower`, at worst one
    # person has two.
    normalized = text.strip().lower()
    if len(normalized) <= _MAX_LENGTH and normalized.isascii():
        return normalized
    from hashlib import sha256  # `dkit list` loads this module, and hashes nothing

    return sha256(normalized.encode("utf-8", "surrogatepass")).digest()
