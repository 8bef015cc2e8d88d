"""JSON documents to frozen records and back, led by the records' own annotations."""

from __future__ import annotations

import difflib
import json
import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import (
    Annotated,
    Literal,
    TypeAlias,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"
JsonObject: TypeAlias = "Mapping[str, Json]"
Record = TypeVar("Record")

_NAMES = {bool: "true or false", int: "a whole number", float: "a number", str: "a string"}


class ConfigError(ValueError):
    """A configuration document is wrong at `pointer`, an RFC 6901 JSON Pointer."""

    def __init__(self, pointer: str, message: str) -> None:
        super().__init__(f"{pointer or '(document)'}: {message}")
        self.pointer = pointer


@dataclass(frozen=True, slots=True)
class Between:
    """Limits of a number, both allowed."""

    low: float
    high: float = float("inf")


def camel(name: str) -> str:
    """Return the JSON name of a record's field: `search_lag` is `searchLag`."""
    head, *rest = name.split("_")
    return head + "".join(part.title() for part in rest)


def load_record(make: Callable[..., Record], document: object, pointer: str) -> Record:
    """Return the record that `document` describes; what it leaves out keeps its default."""
    if not isinstance(document, Mapping):
        raise ConfigError(pointer, f"expected an object, found {_shown(document)}")
    hints = {camel(name): (name, kind) for name, kind in _hints(make).items()}
    values = {}
    for key, value in document.items():
        if key not in hints:
            raise ConfigError(_below(pointer, key), f"no such switch{_guess(key, hints)}")
        name, kind = hints[key]
        values[name] = load_value(kind, value, _below(pointer, key))
    return make(**values)


def load_value(kind: object, value: object, pointer: str) -> object:
    """Return `value` as the annotation `kind` wants it, or refuse it."""
    origin, arguments = get_origin(kind), get_args(kind)
    if is_dataclass(kind):
        return load_record(cast("Callable[..., object]", kind), value, pointer)
    if origin in _LOADERS:
        return _LOADERS[origin](arguments, value, pointer)
    return _load_scalar(kind, value, pointer)


def render_record(value: object) -> Json:
    """Return the document that loads as `value` again."""
    if is_dataclass(value):
        return {camel(f.name): render_record(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, tuple):
        return [render_record(each) for each in value]
    if isinstance(value, Mapping):
        return {key: render_record(each) for key, each in value.items()}
    return cast("Json", value)


def merge_patch(document: Json, patch: Json) -> Json:
    """Return `document` changed by an RFC 7386 merge patch."""
    if not isinstance(patch, Mapping):
        return patch
    merged = dict(document) if isinstance(document, Mapping) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge_patch(merged.get(key), value)
    return merged


def _hints(make: Callable[..., object]) -> dict[str, object]:
    return get_type_hints(make, include_extras=True)


def _load_scalar(kind: object, value: object, pointer: str) -> object:
    if kind is float and type(value) is int:
        return float(value)
    wanted = type(None) if kind is None else kind
    if type(value) is not wanted:
        raise ConfigError(pointer, f"expected {_describe(kind)}, found {_shown(value)}")
    return value


def _load_literal(choices: tuple[object, ...], value: object, pointer: str) -> object:
    if not any(value == choice and type(value) is type(choice) for choice in choices):
        raise ConfigError(pointer, f"expected {_describe(Literal[choices])}, found {_shown(value)}")
    return value


def _load_union(kinds: tuple[object, ...], value: object, pointer: str) -> object:
    wanted = " or ".join(_describe(kind) for kind in kinds)
    error = ConfigError(pointer, f"expected {wanted}, found {_shown(value)}")
    for kind in kinds:
        try:
            return load_value(kind, value, pointer)
        except ConfigError as refused:
            # An error further down is about a part of the one kind that fits, so it says more.
            error = refused if len(refused.pointer) > len(error.pointer) else error
    raise error


def _load_annotated(arguments: tuple[object, ...], value: object, pointer: str) -> object:
    loaded = load_value(arguments[0], value, pointer)
    limits = cast("Between", arguments[1])
    if not limits.low <= cast("float", loaded) <= limits.high:
        raise ConfigError(pointer, f"expected a number in {limits.low} … {limits.high}")
    return loaded


def _load_tuple(kinds: tuple[object, ...], value: object, pointer: str) -> object:
    if not isinstance(value, list | tuple):
        raise ConfigError(pointer, f"expected a list, found {_shown(value)}")
    wanted = [kinds[0]] * len(value) if kinds[-1] is ... else list(kinds)
    if len(wanted) != len(value):
        raise ConfigError(pointer, f"expected a list of {len(wanted)}, found {len(value)} items")
    pairs = enumerate(zip(wanted, value, strict=True))
    return tuple(load_value(kind, each, _below(pointer, str(i))) for i, (kind, each) in pairs)


def _load_mapping(kinds: tuple[object, ...], value: object, pointer: str) -> object:
    if not isinstance(value, Mapping):
        raise ConfigError(pointer, f"expected an object, found {_shown(value)}")
    return {key: load_value(kinds[1], each, _below(pointer, key)) for key, each in value.items()}


_LOADERS: Mapping[object, Callable[[tuple[object, ...], object, str], object]] = {
    Annotated: _load_annotated,
    Literal: _load_literal,
    Mapping: _load_mapping,
    Union: _load_union,
    types.UnionType: _load_union,
    tuple: _load_tuple,
}


def _describe(kind: object) -> str:
    if get_origin(kind) is Literal:
        return " or ".join(repr(each) for each in get_args(kind))
    if get_origin(kind) is Annotated:
        return _describe(get_args(kind)[0])
    if get_origin(kind) is tuple:
        return "a list" if ... in get_args(kind) else f"a list of {len(get_args(kind))}"
    if get_origin(kind) is Mapping or is_dataclass(kind):
        return "an object"
    return _NAMES.get(cast("type", kind), "null")


def _shown(value: object) -> str:
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, int | float):
        return f"the number {value}"
    if isinstance(value, str):
        return f"the string {value!r}"
    return "a list" if isinstance(value, list | tuple) else "an object"


def _guess(key: str, known: Mapping[str, object]) -> str:
    close = difflib.get_close_matches(key, known, n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; there are {', '.join(known)}"


def _below(pointer: str, key: str) -> str:
    return f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}"
