"""Dynamic fields: the paths that name them, and the functions that list their choices."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar

from destination_kit._json import as_array, as_object, pointer
from destination_kit._signatures import positional_parameters
from destination_kit.errors import Problem, did_you_mean

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject
    from destination_kit.dynamic_choices import ChoiceRequest

KEYS: Final = "__keys__"
VALUES: Final = "__values__"
#: An index in a path, as Segment writes it (`items.[0].sku`) or as people do (`items.0.sku`).
_INDEX: Final = re.compile(r"\.?\[(\d{1,9})\](?=\.|$)|\.(\d{1,9})(?=\.)")
#: (context, request), or (context, mapping, page): the older signature.
_PARAMETERS: Final = (2, 3)

#: Keywords of JSON Schema whose value maps names to schemas, and those whose value is data.
_NAMED_SCHEMAS: Final = ("properties", "patternProperties", "definitions", "dependencies")
_DATA_KEYWORDS: Final = ("default", "examples", "const", "enum", "x-dynamic", "x-segment")

F = TypeVar("F")
_Steps: TypeAlias = tuple[str | int, ...]


def list_dynamic_paths(schema: JsonObject) -> tuple[str, ...]:
    """Return the dotted paths of the fields with `x-dynamic`, such as `address.city`.

    Arrays are transparent. The parts of `{"parts": […]}` stand at the end of the path of the field:
    a field of it, `__keys__` or `__values__`.
    """
    return tuple(dict.fromkeys(path for path, _, _ in _iter_dynamic(schema)))


def has_path(schema: JsonObject, path: str) -> bool:
    """Return whether a dotted path such as `address.city` leads to a field of a schema.

    Arrays are transparent. `__keys__` and `__values__` stand at the end of the path of an object.
    """
    for step in path.split("."):
        while _is_of(schema, "array"):
            schema = as_object(schema.get("items"))
        if step in (KEYS, VALUES):
            return path.endswith(f".{step}") and _is_of(schema, "object")
        properties = as_object(schema.get("properties"))
        if step not in properties:
            return False
        schema = as_object(properties[step])
    return True


def check_choices(
    schema: JsonObject,
    choices: Mapping[str, object],
    schema_at: tuple[str | int, ...],
    choices_at: tuple[str | int, ...],
) -> Iterator[Problem]:
    """Yield each field with `x-dynamic` and no function, and each function without such a field.

    `schema_at` and `choices_at` say where the two stand in the record of the destination.
    """
    known = {steps for _, steps, _ in _iter_dynamic(schema)}
    for steps in _iter_annotated(schema):
        if steps not in known:
            message = "no form asks for choices here: `x-dynamic` stands at a field, or at an item"
            yield Problem(pointer(*schema_at, *steps, "x-dynamic"), "CHOICES", message)
    for path, steps, is_part in _iter_dynamic(schema):
        place = pointer(*schema_at, *steps, "x-dynamic")
        if is_part and not has_path(schema, path):
            yield Problem(place, "CHOICES", f"the part {path!r} is no field, {KEYS} or {VALUES}")
        elif path not in choices:
            message = f"`choices` has no function for {path!r}: add one, or leave `x-dynamic` out"
            yield Problem(place, "CHOICES", message)
    declared = list_dynamic_paths(schema)
    for path, function in choices.items():
        if fault := _describe_fault(schema, path, function, declared):
            yield Problem(pointer(*choices_at, path), "CHOICES", fault)


def find_choices(
    choices: Mapping[str, F], path: str, request: ChoiceRequest
) -> tuple[F, ChoiceRequest] | None:
    """Return the function of a path and its request; None where the path has no choices.

    The value of any other member of an object is listed by its `__values__`, with the member as
    the selected key. An index of an array in the path becomes the selected index.
    """
    for candidate, changed in _iter_candidates(path, request):
        if candidate in choices:
            return choices[candidate], changed
    return None


def takes_mapping_and_page(function: Callable[..., object]) -> bool:
    """Return whether a function of choices has the older signature: context, mapping and page."""
    return len(positional_parameters(function)) == max(_PARAMETERS)


def _iter_candidates(path: str, request: ChoiceRequest) -> Iterator[tuple[str, ChoiceRequest]]:
    yield path, request
    if request.selected_key is not None:
        yield f"{path}.{VALUES}", request
    parent, _, member = path.rpartition(".")
    if parent and member not in (KEYS, VALUES):
        yield f"{parent}.{VALUES}", replace(request, selected_key=member)
    if (index := _INDEX.search(path)) is not None:
        without_index = path[: index.start()] + path[index.end() :]
        number = int(index[1] or index[2])
        yield from _iter_candidates(without_index, replace(request, selected_index=number))


def _iter_dynamic(
    schema: JsonObject, path: str = "", steps: _Steps = ()
) -> Iterator[tuple[str, _Steps, bool]]:
    """Yield each dynamic path, the steps to the schema with its `x-dynamic`, and whether it is a part."""
    annotation = schema.get("x-dynamic") if path else None
    if isinstance(annotation, Mapping):
        for part in as_array(annotation.get("parts")):
            yield f"{path}.{part}", steps, True
    elif annotation:
        yield path, steps, False
    if _is_of(schema, "array"):
        yield from _iter_dynamic(as_object(schema.get("items")), path, (*steps, "items"))
    for name, field in as_object(schema.get("properties")).items():
        if isinstance(field, Mapping):
            inner = f"{path}.{name}" if path else name
            yield from _iter_dynamic(field, inner, (*steps, "properties", name))


def _iter_annotated(schema: Json, steps: _Steps = ()) -> Iterator[_Steps]:
    """Yield the steps to each schema that has an `x-dynamic`, wherever it stands."""
    if isinstance(schema, Mapping) and schema.get("x-dynamic"):
        yield steps
    for further, inner in _iter_branches(schema):
        yield from _iter_annotated(inner, (*steps, *further))


def _iter_branches(schema: Json) -> Iterator[tuple[_Steps, Json]]:
    if isinstance(schema, list | tuple):
        yield from (((index,), branch) for index, branch in enumerate(schema))
    if not isinstance(schema, Mapping):
        return
    for keyword, rule in schema.items():
        if keyword in _NAMED_SCHEMAS:
            yield from (((keyword, name), inner) for name, inner in as_object(rule).items())
        elif keyword not in _DATA_KEYWORDS:
            yield (keyword,), rule


def _is_of(schema: JsonObject, type_name: str) -> bool:
    types = schema.get("type")
    return types == type_name or type_name in as_array(types)


def _describe_fault(
    schema: JsonObject, path: str, function: object, declared: Sequence[str]
) -> str | None:
    """Return what is wrong with a function of choices, None if nothing is."""
    if path not in declared:
        parent, _, part = path.rpartition(".")
        if not has_path(schema, path):
            return f"there is no field {path}{did_you_mean(path, declared)}"
        annotation = f'{{"parts": ["{part}"]}} at {parent}' if part in (KEYS, VALUES) else "true"
        return f"the field has no `x-dynamic`, so no form asks for its choices: write {annotation}"
    if not callable(function):
        return f"should be an async function, and is a {type(function).__name__}"
    parameters = positional_parameters(function)
    if parameters and len(parameters) not in _PARAMETERS:
        return f"should take (context, request), and takes {len(parameters)} parameters"
    return None
