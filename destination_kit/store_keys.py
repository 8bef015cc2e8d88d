"""Keys of a store: whose token or cache a value is, without a secret in the key."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final

from destination_kit._secrets import Secret, SecretFloat, SecretInt
from destination_kit.definitions import Destination

_SECRET_TYPES: Final = (Secret, SecretInt, SecretFloat)


def cache_namespace(destination: Destination, settings: Mapping[str, Any]) -> str:
    """Return what the keys of an account's cache begin with."""
    return f"cache {destination.slug} {_account_digest(destination, settings)} "


def token_key(destination: Destination, settings: Mapping[str, Any]) -> str:
    """Return the key of the refreshed settings of an account.

    It changes with the configured credentials, so that those of a changed document win.
    """
    digest = _digest([_account_digest(destination, settings), _find_credentials(settings)])
    return f"token {destination.slug} {digest}"


def _account_digest(destination: Destination, settings: Mapping[str, Any]) -> str:
    # Without an `account_key` two instances may belong to two customers, who must not read each
    # other's cache.
    account_key = destination.account_key
    return _digest(account_key(settings) if account_key else _find_credentials(settings))


def _find_credentials(settings: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the settings that hold a secret, or all where none does."""
    secret = {name: value for name, value in settings.items() if _holds_secret(value)}
    return secret or settings


def _holds_secret(value: object) -> bool:
    if isinstance(value, Mapping):
        return any(map(_holds_secret, value.values()))
    if isinstance(value, list | tuple):
        return any(map(_holds_secret, value))
    return isinstance(value, _SECRET_TYPES)


def _digest(value: object) -> str:
    return sha256(json.dumps(value, sort_keys=True, default=dict).encode()).hexdigest()[:32]
