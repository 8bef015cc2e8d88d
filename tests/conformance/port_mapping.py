"""The oracle's operations on mappings and JavaScript values, answered by this project."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from destination_kit._budget import PayloadBudget
from destination_kit._javascript import stringify_json, to_number, to_string
from destination_kit._json import MISSING
from destination_kit.errors import (
    MappingError,
    PayloadValidationError,
)
from destination_kit.mapping import DIRECTIVES, compile_mapping
from destination_kit.mapping.copying import copy_payload
from destination_kit.mapping.directives.objects import flatten
from destination_kit.mapping.paths import follow_path, follow_steps
from destination_kit.mapping.templates import render_template
from destination_kit.mapping.validation import Location, validate

Request: TypeAlias = dict[str, Any]
Answer: TypeAlias = dict[str, Any]


def _transform(request: Request) -> object:
    data = request.get("data", MISSING)
    data = {} if data is MISSING else data
    if not isinstance(data, dict):
        raise PayloadValidationError("data must be an object")
    return _compiled(request)(data)


def _transform_batch(request: Request) -> object:
    data = request.get("data", MISSING)
    data = [] if data is MISSING else data
    if not isinstance(data, list):
        raise PayloadValidationError("data must be an array")
    resolve = _compiled(request)
    return [resolve(each) for each in data]


def _mapping_after(request: Request) -> object:
    _transform(request)
    return request.get("mapping", MISSING)


def _validate_mapping(request: Request) -> object:
    problems = validate(request.get("mapping", MISSING), Location(DIRECTIVES))
    if problems:
        raise MappingError(problems)
    return "valid"


def _render(request: Request) -> object:
    if not isinstance(request.get("template"), str):
        raise PayloadValidationError("template must be a string")
    return render_template(request["template"], request.get("data", MISSING))


def _flatten(request: Request) -> object:
    separator = request.get("separator", MISSING)
    omit_arrays = bool(request.get("omitArrays", False))
    value = request.get("value", MISSING)
    separator = "." if separator is MISSING else separator
    return flatten(value, separator, PayloadBudget(), omit_arrays=omit_arrays)


def _get(request: Request) -> object:
    value, path = request.get("obj", MISSING), request.get("path", MISSING)
    if path is None or path is MISSING:
        return MISSING
    return (
        follow_path(value, path)
        if isinstance(path, str)
        else follow_steps(value, tuple(map(to_string, path)))
    )


def _stringify(request: Request) -> object:
    encoded = stringify_json(request.get("value", MISSING))
    return MISSING if encoded is None else copy_payload(encoded)


OPS: dict[str, Callable[[Request], object]] = {
    "transform": _transform,
    "transformBatch": _transform_batch,
    "mappingAfter": _mapping_after,
    "validateMapping": _validate_mapping,
    "render": _render,
    "flatten": _flatten,
    "get": _get,
    "jsString": lambda request: to_string(request.get("value", MISSING)),
    "jsStringify": _stringify,
    "jsNumber": lambda request: to_number(request.get("value", MISSING)),
}


def _compiled(request: Request) -> Callable[[Any], object]:
    return compile_mapping(request.get("mapping", MISSING))
