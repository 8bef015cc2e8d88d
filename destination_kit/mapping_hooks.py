"""Mapping hooks: run when a mapping is saved, and what a subscription keeps of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from destination_kit._json import as_object, copy_json, pointer
from destination_kit._secret_places import find_secret_places, mask_problems
from destination_kit._secrets import find_secret_texts
from destination_kit.author_calls import call_author, redact_with
from destination_kit.errors import (
    DefinitionError,
    PayloadValidationError,
    Problem,
    did_you_mean,
)
from destination_kit.fields import collect_secret_fields, compile_validator

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject
    from destination_kit._redact import Redact
    from destination_kit.definitions import Action, Context, MappingHook

_PARTS: Final = ("inputs", "outputs")


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
    """Yield what is wrong with what a subscription keeps of hooks, in either place.

    As in the reference, inputs are literals: no directive of theirs is resolved.
    """
    for name, entry in as_object(document.get("hooks")).items():
        if name in action.hooks:
            yield from _check_entry(entry, action.hooks[name], "hooks", name)
        else:
            message = f"there is no hook {name!r}{did_you_mean(name, action.hooks)}"
            yield Problem(pointer("hooks", name), "HOOK", message)
    for name, entry in as_object(document.get("mapping")).items():
        if name in action.hooks:
            yield from _check_entry(entry, action.hooks[name], "mapping", name)


def _check_entry(entry: Json, hook: MappingHook, *where: str) -> Iterator[Problem]:
    if not isinstance(entry, Mapping):
        yield Problem(pointer(*where), "HOOK", "should be a JSON object with inputs and outputs")
        return
    for key in entry:
        if key not in _PARTS and where[0] == "hooks":
            message = f"a hook keeps inputs and outputs, and no {key!r}{did_you_mean(key, _PARTS)}"
            yield Problem(pointer(*where, key), "HOOK", message)
    for part, schema in zip(_PARTS, (hook.inputs, hook.outputs), strict=True):
        if part in entry:
            for problem in _validate(entry[part], schema, part)[1]:
                yield replace(problem, path=pointer(*where, part) + problem.path)


def _validate(
    values: Json, schema: JsonObject, part: str
) -> tuple[JsonObject, tuple[Problem, ...]]:
    """Return inputs or outputs, coerced, and their problems, which quote nothing of a secret field."""
    # The reference validates inputs without cleaning them first (`executeHook` in action.ts), so
    # that an empty text is a value. An output that is null is none: coercion would make it "".
    valid, problems = compile_validator(schema, drop_empty=part == "outputs")(values)
    places = find_secret_places(collect_secret_fields(schema), values)
    return valid, tuple(map(places.hide_in_problem, problems)) if places else problems


async def run_hook(
    action: Action, name: str, context: Context, inputs: JsonObject, redact: Redact
) -> JsonObject:
    """Run a hook of an action; return its outputs.

    Raises `DefinitionError` for a hook that the action has not or that has no `perform`,
    `PayloadValidationError` for inputs or outputs that its schemas refuse, and what `call_author`
    raises.
    """
    hook = action.hooks.get(name)
    if hook is None or hook.perform is None:
        hint = did_you_mean(name, action.hooks)
        raise DefinitionError(f"there is no hook {name!r} that runs{hint}", where=action.title)
    valid = _require_valid(copy_json(inputs), hook.inputs, "inputs", redact)
    redact = redact_with(redact, find_secret_texts(valid, collect_secret_fields(hook.inputs)))
    where = f"{action.title}/{name}: the hook's function"
    outputs = await call_author(partial(hook.perform, context, valid), where, redact)
    return _require_valid(copy_json(outputs), hook.outputs, "outputs", redact)


def _require_valid(values: Json, schema: JsonObject, part: str, redact: Redact) -> JsonObject:
    valid, problems = _validate(values, schema, part)
    if problems:
        located = (replace(problem, path=f"/{part}{problem.path}") for problem in problems)
        shown = mask_problems(located, redact)
        error = PayloadValidationError("; ".join(map(str, shown)))
        error.problems = shown
        raise error
    return valid
