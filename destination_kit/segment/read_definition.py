"""Segment's published destination definitions as ours."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from destination_kit._json import as_array, as_object
from destination_kit.definitions import (
    Action,
    Audience,
    Authentication,
    Context,
    Destination,
    MappingHook,
    Preset,
    no_fields,
)
from destination_kit.errors import ConfigurationError, IntegrationError, Problem
from destination_kit.results import Result
from destination_kit.segment.read_fields import Form, fields_to_schema
from destination_kit.segment.validation import check_document, notes_on
from destination_kit.segment.write_definition import (
    SCHEMES,
    action_document,
    destination_document,
    preset_document,
)
from destination_kit.segment.write_fields import FIELD, SETTING, difference

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject

_NO_SLUG = re.compile(r"[^a-z0-9]+")
_UNWRITTEN = "NOT_WRITTEN"


@dataclass(frozen=True, slots=True)
class Imported:
    """A definition that was read; its functions are still to be written.

    `notes` names what this version does not know. It is kept, and written again.
    """

    destination: Destination
    notes: tuple[Problem, ...]


def read_definition(document: Json) -> Imported:
    """Return a published destination definition as one of ours.

    Nothing of it is lost: `write_definition` gives the document back. What is no definition raises
    `ConfigurationError` with the places of what is wrong.
    """
    if problems := tuple(check_document(document)):
        raise ConfigurationError(problems)
    said = cast("JsonObject", document)
    return Imported(_Reading(_is_sparse(said)).destination(said), tuple(notes_on(said)))


async def unwritten(_context: Context, _payload: Any) -> Json:
    """Fail: this action was imported, and nobody has written what it does."""
    message = "this action was imported, and its `perform` is still to be written"
    raise IntegrationError(message, _UNWRITTEN, 501)


async def unwritten_batch(_context: Context, _payloads: Any) -> list[Json | Result]:
    """Fail: see `unwritten`."""
    message = "this action was imported, and its `perform_batch` is still to be written"
    raise IntegrationError(message, _UNWRITTEN, 501)


@dataclass(frozen=True, slots=True)
class _Reading:
    """How a document is read: it is `sparse` where it leaves out what says nothing."""

    sparse: bool

    def destination(self, document: JsonObject) -> Destination:
        """Return the whole definition."""
        authentication = as_object(document.get("authentication"))
        scheme = authentication.get("scheme", "none")
        bare = Destination(
            slug=_NO_SLUG.sub("-", str(document["slug"]).lower()).strip("-"),
            name=str(document["name"]),
            description=str(document.get("description") or ""),
            settings=self.schema(authentication.get("fields"), SETTING),
            authentication=Authentication(
                scheme=cast("Any", scheme if scheme in SCHEMES else "none")
            ),
            actions={
                slug: self.action(each) for slug, each in _objects(document.get("actions")).items()
            },
            presets=tuple(_preset(as_object(each)) for each in as_array(document.get("presets"))),
            audience=self.audience(document.get("audienceConfig")),
            segment={"sparse": True} if self.sparse else {},
        )
        rest = difference(destination_document(bare), document)
        return replace(bare, segment={**bare.segment, **rest})

    def action(self, said: JsonObject) -> Action:
        """Return an action; its fields know which of them have dynamic parts."""
        parts = as_object(said.get("dynamicFields"))
        fields = self.schema(said.get("fields"), FIELD)
        if not fields["properties"]:
            fields = {**fields, "additionalProperties": True}  # the reference checks nothing then
        mode = as_object(said.get("syncMode"))
        bare = Action(
            title=str(said.get("title") or ""),
            description=str(said.get("description") or ""),
            trigger=_text(said.get("defaultSubscription")),
            fields=_with_parts(fields, parts),
            perform=unwritten,
            perform_batch=unwritten_batch if said.get("hasPerformBatch") is True else None,
            sync_mode=_mode(mode) if mode else None,
            hooks={name: self.hook(each) for name, each in _objects(said.get("hooks")).items()},
            hidden=said.get("hidden") is True,
        )
        written = action_document(bare, sparse=self.sparse)
        return replace(bare, segment=difference(written, said))

    def hook(self, said: JsonObject) -> MappingHook:
        """Return what happens when a mapping is saved."""
        return MappingHook(
            title=str(said.get("label") or ""),
            description=str(said.get("description") or ""),
            inputs=self.schema(said.get("inputFields"), FIELD),
            outputs=self.schema(said.get("outputFields"), FIELD),
        )

    def audience(self, said: Json) -> Audience | None:
        """Return how the partner takes audiences."""
        if not isinstance(said, Mapping):
            return None
        mode = as_object(said.get("mode"))
        return Audience(
            mode=str(mode.get("type", "synced")),
            full_sync=mode.get("full_audience_sync") is True,
            functions=said.get("supportsAudienceFunctions") is True,
            settings=self.schema(said.get("audienceFields"), SETTING),
        )

    def schema(self, fields: Json, attributes: tuple[str, ...]) -> JsonObject:
        """Return the schema of field definitions."""
        definitions = _objects(fields)
        form = Form(attributes, sparse=self.sparse, strict=False)
        return fields_to_schema(definitions, form) if definitions else no_fields()


def _is_sparse(document: JsonObject) -> bool:
    """Return whether a document leaves out what says nothing, as people write definitions."""
    actions = _objects(document.get("actions")).values()
    fields = [each for action in actions for each in _objects(action.get("fields")).values()]
    return bool(fields) and "multiple" not in fields[0]


def _preset(said: JsonObject) -> Preset:
    """Return a ready-made subscription."""
    bare = Preset(
        name=str(said.get("name") or ""),
        action=str(said.get("partnerAction") or ""),
        trigger=_text(said.get("subscribe")),
        event=_text(said.get("eventSlug")),
        mapping=as_object(said.get("mapping")),
    )
    return replace(bare, segment=difference(preset_document(bare), said))


def _mode(said: JsonObject) -> JsonObject:
    """Return the mode that an operator chooses, a field like any other."""
    schema = fields_to_schema({"mode": {"type": "string", **said}})
    return as_object(as_object(schema["properties"])["mode"])


def _with_parts(schema: JsonObject, parts: JsonObject) -> JsonObject:
    """Return the schema with the parts of fields whose choices are asked from the partner."""
    properties = _objects(schema.get("properties"))
    dynamic = {
        name: {**properties[name], "x-dynamic": {"parts": each}}
        for name, each in parts.items()
        if properties.get(name, {}).get("x-dynamic") is True
    }
    return {**schema, "properties": {**properties, **dynamic}} if dynamic else schema


def _text(value: Json) -> str | None:
    return value if isinstance(value, str) else None


def _objects(value: Json) -> dict[str, JsonObject]:
    return {name: each for name, each in as_object(value).items() if isinstance(each, Mapping)}
