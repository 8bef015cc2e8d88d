"""Keys of the queue: ids of events and users, in a form that every engine can keep."""

from __future__ import annotations

from hashlib import sha256
from typing import Final

# UUIDs have 36 characters. An id can have as many as an event, and an index would fill the disk.
_MAX_LENGTH: Final = 200


def user_keys(user: str) -> tuple[str, str]:
    """Return the order keys, as they are kept, that an id of a user has in `user_key`."""
    return stored_key(f"userId {user}"), stored_key(f"anonymousId {user}")


def stored_key(key: str) -> str:
    """Return the key as it is kept: itself, or its hash where it is long or no clean text.

    JSON may hold half surrogates and NUL, which are no text for a database.
    """
    encoded = key.encode("utf-8", "surrogatepass")
    is_clean = key.isascii() or encoded.decode("utf-8", "replace") == key
    if is_clean and len(key) <= _MAX_LENGTH and "\0" not in key and not key.startswith("sha256 "):
        return key
    return f"sha256 {sha256(encoded).hexdigest()}"
