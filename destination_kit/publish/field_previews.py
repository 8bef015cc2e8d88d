"""Field previews: what each field of a mapping makes of an event, and which paths it reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from destination_kit._json import Json, JsonObject
from destination_kit._redact import mask_json
from destination_kit._secrets import find_secret_texts
from destination_kit.author_calls import redact_with
from destination_kit.errors import DestinationKitError
from destination_kit.fields import collect_secret_fields
from destination_kit.mapping import compile_mapping, paths_read
from destination_kit.mapping.root_directive import has_root_directive

if TYPE_CHECKING:
    from destination_kit._redact import Redact
    from destination_kit.definitions import Action
    from destination_kit.directive_interface import Directive

Directives = Mapping[str, "Directive"]


def preview_fields(
    mapping: JsonObject,
    action: Action,
    directives: Directives,
    event: JsonObject,
    *,
    redact: Redact,
) -> list[JsonObject]:
    """Return what each field of a mapping becomes: in order, with secrets masked.

    `value` is missing where the field becomes nothing, and `error` says why the mapping fails for
    this event. `reads` are the paths that the field may read, `absent` those which the event lacks.
    A directive that makes the whole payload has no fields.
    """
    if has_root_directive(mapping):
        return []
    names = [name for name in mapping if name not in action.hooks]
    resolved = {name: _resolve(name, mapping[name], directives, event) for name in names}
    values = [outcome for outcome in resolved.values() if not isinstance(outcome, str)]
    secrets = find_secret_texts(values, collect_secret_fields(action.fields))
    redact = redact_with(redact, secrets)
    return [
        {
            "field": name,
            **_describe_paths(mapping[name], directives, event, redact),
            **_describe_outcome(name, resolved[name], redact),
        }
        for name in names
    ]


def _resolve(name: str, value: Json, directives: Directives, event: JsonObject) -> JsonObject | str:
    """Return an object with the field's value, empty where it has none; or why it fails."""
    try:
        resolved = compile_mapping({name: value}, directives=directives)(event)
        return resolved if isinstance(resolved, Mapping) else {}
    except DestinationKitError as error:
        return str(error)


def _describe_outcome(name: str, outcome: JsonObject | str, redact: Redact) -> JsonObject:
    if isinstance(outcome, str):
        return {"error": redact(outcome)}
    return {"value": mask_json(outcome[name], redact)} if name in outcome else {}


def _describe_paths(
    value: Json, directives: Directives, event: JsonObject, redact: Redact
) -> JsonObject:
    paths = paths_read({"": value}, directives=directives)
    absent = [path for path in paths if path and not compile_mapping({"a": {"@path": path}})(event)]
    return {"reads": [*map(redact, paths)], "absent": [*map(redact, absent)]}
