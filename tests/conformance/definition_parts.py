"""The parts of a published definition that can be compared, each beside what was read of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from destination_kit import Destination, JsonObject
from destination_kit._json import pointer
from destination_kit.fields import collect_defaults

Message: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Form:
    """Field definitions of the document, and the schema that was read of them."""

    place: str
    fields: Message
    schema: JsonObject


@dataclass(frozen=True, slots=True)
class Rule:
    """A mapping and a trigger of the document, and what was read of both."""

    place: str
    action: str
    mapping: Message
    trigger: object
    our_mapping: JsonObject
    our_trigger: str | None


def forms(document: Message, destination: Destination) -> Iterator[Form]:
    """Yield every set of field definitions: settings, audiences, actions, and their hooks.

    Without any field, an action takes whatever comes, and all the others take nothing; only the
    former can be asked of the reference.
    """
    for slug, action in destination.actions.items():
        yield _form(document, action.fields, "actions", slug, "fields")
    yield from (each for each in _other_forms(document, destination) if each.fields)


def _other_forms(document: Message, destination: Destination) -> Iterator[Form]:
    yield _form(document, destination.settings, "authentication", "fields")
    if destination.audience:
        yield _form(document, destination.audience.settings, "audienceConfig", "audienceFields")
    for slug, action in destination.actions.items():
        for name, hook in action.hooks.items():
            at = ("actions", slug, "hooks", name)
            yield _form(document, hook.inputs, *at, "inputFields")
            yield _form(document, hook.outputs, *at, "outputFields")


def rules(document: Message, destination: Destination) -> Iterator[Rule]:
    """Yield what every action does unless told otherwise, then every preset."""
    for slug, action in destination.actions.items():
        said = _mapping(document["actions"][slug])
        default = {
            name: each["default"]
            for name, each in _mapping(said.get("fields")).items()
            if each.get("default") is not None
        }
        place = pointer("actions", slug)
        trigger, ours = said.get("defaultSubscription"), collect_defaults(action.fields)
        yield Rule(place, slug, default, trigger, ours, action.trigger)
    for at, preset in enumerate(destination.presets):
        said = document["presets"][at]
        mapping, action = _mapping(said.get("mapping")), str(said.get("partnerAction"))
        place, trigger = pointer("presets", at), said.get("subscribe")
        yield Rule(place, action, mapping, trigger, preset.mapping, preset.trigger)


def without_null(fields: Message) -> Message:
    """Return field definitions without the attributes that are null.

    Documents write null for what a definition does not say; the reference itself would refuse the
    schema that it makes of such a null.
    """
    return {
        name: {
            key: without_null(_mapping(each)) if key == "properties" else each
            for key, each in field.items()
            if each is not None
        }
        for name, field in fields.items()
    }


def count_fields(fields: object) -> int:
    """Return how many fields there are, nested ones too."""
    return sum(1 + count_fields(each.get("properties")) for each in _mapping(fields).values())


def _form(document: Message, schema: JsonObject, *at: str) -> Form:
    found: Any = document
    for step in at:
        found = _mapping(found).get(step)
    return Form(pointer(*at), without_null(_mapping(found)), schema)


def _mapping(value: object) -> Message:
    return dict(value) if isinstance(value, Mapping) else {}
