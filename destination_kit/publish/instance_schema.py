"""The schema of a destination's instance files: an editor completes and checks them by it.

It stands alone: an editor that loads it needs no other file.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from destination_kit._json import Json, as_object, copy_json
from destination_kit.fields import iter_fields, load_metaschema
from destination_kit.mapping import DIRECTIVES
from destination_kit.publish.batch_rules import restrict_batch_size
from destination_kit.publish.choices import Definitions
from destination_kit.publish.derived_schemas import describe_fields, unless_root_directive
from destination_kit.publish.form_schema import build_form_rules
from destination_kit.publish.grammar import JsonDict, refer
from destination_kit.publish.settings_schema import build_plain_schema, build_settings_schema
from destination_kit.sync_modes import offered_modes

if TYPE_CHECKING:
    from destination_kit._json import JsonObject
    from destination_kit.definitions import Action, Destination

_FIELD_KEYS = ("properties", "additionalProperties", "not")
_EXTENDS_DEFAULTS: JsonDict = {
    "required": ["useDefaultMapping"],
    "properties": {"useDefaultMapping": {"const": True}},
}


def build_instance_schema(
    destination: Destination, directives: Collection[str] = tuple(DIRECTIVES)
) -> JsonDict:
    """Return the schema of the instance files of a destination."""
    definitions = Definitions("", directives)
    schema: JsonDict = copy_json(load_metaschema("instance"))
    del schema["$schema"], schema["$id"], schema["title"]
    properties = schema["properties"]
    properties["destination"] |= {"const": destination.slug, "default": destination.slug}
    settings = build_settings_schema(destination.settings)
    secret = settings.pop("definitions")
    properties["settings"] = {
        **_pick(properties["settings"], "title", "description"),
        "additionalProperties": False,
        **settings,
        "properties": _with_defaults(destination.settings, settings["properties"]),
    }
    mappings = {
        _name_mapping(slug): _build_mapping(action, definitions)
        for slug, action in destination.actions.items()
    }
    _build_subscription(properties["subscriptions"], destination, definitions)
    return schema | {"definitions": {**mappings, **secret, **definitions.build()}}


def _name_mapping(slug: str) -> str:
    return f"mapping of {slug}"


def _pick(schema: JsonObject, *names: str) -> JsonDict:
    return {name: schema[name] for name in names if name in schema}


def _with_defaults(schema: JsonObject, fields: JsonObject) -> JsonDict:
    defaults = {name: field.get("default") for name, field in iter_fields(schema)}
    return {
        name: {**as_object(field), **({} if (d := defaults[name]) is None else {"default": d})}
        for name, field in fields.items()
    }


def _build_subscription(
    subscriptions: JsonDict, destination: Destination, definitions: Definitions
) -> None:
    """Write the rules of subscriptions: those of each action hold where it is named."""
    rules = subscriptions["items"]
    action = rules["properties"]["action"]
    action["oneOf"] = [
        {"const": slug, "title": found.title, "description": found.description}
        for slug, found in destination.actions.items()
    ]
    # The rules of the action take the place of these.
    rules["properties"]["mapping"] = _pick(rules["properties"]["mapping"], "title", "description")
    rules["examples"] = [*_list_examples(destination)]
    rules["allOf"] = [
        {
            "if": {"required": ["action"], "properties": {"action": {"const": slug}}},
            "then": _build_action_rules(slug, found, definitions),
        }
        for slug, found in destination.actions.items()
    ]


def _list_examples(destination: Destination) -> list[Json]:
    """Return a subscription for each action and preset, which an editor offers."""
    started: list[Json] = [
        {"name": action.title, "action": slug, "useDefaultMapping": True, "mapping": {}}
        for slug, action in destination.actions.items()
        if not action.hidden
    ]
    presets: list[Json] = [
        {
            "name": preset.name,
            "action": preset.action,
            **({"trigger": preset.trigger} if preset.trigger else {}),
            "mapping": preset.mapping,
        }
        for preset in destination.presets
    ]
    return [*started, *presets]


def _build_mapping(action: Action, definitions: Definitions) -> JsonDict:
    """Return the schema of the fields of an action, each with its default and all directives."""
    fields = restrict_batch_size(action)
    rules = _pick(build_form_rules(fields, definitions), *_FIELD_KEYS)
    if "properties" in rules:
        rules["properties"] = describe_fields(fields, rules["properties"])
        if "additionalProperties" not in rules:
            # The kit leaves out a field that the action has not, and warns of it. The rule for such
            # names is of no use then, and an editor would underline the whole mapping by it.
            rules["additionalProperties"] = False
            del rules["not"]
    texts = {"title": action.title, "description": action.description}
    return {**texts, "type": "object", **unless_root_directive(rules)}


def _build_action_rules(slug: str, action: Action, definitions: Definitions) -> JsonDict:
    properties: JsonDict = {"mapping": refer(_name_mapping(slug))}
    if action.trigger:
        properties["trigger"] = {"default": action.trigger}
    if modes := offered_modes(action):
        properties["syncMode"] = {"enum": [*modes]}
    if action.options is not None:
        properties["options"] = build_plain_schema(action.options)
    if action.hooks:
        properties["hooks"] = {"properties": _build_hooks(action)}
    rules: JsonDict = {"properties": properties}
    if not action.trigger:
        rules["required"] = ["trigger"]
    needs = [_build_needs(action, definitions, partial=partial) for partial in (True, False)]
    return rules | {"if": _EXTENDS_DEFAULTS, "then": needs[0], "else": needs[1]}


def _build_hooks(action: Action) -> JsonDict:
    return {
        name: {
            "title": hook.title,
            "properties": {
                "inputs": build_plain_schema(hook.inputs),
                "outputs": dict(hook.outputs),
            },
        }
        for name, hook in action.hooks.items()
    }


def _build_needs(action: Action, definitions: Definitions, *, partial: bool) -> JsonDict:
    """Return the fields that a mapping needs: fewer, if it extends the action's defaults."""
    form = build_form_rules(restrict_batch_size(action), definitions, partial=partial)
    rules = {key: rule for key, rule in form.items() if key not in _FIELD_KEYS}
    is_required = bool(rules.get("required"))
    needs: JsonDict = {"properties": {"mapping": unless_root_directive(rules)}}
    return needs | ({"required": ["mapping"]} if is_required else {})
