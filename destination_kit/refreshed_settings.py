"""Refreshed settings: the result of `Authentication.refresh`, and its checks."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from destination_kit.errors import InvalidAuthenticationError, did_you_mean


@dataclass(frozen=True, slots=True)
class RefreshedSettings:
    """The settings that a refresh returns, and the time for which they are valid."""

    #: The settings that replace expired ones, by name.
    settings: Mapping[str, str] = field(repr=False)
    #: Seconds from now until they expire; None where the partner does not say.
    expires_in: float | None = None


def check_refreshed(returned: object, known: Mapping[str, Any]) -> RefreshedSettings:
    """Return what a refresh returned as a record.

    Raises `InvalidAuthenticationError` where it holds anything but texts for known settings.
    """
    if not isinstance(returned, RefreshedSettings):
        return RefreshedSettings(_check_settings(returned, known))
    settings = _check_settings(returned.settings, known)
    return RefreshedSettings(settings, read_seconds(returned.expires_in))


def read_seconds(expires_in: object) -> float | None:
    """Return the seconds of an `expires_in`; None for anything but a positive number.

    RFC 6749 wants a number, and some token endpoints send it as text.
    """
    if isinstance(expires_in, bool) or not isinstance(expires_in, int | float | str):
        return None
    try:
        seconds = float(expires_in)
    except (ValueError, OverflowError):
        return None
    return seconds if math.isfinite(seconds) and seconds > 0 else None


def _check_settings(returned: object, known: Mapping[str, Any]) -> Mapping[str, str]:
    if not isinstance(returned, Mapping) or not returned:
        message = f"refresh must return settings by name, not {type(returned).__name__}"
        raise InvalidAuthenticationError(message)
    for name, value in returned.items():
        if name not in known:
            hint = did_you_mean(name, sorted(known))
            raise InvalidAuthenticationError(f"refresh returns {name!r}, which is no setting{hint}")
        if not isinstance(value, str):
            message = f"refresh returns a {type(value).__name__} as {name!r}, and no text"
            raise InvalidAuthenticationError(message)
    return {str(name): str.__str__(value) for name, value in returned.items()}
