"""Dynamic fields: the paths that name them, and the call of the function that lists choices."""

from __future__ import annotations

from dataclasses import replace
from inspect import Parameter, signature
from typing import TYPE_CHECKING, Any, Final

from destination_kit._json import as_object

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping

    from destination_kit._json import JsonObject
    from destination_kit.definitions import Context, ListChoices
    from destination_kit.dynamic_choices import ChoiceRequest, Choices

KEYS: Final = "__keys__"
VALUES: Final = "__values__"
_POSITIONAL: Final = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
#: context, mapping and page: the older signature.
_SEPARATE_ARGUMENTS: Final = 3


def has_path(schema: JsonObject, path: str) -> bool:
    """Return whether a dotted path such as `address.city` leads to a field of a schema.

    Arrays are transparent. `__keys__` and `__values__` stand at the end of the path of an object.
    """
    for step in path.split("."):
        while schema.get("type") == "array":
            schema = as_object(schema.get("items"))
        if step in (KEYS, VALUES):
            return path.endswith(f".{step}") and schema.get("type") == "object"
        properties = as_object(schema.get("properties"))
        if step not in properties:
            return False
        schema = as_object(properties[step])
    return True


def find_choices(
    choices: Mapping[str, ListChoices], path: str, request: ChoiceRequest
) -> tuple[ListChoices, ChoiceRequest] | None:
    """Return the function of a path and its request; None where the path has no choices.

    The value of any other member of an object is listed by its `__values__`, with the member as
    the selected key.
    """
    if path in choices:
        return choices[path], request
    parent, _, member = path.rpartition(".")
    function = choices.get(f"{parent}.{VALUES}")
    return (function, replace(request, selected_key=member)) if function else None


def call_choices(function: Any, context: Context, request: ChoiceRequest) -> Awaitable[Choices]:
    """Call a function with a request or, where it takes three arguments, with mapping and page."""
    parameters = [
        item for item in signature(function).parameters.values() if item.kind in _POSITIONAL
    ]
    if len(parameters) == _SEPARATE_ARGUMENTS:
        found: Awaitable[Choices] = function(context, request.mapping, request.page)
    else:
        found = function(context, request)
    return found
