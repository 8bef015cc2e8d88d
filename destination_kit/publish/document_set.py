"""The set of documents that describe one destination to UI teams."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from destination_kit.fields import collect_defaults, load_metaschema
from destination_kit.mapping import DIRECTIVES
from destination_kit.publish.batch_rules import restrict_batch_size
from destination_kit.publish.derived_schemas import build_mapping_schema, build_payload_schema
from destination_kit.publish.form_schema import build_form_schema
from destination_kit.publish.instance_schema import build_instance_schema
from destination_kit.publish.jsonforms import build_form_uischema, build_settings_uischema
from destination_kit.publish.manifest import (
    ACTION_DOCUMENTS,
    AUDIENCE_DOCUMENTS,
    CHOICES_DOCUMENT,
    HOOK_DOCUMENTS,
    INSTANCE_DOCUMENT,
    SETTINGS_DOCUMENTS,
    build_manifest,
)
from destination_kit.publish.rjsf import build_form_ui_schema, build_settings_ui_schema
from destination_kit.publish.settings_schema import build_plain_schema, build_settings_schema
from destination_kit.publish.texts import add_text_keys, collect_texts

if TYPE_CHECKING:
    from destination_kit._json import JsonObject
    from destination_kit.definitions import Action, Audience, Destination, MappingHook

_DRAFT_07 = "http://json-schema.org/draft-07/schema#"
_BASE = "https://destination-kit.invalid/schemas"


def documents(
    destination: Destination, *, directives: Collection[str] = tuple(DIRECTIVES)
) -> dict[str, JsonObject]:
    """Return file name -> JSON document: the manifest, the settings, then each action.

    The docstring of the package lists the files. `directives` are the names that a mapping may
    use: those of the kit by default, those of a catalog with its plugins in `dkit schemas`.
    """
    base = f"{_BASE}/{destination.slug}"
    published = _build_choices_document(destination, base)
    instance = build_instance_schema(destination, directives)
    title = f"{destination.name}, instance"
    published[INSTANCE_DOCUMENT] = _add_header(instance, f"{base}/{INSTANCE_DOCUMENT}", title)
    published |= _build_settings_documents(destination, base)
    if destination.audience is not None:
        published |= _build_audience_documents(destination.audience, destination.name, base)
    for slug, action in destination.actions.items():
        published |= _build_action_documents(
            destination, slug, action, f"{base}/{slug}", directives
        )
        for name, hook in action.hooks.items():
            title = f"{destination.name}: {action.title}: {hook.title}"
            built = _build_hook_documents(hook, title, f"{base}/{slug}.{name}", f"{slug}.{name}")
            published |= {f"{slug}.{name}.{file}": document for file, document in built.items()}
    texts = {"texts.json": collect_texts(published)}
    return (
        {"manifest.json": build_manifest(destination, base, texts | published)} | texts | published
    )


def _build_settings_documents(destination: Destination, base: str) -> dict[str, JsonObject]:
    settings = destination.settings
    schema = add_text_keys(build_settings_schema(settings), "settings")
    url = f"{base}/{SETTINGS_DOCUMENTS['schema']}"
    built = {
        "schema": _add_header(schema, url, f"{destination.name}, settings"),
        "defaults": collect_defaults(settings),
        "rjsf": build_settings_ui_schema(settings),
        "jsonforms": build_settings_uischema(settings),
    }
    return {SETTINGS_DOCUMENTS[role]: document for role, document in built.items()}


def _build_choices_document(destination: Destination, base: str) -> dict[str, JsonObject]:
    schema = load_metaschema("choices")
    rest = {key: value for key, value in schema.items() if key not in ("$id", "title")}
    url = f"{base}/{CHOICES_DOCUMENT}"
    return {CHOICES_DOCUMENT: _add_header(rest, url, f"{destination.name}, choices")}


def _build_audience_documents(audience: Audience, name: str, base: str) -> dict[str, JsonObject]:
    url = f"{base}/{AUDIENCE_DOCUMENTS['schema']}"
    built = _build_plain_documents(audience.settings, url, f"{name}, audience", "audience")
    return {AUDIENCE_DOCUMENTS[role]: document for role, document in built.items()}


def _build_hook_documents(
    hook: MappingHook, title: str, url: str, key: str
) -> dict[str, JsonObject]:
    names = HOOK_DOCUMENTS
    built = _build_plain_documents(hook.inputs, f"{url}.{names['inputs']}", f"{title}, inputs", key)
    built["inputs"] = built.pop("schema")
    built["outputs"] = _add_header(hook.outputs, f"{url}.{names['outputs']}", f"{title}, outputs")
    return {names[role]: built[role] for role in names}


def _build_plain_documents(
    schema: JsonObject, url: str, title: str, key: str
) -> dict[str, JsonObject]:
    return {
        "schema": _add_header(add_text_keys(build_plain_schema(schema), key), url, title),
        "defaults": collect_defaults(schema),
        "rjsf": build_settings_ui_schema(schema),
        "jsonforms": build_settings_uischema(schema),
    }


def _build_action_documents(
    destination: Destination, slug: str, action: Action, url: str, directives: Collection[str]
) -> dict[str, JsonObject]:
    fields, title = action.fields, f"{destination.name}: {action.title}"
    urls = {role: f"{url}.{name}" for role, name in ACTION_DOCUMENTS.items()}
    restricted = restrict_batch_size(action)
    mapping = build_mapping_schema(restricted, urls["mapping"], directives)
    forms = {
        role: build_form_schema(restricted, urls[role], directives, partial=role == "partial")
        for role in ("form", "partial")
    }
    schemas = {"payload": build_payload_schema(fields), "mapping": mapping} | {
        role: add_text_keys(schema, slug) for role, schema in forms.items()
    }
    built = {
        role: _add_header(schema, urls[role], f"{title}, {role}")
        for role, schema in schemas.items()
    } | {
        "defaults": collect_defaults(fields),
        "rjsf": build_form_ui_schema(fields),
        "jsonforms": build_form_uischema(fields),
    }
    return {f"{slug}.{ACTION_DOCUMENTS[role]}": document for role, document in built.items()}


def _add_header(schema: JsonObject, url: str, title: str) -> JsonObject:
    return {"$schema": _DRAFT_07, "$id": url, "title": title, **schema}
