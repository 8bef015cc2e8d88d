"""Conversion between JSON documents and frozen dataclasses, by the dataclasses' annotations.

Supported annotations: dataclasses, `bool`, `int`, `float`, `str`, `None`, `Literal`, `Mapping`,
`tuple`, unions of these, and `Annotated` with the bounds `Between`.
"""

from __future__ import annotations

import difflib
import json
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Annotated, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from destinations.qualtrics.simulator.json_types import Json

Record = TypeVar("Record")

_TYPE_NAMES = {bool: "true or false", int: "a whole number", float: "a number", str: "a string"}


class ConfigError(ValueError):
    """An invalid configuration document.

    Attributes:
        pointer: RFC 6901 JSON Pointer to the invalid value; `""` is the whole document.

    """

    def __init__(self, pointer: str, message: str) -> None:
        super().__init__(f"{pointer or '(document)'}: {message}")
        self.pointer = pointer


@dataclass(frozen=True, slots=True)
class Between:
    """Inclusive bounds of a number, for `Annotated`."""

    minimum: float
    maximum: float = float("inf")


def to_camel_case(name: str) -> str:
    """Return the JSON key of a dataclass attribute: `search_lag` is `searchLag`."""
    first_word, *other_words = name.split("_")
    return first_word + "".join(word.title() for word in other_words)


def load_record(record_type: Callable[..., Record], document: object, pointer: str = "") -> Record:
    """Return the `record_type` that a JSON object describes.

    A missing key keeps the attribute's default. `pointer` locates the document in a larger one.

    Raises:
        ConfigError: A key is unknown, or a value has the wrong type or is out of bounds.

    """
    if not isinstance(document, Mapping):
        raise ConfigError(pointer, f"expected an object, found {_describe_value(document)}")
    hints = get_type_hints(record_type, include_extras=True)
    attributes = {to_camel_case(name): name for name in hints}
    values = {}
    for key, value in document.items():
        key_pointer = append_token(pointer, key)
        if key not in attributes:
            raise ConfigError(key_pointer, f"unknown key; {_suggest_key(key, attributes)}")
        name = attributes[key]
        values[name] = load_value(hints[name], value, key_pointer)
    return record_type(**values)


def load_value(annotation: object, value: object, pointer: str) -> object:
    """Return a JSON value converted to the type of its annotation, or raise `ConfigError`."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if is_dataclass(annotation):
        return load_record(cast("Callable[..., object]", annotation), value, pointer)
    if origin in _LOADERS:
        return _LOADERS[origin](arguments, value, pointer)
    return _load_scalar(annotation, value, pointer)


def render_record(value: object) -> Json:
    """Return the JSON document that `load_record` turns into an equal value."""
    if is_dataclass(value):
        return {
            to_camel_case(attribute.name): render_record(getattr(value, attribute.name))
            for attribute in fields(value)
        }
    if isinstance(value, tuple):
        return [render_record(member) for member in value]
    if isinstance(value, Mapping):
        return {key: render_record(member) for key, member in value.items()}
    return cast("Json", value)


def append_token(pointer: str, token: str) -> str:
    """Return the RFC 6901 JSON Pointer to a member of what `pointer` locates."""
    return f"{pointer}/{token.replace('~', '~0').replace('/', '~1')}"


def merge_patch(document: Json, patch: Json) -> Json:
    """Return `document` with an RFC 7386 merge patch applied."""
    if not isinstance(patch, Mapping):
        return patch
    merged = dict(document) if isinstance(document, Mapping) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge_patch(merged.get(key), value)
    return merged


def _load_scalar(annotation: object, value: object, pointer: str) -> object:
    if annotation is float and type(value) is int:
        return float(value)
    expected_type = type(None) if annotation is None else annotation
    # `isinstance(True, int)` is true, so `isinstance` would take `true` for the number 1.
    if type(value) is not expected_type:
        raise _type_error(pointer, _describe_type(annotation), value)
    return value


def _load_literal(choices: tuple[object, ...], value: object, pointer: str) -> object:
    # Python takes `200.0` for `200` and `True` for `1`. Without a test of the type, a status of
    # `200.0` would pass and stay a float.
    if not any(value == choice and type(value) is type(choice) for choice in choices):
        raise _type_error(pointer, _describe_type(Literal[choices]), value)
    return value


def _load_union(annotations: tuple[object, ...], value: object, pointer: str) -> object:
    expected = " or ".join(_describe_type(annotation) for annotation in annotations)
    deepest_error = _type_error(pointer, expected, value)
    for annotation in annotations:
        try:
            return load_value(annotation, value, pointer)
        except ConfigError as error:
            # An error deeper in the value means that its outer type fits. For the latency `[1,
            # "x"]`, the error at index 1 helps more than "expected a number, found a list".
            if len(error.pointer) > len(deepest_error.pointer):
                deepest_error = error
    raise deepest_error


def _load_annotated(arguments: tuple[object, ...], value: object, pointer: str) -> object:
    annotation, bounds = arguments[0], cast("Between", arguments[1])
    number = load_value(annotation, value, pointer)
    if not bounds.minimum <= cast("float", number) <= bounds.maximum:
        raise ConfigError(pointer, f"expected a number {_describe_bounds(bounds)}, found {number}")
    return number


def _load_tuple(annotations: tuple[object, ...], value: object, pointer: str) -> object:
    if not isinstance(value, list | tuple):
        raise _type_error(pointer, "a list", value)
    is_homogeneous = annotations[-1] is ...
    expected = [annotations[0]] * len(value) if is_homogeneous else list(annotations)
    if len(expected) != len(value):
        message = f"expected a list of {len(expected)}, found a list of {len(value)}"
        raise ConfigError(pointer, message)
    return tuple(
        load_value(annotation, member, append_token(pointer, str(index)))
        for index, (annotation, member) in enumerate(zip(expected, value, strict=True))
    )


def _load_mapping(annotations: tuple[object, ...], value: object, pointer: str) -> object:
    if not isinstance(value, Mapping):
        raise _type_error(pointer, "an object", value)
    _, value_annotation = annotations
    return {
        key: load_value(value_annotation, member, append_token(pointer, key))
        for key, member in value.items()
    }


_LOADERS: Mapping[object, Callable[[tuple[object, ...], object, str], object]] = {
    Annotated: _load_annotated,
    Literal: _load_literal,
    Mapping: _load_mapping,
    Union: _load_union,
    types.UnionType: _load_union,
    tuple: _load_tuple,
}


def _type_error(pointer: str, expected: str, value: object) -> ConfigError:
    return ConfigError(pointer, f"expected {expected}, found {_describe_value(value)}")


def _describe_type(annotation: object) -> str:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return " or ".join(repr(choice) for choice in arguments)
    if origin is Annotated:
        return _describe_type(arguments[0])
    if origin is tuple:
        return "a list" if ... in arguments else f"a list of {len(arguments)}"
    if origin is Mapping or is_dataclass(annotation):
        return "an object"
    return _TYPE_NAMES.get(cast("type", annotation), "null")


def _describe_bounds(bounds: Between) -> str:
    if bounds.maximum == float("inf"):
        return f"of at least {bounds.minimum:g}"
    return f"from {bounds.minimum:g} to {bounds.maximum:g}"


def _describe_value(value: object) -> str:
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, int | float):
        return f"the number {value}"
    if isinstance(value, str):
        return f"the string {value!r}"
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}" if value else "an empty list"
    return "an object"


def _suggest_key(key: str, known_keys: Mapping[str, object]) -> str:
    close_matches = difflib.get_close_matches(key, known_keys, n=1)
    if close_matches:
        return f"did you mean {close_matches[0]!r}?"
    return f"the keys are {', '.join(known_keys)}"
