"""Mapping hooks: run when a mapping is saved, and the outputs that a subscription keeps of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from destination_kit._json import as_object, copy_json, pointer
from destination_kit.errors import (
    DefinitionError,
    PayloadValidationError,
    Problem,
    did_you_mean,
)
from destination_kit.fields import compile_validator

if TYPE_CHECKING:
    from destination_kit._json import JsonObject
    from destination_kit.definitions import Action, Context


def read_hook_outputs(document: JsonObject, action: Action) -> dict[str, JsonObject]:
    """Return hook name -> the outputs that a subscription keeps of it.

    They stand in its `hooks`, or in its mapping under the hook's name, as Segment stores them.
    """
    stored = {**as_object(document.get("mapping")), **as_object(document.get("hooks"))}
    entries = {name: as_object(stored.get(name)) for name in action.hooks}
    return {
        name: as_object(entry["outputs"]) for name, entry in entries.items() if "outputs" in entry
    }


def check_hooks(document: JsonObject, action: Action) -> Iterator[Problem]:
    """Yield what is wrong with the `hooks` of a subscription."""
    for name, entry in as_object(document.get("hooks")).items():
        if name not in action.hooks:
            message = f"there is no hook {name!r}{did_you_mean(name, action.hooks)}"
            yield Problem(pointer("hooks", name), "HOOK", message)
        elif not isinstance(entry, Mapping):
            yield Problem(pointer("hooks", name), "HOOK", "should be a JSON object")
        else:
            yield from _check_values(entry.get("outputs", {}), action.hooks[name].outputs, name)


def _check_values(values: object, schema: JsonObject, name: str) -> Iterator[Problem]:
    if not isinstance(values, Mapping):
        message = "should be a JSON object"
        yield Problem(pointer("hooks", name, "outputs"), "HOOK", message)
        return
    for problem in compile_validator(schema)(dict(values))[1]:
        yield replace(problem, path=pointer("hooks", name, "outputs") + problem.path)


async def run_hook(action: Action, name: str, context: Context, inputs: JsonObject) -> JsonObject:
    """Run a hook of an action; return its outputs.

    Raises `DefinitionError` for a hook that the action has not or that has no `perform`,
    `PayloadValidationError` for inputs or outputs that its schemas refuse, and what it raises.
    """
    hook = action.hooks.get(name)
    if hook is None or hook.perform is None:
        hint = did_you_mean(name, action.hooks)
        raise DefinitionError(f"there is no hook {name!r} that runs{hint}", where=action.title)
    return _validate(
        await hook.perform(context, _validate(copy_json(inputs), hook.inputs)), hook.outputs
    )


def _validate(values: JsonObject, schema: JsonObject) -> JsonObject:
    valid, problems = compile_validator(schema)(copy_json(values))
    if problems:
        error = PayloadValidationError("; ".join(map(str, problems)))
        error.problems = tuple(problems)
        raise error
    return valid
