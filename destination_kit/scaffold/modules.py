"""The modules of a destination's package."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from destination_kit.limits import BatchLimits
from destination_kit.scaffold.formatter import WIDTH, Call, Name, format_assignment, format_value
from destination_kit.scaffold.names import choices_function_names, sentence
from destination_kit.scaffold.payload_types import payload_type

if TYPE_CHECKING:
    from destination_kit.definitions import Action, Audience, Destination, MappingHook, Preset
    from destination_kit.scaffold.formatter import Source

_PERFORM = '''async def perform(context: Context, payload: Payload) -> Json:
    """Send one payload."""
    raise IntegrationError("this action is still to be written", "NOT_WRITTEN", 501)
'''
_PERFORM_BATCH = '''async def perform_batch(
    context: Context, payloads: Sequence[Payload]
) -> Sequence[Json | Response | Result]:
    """Send several payloads in one call, and return one response per payload."""
    raise IntegrationError("this action is still to be written", "NOT_WRITTEN", 501)
'''
_LIST_CHOICES = '''async def {name}(context: Context, request: ChoiceRequest) -> Choices:
    """{summary}"""
    raise IntegrationError("these choices are still to be written", "NOT_WRITTEN", 501)
'''
_HOOK = '''@hookimpl
def register_destinations() -> list[Destination]:
    """Register the destination."""
    return [{name}]
'''
_RECORDS = (
    *("Action", "Audience", "Authentication", "BatchLimits", "Context", "Destination"),
    *("ChoiceRequest", "Choices", "MappingHook"),
)
_AUDIENCE = "audience."
_OTHER_NAMES = (
    "IntegrationError",
    "Json",
    "JsonObject",
    "Preset",
    "Response",
    "Result",
    "hookimpl",
)


def settings_module(destination: Destination) -> str:
    """Return the module with the settings, and the functions of their choices."""
    names = _setting_functions(destination)
    parts = [format_assignment("SETTINGS: JsonObject", destination.settings)]
    return _module(f"The settings of {destination.name}", [*parts, *_choices_functions(names)])


def action_module(slug: str, action: Action, module: str) -> str:
    """Return the module of an action: its fields, its payloads, and functions left to write."""
    perform_batch = [_PERFORM_BATCH] if action.perform_batch is not None else []
    names = _action_functions(action)
    return _module(
        action.title or slug,
        [
            format_assignment("FIELDS: JsonObject", action.fields),
            payload_type(action.fields, sentence(f"One payload of `{slug}`")),
            _PERFORM,
            *perform_batch,
            *_choices_functions(names),
            format_assignment(module.upper(), _action(action, names)),
        ],
    )


def _setting_functions(destination: Destination) -> dict[str, str]:
    """Return path -> the name of its function; those of audiences begin with `audience.`."""
    of_audience = destination.audience.choices if destination.audience else ()
    paths = (*destination.choices, *(f"{_AUDIENCE}{path}" for path in of_audience))
    return choices_function_names(paths)


def _action_functions(action: Action) -> dict[str, str]:
    """Return path -> the name of its function; those of a hook begin with its name and a dot."""
    of_hooks = (f"{name}.{path}" for name, hook in action.hooks.items() for path in hook.choices)
    return choices_function_names((*action.choices, *of_hooks))


def _choices_functions(names: Mapping[str, str]) -> list[str]:
    return [
        _LIST_CHOICES.format(name=name, summary=_summarize(path)) for path, name in names.items()
    ]


def _summarize(path: str) -> str:
    summary = sentence(f"List a page of the choices of `{path}`")
    return summary if len(summary) < WIDTH - len(' """ """') else "List a page of choices."


def _choices(paths: Iterable[str], names: Mapping[str, str], prefix: str = "") -> Source:
    return {path: Name(names[prefix + path]) for path in paths} or None


def actions_module(package: str, modules: Mapping[str, str]) -> str:
    """Return the module that collects the actions from their modules."""
    imports = [
        _import(f"{package}.actions.{module}", [module.upper()])
        for module in sorted(modules.values())
    ]
    actions = {slug: Name(module.upper()) for slug, module in modules.items()}
    return _module(
        "The actions of the destination",
        [format_assignment("ACTIONS: Mapping[str, Action]", actions)],
        imports,
    )


def presets_module(presets: Sequence[Preset]) -> str:
    """Return the module with the presets."""
    records = [f"    {format_value(_preset(preset), indent=4, after=1)},\n" for preset in presets]
    return _module("Ready-made subscriptions", [f"PRESETS = (\n{''.join(records)})\n"])


def package_module(destination: Destination, package: str) -> str:
    """Return the package's `__init__` module: the destination, and the hook that registers it."""
    name = package.upper()
    presets = [f"from {package}.presets import PRESETS"] if destination.presets else []
    functions = sorted(_setting_functions(destination).values())
    imports = [
        f"from {package}.actions import ACTIONS",
        *presets,
        _import(f"{package}.settings", ["SETTINGS", *functions]),
    ]
    record = format_assignment(name, _destination(destination))
    hook = _HOOK.replace("{name}", name)
    return _module(f"{destination.name} as a destination", [record, hook], imports)


def _destination(destination: Destination) -> Source:
    scheme = destination.authentication.scheme
    names = _setting_functions(destination)
    return Call(
        "Destination",
        {
            "slug": destination.slug,
            "name": destination.name,
            "description": destination.description or None,
            "settings": Name("SETTINGS"),
            "choices": _choices(destination.choices, names),
            "authentication": Call("Authentication", {"scheme": scheme}),
            "actions": Name("ACTIONS"),
            "presets": Name("PRESETS") if destination.presets else None,
            "audience": _audience(destination.audience, names),
            "segment": destination.segment or None,
        },
    )


def _action(action: Action, names: Mapping[str, str]) -> Source:
    hooks: Source = {name: _hook(name, hook, names) for name, hook in action.hooks.items()}
    return Call(
        "Action",
        {
            "title": action.title,
            "description": action.description or None,
            "trigger": action.trigger,
            "fields": Name("FIELDS"),
            "perform": Name("perform"),
            "perform_batch": Name("perform_batch") if action.perform_batch else None,
            "batch": _batch_limits(action.batch),
            "choices": _choices(action.choices, names),
            "sync_mode": action.sync_mode,
            "options": action.options,
            "hooks": hooks or None,
            "hidden": action.hidden or None,
            "segment": action.segment or None,
        },
    )


def _batch_limits(limits: BatchLimits) -> Source:
    """Return what differs from the usual limits, None where nothing does."""
    usual = BatchLimits()
    count = None if limits.count == usual.count else limits.count
    keys = tuple(limits.keys) or None
    return Call("BatchLimits", {"count": count, "keys": keys}) if count or keys else None


def _hook(name: str, hook: MappingHook, names: Mapping[str, str]) -> Source:
    return Call(
        "MappingHook",
        {
            "title": hook.title,
            "description": hook.description or None,
            "inputs": hook.inputs,
            "outputs": hook.outputs,
            "choices": _choices(hook.choices, names, f"{name}."),
        },
    )


def _preset(preset: Preset) -> Source:
    return Call(
        "Preset",
        {
            "name": preset.name,
            "action": preset.action,
            "trigger": preset.trigger,
            "event": preset.event,
            "mapping": preset.mapping,
            "segment": preset.segment or None,
        },
    )


def _audience(audience: Audience | None, names: Mapping[str, str]) -> Source:
    if audience is None:
        return None
    return Call(
        "Audience",
        {
            "mode": audience.mode,
            "full_sync": audience.full_sync or None,
            "functions": audience.functions or None,
            "settings": audience.settings,
            "choices": _choices(audience.choices, names, _AUDIENCE),
        },
    )


def _module(doc: str, parts: list[str], package_imports: Iterable[str] = ()) -> str:
    """Return a module of these parts, with the imports that they need."""
    body = "\n\n".join(parts)
    # A title such as "Action" is no use of the name `Action`. If it counted, the module would have
    # an import that ruff reports as unused.
    names = set(re.findall(r"\w+", re.sub(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'", "", body)))
    groups = ["from __future__ import annotations", *_standard_imports(names)]
    from_kit = sorted(names & {*_RECORDS, *_OTHER_NAMES}, key=_isort_key)
    groups += [_import("destination_kit", from_kit)] if from_kit else []
    groups.append("\n".join(package_imports))
    head = "\n\n".join(group for group in groups if group)
    return f'"""{sentence(doc)}"""\n\n{head}\n\n{body}'


def _import(module: str, names: list[str]) -> str:
    line = f"from {module} import {', '.join(names)}"
    if len(line) <= WIDTH:
        return line
    return "\n".join((f"from {module} import (", *(f"    {name}," for name in names), ")"))


def _standard_imports(names: set[str]) -> list[str]:
    abc = sorted(names & {"Mapping", "Sequence"})
    typing = sorted(names & {"Required", "TypedDict"})
    lines = [
        *([f"from collections.abc import {', '.join(abc)}"] if abc else []),
        *([f"from typing import {', '.join(typing)}"] if typing else []),
    ]
    return ["\n".join(lines)] if lines else []


def _isort_key(name: str) -> tuple[bool, str]:
    return name[0].islower(), name
