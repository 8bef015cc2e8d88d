"""Reader of Segment's published destination definitions."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from destination_kit._json import as_array, as_object
from destination_kit.batch_fields import read_batch_limits
from destination_kit.definitions import (
    Action,
    Audience,
    Authentication,
    Context,
    Destination,
    ListChoices,
    MappingHook,
    Preset,
    no_fields,
)
from destination_kit.dynamic_choices import ChoiceRequest, Choices
from destination_kit.dynamic_fields import has_path, list_dynamic_paths
from destination_kit.errors import ConfigurationError, IntegrationError, Problem
from destination_kit.limits import BatchLimits
from destination_kit.results import Result
from destination_kit.segment.read_fields import FieldStyle, fields_to_schema
from destination_kit.segment.validation import check_document, find_unknown
from destination_kit.segment.write_definition import (
    SCHEMES,
    action_document,
    destination_document,
    preset_document,
)
from destination_kit.segment.write_fields import FIELD, SETTING, difference, field_attributes

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject

_NOT_IN_SLUG = re.compile(r"[^a-z0-9]+")
_NOT_WRITTEN = "NOT_WRITTEN"


@dataclass(frozen=True, slots=True)
class Imported:
    """A definition that was read."""

    #: The destination. Each of its functions raises `IntegrationError` until its author writes it.
    destination: Destination
    #: The parts that this version of the kit does not know. They are kept, and written again.
    notes: tuple[Problem, ...]


def read_definition(document: Json) -> Imported:
    """Return the destination that a published definition describes.

    Nothing is lost: `write_definition` gives the document back. A document that is not a definition
    raises `ConfigurationError`, with a JSON Pointer for each problem.
    """
    if problems := tuple(check_document(document)):
        raise ConfigurationError(problems)
    definition = cast("JsonObject", document)
    reader = _Reader(_is_sparse(definition))
    return Imported(reader.destination(definition), tuple(find_unknown(definition)))


async def unwritten(_context: Context, _payload: Any) -> Json:
    """Raise `IntegrationError`: the action is imported, and its author has not written it yet."""
    message = "this action was imported, and its `perform` is still to be written"
    raise IntegrationError(message, _NOT_WRITTEN, 501)


async def unwritten_batch(_context: Context, _payloads: Any) -> list[Json | Result]:
    """Raise `IntegrationError`, as `unwritten` does."""
    message = "this action was imported, and its `perform_batch` is still to be written"
    raise IntegrationError(message, _NOT_WRITTEN, 501)


async def unwritten_choices(_context: Context, _request: ChoiceRequest) -> Choices:
    """Raise `IntegrationError`, as `unwritten` does."""
    message = "this field was imported, and the function of its choices is still to be written"
    raise IntegrationError(message, _NOT_WRITTEN, 501)


async def unwritten_hook(_context: Context, _inputs: JsonObject) -> JsonObject:
    """Raise `IntegrationError`, as `unwritten` does."""
    message = "this hook was imported, and its `perform` is still to be written"
    raise IntegrationError(message, _NOT_WRITTEN, 501)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads the parts of one document."""

    #: Whether the document leaves out attributes without a value, as people write definitions.
    sparse: bool

    def destination(self, document: JsonObject) -> Destination:
        """Return the destination with all its parts."""
        authentication = as_object(document.get("authentication"))
        scheme = authentication.get("scheme", "none")
        settings = self.schema(authentication.get("fields"), SETTING)
        bare = Destination(
            slug=_NOT_IN_SLUG.sub("-", str(document["slug"]).lower()).strip("-"),
            name=str(document["name"]),
            description=str(document.get("description") or ""),
            settings=settings,
            choices=_unwritten_choices(settings),
            authentication=Authentication(
                scheme=cast("Any", scheme if scheme in SCHEMES else "none")
            ),
            actions={
                slug: self.action(action)
                for slug, action in _objects(document.get("actions")).items()
            },
            presets=tuple(
                _preset(as_object(preset)) for preset in as_array(document.get("presets"))
            ),
            audience=self.audience(document.get("audienceConfig")),
            segment={"sparse": True} if self.sparse else {},
        )
        # A definition may have attributes for which `Destination` has no field. An export could not
        # restore them if `segment` did not keep them.
        others = difference(destination_document(bare), document)
        return replace(bare, segment={**bare.segment, **others})

    def action(self, definition: JsonObject) -> Action:
        """Return one action."""
        fields = self._with_parts(self.schema(definition.get("fields"), FIELD), definition)
        if not fields["properties"]:
            # The reference validates no payload of an action without fields (`if (this.schema)` in
            # action.ts). Without this, the kit would remove members that the reference sends.
            fields = {**fields, "additionalProperties": True}
        mode = as_object(definition.get("syncMode"))
        takes_batches = definition.get("hasPerformBatch") is True
        bare = Action(
            title=str(definition.get("title") or ""),
            description=str(definition.get("description") or ""),
            trigger=_text(definition.get("defaultSubscription")),
            fields=fields,
            choices=_unwritten_choices(fields),
            perform=unwritten,
            perform_batch=unwritten_batch if takes_batches else None,
            batch=read_batch_limits(fields) if takes_batches else BatchLimits(),
            sync_mode=_sync_mode(mode) if mode else None,
            hooks={
                name: self.hook(hook) for name, hook in _objects(definition.get("hooks")).items()
            },
            hidden=definition.get("hidden") is True,
        )
        written = action_document(bare, sparse=self.sparse)
        return replace(bare, segment=difference(written, definition))

    def hook(self, definition: JsonObject) -> MappingHook:
        """Return one mapping hook."""
        inputs = self.schema(definition.get("inputFields"), FIELD)
        return MappingHook(
            title=str(definition.get("label") or ""),
            description=str(definition.get("description") or ""),
            inputs=inputs,
            choices=_unwritten_choices(inputs),
            outputs=self.schema(definition.get("outputFields"), FIELD),
            perform=unwritten_hook,
        )

    def audience(self, definition: Json) -> Audience | None:
        """Return which audiences the partner can receive."""
        if not isinstance(definition, Mapping):
            return None
        mode = as_object(definition.get("mode"))
        settings = self.schema(definition.get("audienceFields"), SETTING)
        return Audience(
            mode=str(mode.get("type", "synced")),
            full_sync=mode.get("full_audience_sync") is True,
            functions=definition.get("supportsAudienceFunctions") is True,
            settings=settings,
            choices=_unwritten_choices(settings),
        )

    def _with_parts(self, schema: JsonObject, definition: JsonObject) -> JsonObject:
        """Return the schema with the parts of fields that `dynamicFields` lists."""
        fields, properties = _objects(definition.get("fields")), _objects(schema["properties"])
        for name, parts in as_object(definition.get("dynamicFields")).items():
            added = _list_missing_parts(name, properties.get(name, {}), as_array(parts))
            if added:
                required = name in as_array(schema.get("required"))
                properties[name] = self._with_annotation(
                    {**properties[name], "x-dynamic": {"parts": added}},
                    fields[name],
                    required=required,
                )
        return {**schema, "properties": properties}

    def _with_annotation(
        self, field: dict[str, Json], definition: JsonObject, *, required: bool
    ) -> JsonObject:
        """Return the schema of a field, whose `x-segment` fits its new `x-dynamic`."""
        field.pop("x-segment", None)
        written = field_attributes(field, FIELD, required=required, sparse=self.sparse)
        others = difference(written, definition)
        return field | ({"x-segment": others} if others else {})

    def schema(self, fields: Json, attributes: tuple[str, ...]) -> JsonObject:
        """Return the schema of field definitions."""
        definitions = _objects(fields)
        style = FieldStyle(attributes, sparse=self.sparse, strict=False)
        return fields_to_schema(definitions, style) if definitions else no_fields()


def _is_sparse(document: JsonObject) -> bool:
    """Return whether a document leaves out attributes without a value."""
    actions = _objects(document.get("actions")).values()
    fields = [field for action in actions for field in _objects(action.get("fields")).values()]
    # Segment's published definitions have every attribute of a field, null where none is given. A
    # person leaves most out, and an export must leave the same ones out.
    return bool(fields) and "multiple" not in fields[0]


def _preset(definition: JsonObject) -> Preset:
    """Return one preset."""
    bare = Preset(
        name=str(definition.get("name") or ""),
        action=str(definition.get("partnerAction") or ""),
        trigger=_text(definition.get("subscribe")),
        event=_text(definition.get("eventSlug")),
        mapping=as_object(definition.get("mapping")),
    )
    return replace(bare, segment=difference(preset_document(bare), definition))


def _sync_mode(definition: JsonObject) -> JsonObject:
    """Return the schema of a sync mode, which is a field like any other."""
    schema = fields_to_schema({"mode": {"type": "string", **definition}})
    return as_object(as_object(schema["properties"])["mode"])


def _list_missing_parts(name: str, field: JsonObject, parts: Sequence[Json]) -> list[Json]:
    """Return the parts of a field that exist and that its own fields do not declare."""
    schema: JsonObject = {"properties": {name: field}}
    declared = list_dynamic_paths(schema)
    paths = {part: f"{name}.{part}" for part in parts if isinstance(part, str)}
    return [part for part, path in paths.items() if path not in declared and has_path(schema, path)]


def _unwritten_choices(schema: JsonObject) -> dict[str, ListChoices]:
    return dict.fromkeys(list_dynamic_paths(schema), unwritten_choices)


def _text(value: Json) -> str | None:
    return value if isinstance(value, str) else None


def _objects(value: Json) -> dict[str, JsonObject]:
    return {
        name: member for name, member in as_object(value).items() if isinstance(member, Mapping)
    }
