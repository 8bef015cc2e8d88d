"""The type of an action's payloads, for its `perform`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from destination_kit._json import as_array, as_object
from destination_kit.scaffold.literals import Name, render
from destination_kit.scaffold.names import is_attribute

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject
    from destination_kit.scaffold.literals import Source

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
    required = schema.get("required")
    names = as_array(required)
    types = {
        name: f"Required[{_type(each)}]" if name in names else _type(each)
        for name, each in fields.items()
    }
    if not all(map(is_attribute, types)):
        members: Source = {name: Name(each) for name, each in types.items()}
        whole = render(members, before=len('Payload = TypedDict("Payload", , total=False)'))
        return _functional(whole)
    lines = [f"    {name}: {each}\n" for name, each in types.items()]
    body = f"\n{''.join(lines)}" if lines else ""
    return f'class Payload(TypedDict, total=False):\n    """{doc}"""\n{body}'


def _functional(members: str) -> str:
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
    known = [_TYPES[str(each)] for each in names if str(each) in _TYPES]
    return " | ".join(known) if known else "Json"
