"""Segment's published destination definitions as ours."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, cast

from destination_kit._json import pointer
from destination_kit.definitions import (
    Action,
    Audience,
    Authentication,
    Context,
    Destination,
    Hook,
    Preset,
    no_fields,
)
from destination_kit.errors import ConfigurationError, IntegrationError, Problem, did_you_mean
from destination_kit.results import Result
from destination_kit.segment.attributes import FIELD, SETTING, difference
from destination_kit.segment.documents import (
    ACTION,
    DOCUMENT,
    PRESET,
    action_document,
    destination_document,
    preset_document,
)
from destination_kit.segment.fields import Form, fields_to_schema, has_known_operators
from destination_kit.segment.shapes import check_document

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject

SCHEMES: Final = ("custom", "basic", "oauth2", "oauth-managed")
_TYPES: Final = (
    *("string", "text", "number", "integer", "datetime", "boolean", "password", "object"),
)
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
    reading = _Reading(cast("JsonObject", document))
    return Imported(reading.destination(), tuple(reading.notes))


async def unwritten(_context: Context, _payload: Any) -> Json:
    """Fail: this action was imported, and nobody has written what it does."""
    message = "this action was imported, and its `perform` is still to be written"
    raise IntegrationError(message, _UNWRITTEN, 501)


async def unwritten_batch(_context: Context, _payloads: Any) -> list[Json | Result]:
    """Fail: see `unwritten`."""
    message = "this action was imported, and its `perform_batch` is still to be written"
    raise IntegrationError(message, _UNWRITTEN, 501)


@dataclass(slots=True)
class _Reading:
    """A document that is being read, and what has been noted of it."""

    document: JsonObject
    notes: list[Problem] = field(default_factory=list)

    @property
    def is_sparse(self) -> bool:
        """Whether the document leaves out what says nothing, as people write definitions."""
        actions = _objects(self.document.get("actions")).values()
        fields = [each for action in actions for each in _objects(action.get("fields")).values()]
        return bool(fields) and "multiple" not in fields[0]

    def destination(self) -> Destination:
        """Return the whole definition."""
        document = self.document
        self.name_unknown(document, DOCUMENT)
        authentication = _object(document.get("authentication"))
        scheme = authentication.get("scheme", "none")
        if scheme not in (*SCHEMES, "none"):
            self.note("scheme", f"There is no scheme {scheme!r}: it is kept", "authentication")
        bare = Destination(
            slug=_NO_SLUG.sub("-", str(document["slug"]).lower()).strip("-"),
            name=str(document["name"]),
            description=str(document.get("description") or ""),
            settings=self.schema(authentication.get("fields"), SETTING, "authentication", "fields"),
            authentication=Authentication(
                scheme=cast("Any", scheme if scheme in SCHEMES else "none")
            ),
            actions={
                slug: self.action(each, "actions", slug)
                for slug, each in _objects(document.get("actions")).items()
            },
            presets=tuple(
                self.preset(_object(each), "presets", at)
                for at, each in enumerate(_list(document.get("presets")))
            ),
            audience=self.audience(document.get("audienceConfig")),
            segment={"sparse": True} if self.is_sparse else {},
        )
        rest = difference(destination_document(bare), document)
        return replace(bare, segment={**bare.segment, **rest})

    def action(self, said: JsonObject, *at: str | int) -> Action:
        """Return an action; its fields know which of them have dynamic parts."""
        self.name_unknown(said, ACTION, *at)
        parts = _object(said.get("dynamicFields"))
        fields = self.schema(said.get("fields"), FIELD, *at, "fields")
        if not fields["properties"]:
            fields = {**fields, "additionalProperties": True}  # the reference checks nothing then
        mode = _object(said.get("syncMode"))
        bare = Action(
            title=str(said.get("title") or ""),
            description=str(said.get("description") or ""),
            trigger=_text(said.get("defaultSubscription")),
            fields=_with_parts(fields, parts),
            perform=unwritten,
            perform_batch=unwritten_batch if said.get("hasPerformBatch") is True else None,
            sync_mode=_mode(mode) if mode else None,
            hooks={
                name: self.hook(each, *at, "hooks", name)
                for name, each in _objects(said.get("hooks")).items()
            },
            hidden=said.get("hidden") is True,
        )
        written = action_document(bare, sparse=self.is_sparse)
        return replace(bare, segment=difference(written, said))

    def hook(self, said: JsonObject, *at: str | int) -> Hook:
        """Return what happens when a mapping is saved."""
        self.name_unknown(said, ("label", "description", "inputFields", "outputFields"), *at)
        return Hook(
            title=str(said.get("label") or ""),
            description=str(said.get("description") or ""),
            inputs=self.schema(said.get("inputFields"), FIELD, *at, "inputFields"),
            outputs=self.schema(said.get("outputFields"), FIELD, *at, "outputFields"),
        )

    def preset(self, said: JsonObject, *at: str | int) -> Preset:
        """Return a ready-made subscription."""
        self.name_unknown(said, PRESET, *at)
        bare = Preset(
            name=str(said.get("name") or ""),
            action=str(said.get("partnerAction") or ""),
            trigger=_text(said.get("subscribe")),
            event=_text(said.get("eventSlug")),
            mapping=_object(said.get("mapping")),
        )
        return replace(bare, segment=difference(preset_document(bare), said))

    def audience(self, said: Json) -> Audience | None:
        """Return how the partner takes audiences."""
        if not isinstance(said, Mapping):
            return None
        mode = _object(said.get("mode"))
        return Audience(
            mode=str(mode.get("type", "synced")),
            full_sync=mode.get("full_audience_sync") is True,
            functions=said.get("supportsAudienceFunctions") is True,
            settings=self.schema(
                said.get("audienceFields"), SETTING, "audienceConfig", "audienceFields"
            ),
        )

    def schema(self, fields: Json, attributes: tuple[str, ...], *at: str | int) -> JsonObject:
        """Return the schema of field definitions, and note what is odd in them."""
        definitions = _objects(fields)
        for name, each in definitions.items():
            self.field(each, attributes, *at, name)
        form = Form(attributes, sparse=self.is_sparse, strict=False)
        return fields_to_schema(definitions, form) if definitions else no_fields()

    def field(self, said: JsonObject, attributes: tuple[str, ...], *at: str | int) -> None:
        """Note what is odd in one field definition and in those within."""
        self.name_unknown(said, attributes, *at)
        if said.get("type") not in _TYPES:
            hint = did_you_mean(said.get("type"), _TYPES)
            self.note("type", f"There is no field type {said.get('type')!r}{hint}", *at)
        if not has_known_operators(said):
            self.note("required", "A condition has an operator that nobody knows: it is kept", *at)
        for name, each in _objects(said.get("properties")).items():
            self.field(each, FIELD, *at, "properties", name)

    def name_unknown(self, said: JsonObject, known: tuple[str, ...], *at: str | int) -> None:
        """Note the keys that this version does not know."""
        for key in said:
            if key not in known:
                hint = did_you_mean(key, known)
                self.note(
                    key, f"There is no {key!r} that this version knows: it is kept{hint}", *at
                )

    def note(self, key: str, message: str, *at: str | int) -> None:
        """Note what is odd at a place of the document."""
        self.notes.append(Problem(pointer(*at, key), "UNKNOWN", f"{message}."))


def _mode(said: JsonObject) -> JsonObject:
    """Return the mode that an operator chooses, a field like any other."""
    schema = fields_to_schema({"mode": {"type": "string", **said}})
    return _object(_object(schema["properties"])["mode"])


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


def _object(value: Json) -> JsonObject:
    return value if isinstance(value, Mapping) else {}


def _objects(value: Json) -> dict[str, JsonObject]:
    return {name: each for name, each in _object(value).items() if isinstance(each, Mapping)}


def _list(value: Json) -> list[Json]:
    return list(value) if isinstance(value, list | tuple) else []
