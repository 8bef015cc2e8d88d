"""The audience of an event: what its `context.personas` says, with the types that authors need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from destination_kit._json import JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class AudienceDetails:
    """One audience of the surrounding platform: what a partner needs to create or find it."""

    #: The name that a person gave the audience; its key where the platform sends no name.
    name: str | None = None
    #: The partner's id of the audience; None until the partner has it.
    external_id: str | None = None
    #: The platform's id of the audience.
    computation_id: str | None = None
    #: The key of the audience in `properties` or `traits` of its events.
    computation_key: str | None = None
    #: What kind of audience it is, such as `audience` or `journey_step`.
    computation_class: str | None = None
    #: The settings of this audience, by the schema `Audience.settings`.
    settings: Mapping[str, Any] = field(default_factory=dict, repr=False)


def read_audience(personas: JsonObject | None) -> AudienceDetails | None:
    """Return the audience that the `context.personas` of an event names; None where it names none."""
    if not personas:
        return None
    settings = personas.get("audience_settings")
    return AudienceDetails(
        name=_text(personas, "audience_name") or _text(personas, "computation_key"),
        external_id=_text(personas, "external_audience_id"),
        computation_id=_text(personas, "computation_id"),
        computation_key=_text(personas, "computation_key"),
        computation_class=_text(personas, "computation_class"),
        settings=settings if isinstance(settings, Mapping) else {},
    )


def _text(personas: JsonObject, key: str) -> str | None:
    value = personas.get(key)
    # A partner's id may be a number. An empty text names nothing.
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) and value else None
