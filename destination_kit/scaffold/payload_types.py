"""The `TypedDict` of an action's payloads, for its `perform`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from destination_kit._json import as_array, as_object
from destination_kit.scaffold.formatter import Name, format_value
from destination_kit.scaffold.names import is_attribute

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject
    from destination_kit.scaffold.formatter import Source

_TYPES = {
    "string": "str",
    "number": "float",
    "integer": "int",
    "boolean": "bool",
    "object": "JsonObject",
    "null": "None",
}


def payload_type(schema: JsonObject, doc: str) -> str:
    """Return the `TypedDict` that an object schema describes; required fields are `Required`."""
    fields = as_object(schema.get("properties"))
    names = as_array(schema.get("required"))
    types = {
        name: f"Required[{_type(field)}]" if name in names else _type(field)
        for name, field in fields.items()
    }
    if not all(map(is_attribute, types)):
        # The class syntax of a `TypedDict` cannot have keys such as `e-mail` or `class`.
        members: Source = {name: Name(annotation) for name, annotation in types.items()}
        literal = format_value(members, before=len('Payload = TypedDict("Payload", , total=False)'))
        return _functional_syntax(literal)
    lines = [f"    {name}: {annotation}\n" for name, annotation in types.items()]
    body = f"\n{''.join(lines)}" if lines else ""
    return f'class Payload(TypedDict, total=False):\n    """{doc}"""\n{body}'


def _functional_syntax(members: str) -> str:
    if "\n" not in members:
        return f'Payload = TypedDict("Payload", {members}, total=False)\n'
    inner = members.replace("\n", "\n    ")
    return f'Payload = TypedDict(\n    "Payload",\n    {inner},\n    total=False,\n)\n'


def _type(field: Json) -> str:
    schema = as_object(field)
    types = schema.get("type")
    if types == "array":
        return f"list[{_type(schema.get('items'))}]"
    names = types if isinstance(types, list | tuple) else [types]
    known = [_TYPES[str(name)] for name in names if str(name) in _TYPES]
    return " | ".join(known) if known else "Json"
