"""Likely mistakes in a mapping without faults."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from destination_kit._json import Json, JsonObject, as_array, as_object, pointer
from destination_kit.errors import Problem, did_you_mean, warning
from destination_kit.fields import iter_fields, list_types
from destination_kit.mapping.root_directive import has_root_directive
from destination_kit.mapping.validation import directive_name

if TYPE_CHECKING:
    from destination_kit.definitions import Action

# Segment adds fields such as `__segment_internal_sync_mode` to a mapping (`Action.execute` in
# action.ts). An operator cannot act on a warning about them.
_INTERNAL_PREFIX: Final = "__segment_internal_"
_TAG: Final = re.compile(r"\{\{\{?([^{}]*)\}\}")
_BRACKETED_INDEX: Final = re.compile(r"""\[(?:[0-9]+|'[^']*'|"[^"]*")\]""")


def find_mapping_mistakes(mapping: JsonObject, action: Action) -> Iterator[Problem]:
    """Yield a warning for each likely mistake in a mapping; paths point into it."""
    if has_root_directive(mapping):
        return
    fields = dict(iter_fields(action.fields))
    required = as_array(action.fields.get("required"))
    for name, value in mapping.items():
        if name.startswith(_INTERNAL_PREFIX):
            continue
        field, title = fields.get(name, {}), str(fields.get(name, {}).get("title", name))
        yield from _find_in_value(value, _Place((name,)))
        if isinstance(value, Mapping) and not value and "object" not in list_types(field):
            message = f"{title} is an empty object, which gives it no value: choose a directive"
            yield warning(pointer(name), "EMPTY_OBJECT", message)
        if name in required and isinstance(value, str) and value and not value.strip():
            message = f"{title} is required, and consists of blanks"
            yield warning(pointer(name), "BLANK", message)
    yield from _find_unsatisfied_groups(mapping, action.fields, fields)


def find_unknown_fields(mapping: JsonObject, action: Action, slug: str) -> Iterator[Problem]:
    """Yield a warning for each field that the action lacks, and that no payload will have."""
    schema = action.fields
    is_open = "properties" not in schema or schema.get("additionalProperties")
    if is_open or has_root_directive(mapping):
        return
    known = {*dict(iter_fields(schema)), *action.hooks}
    for name in mapping:
        if name not in known and not name.startswith(_INTERNAL_PREFIX):
            message = f"{slug} has no field {name!r}: it is left out{did_you_mean(name, known)}"
            yield warning(pointer(name), "UNKNOWN_FIELD", message)


@dataclass(frozen=True, slots=True)
class _Place:
    """A place in a mapping."""

    steps: tuple[str | int, ...]
    #: Whether paths here start at the event; in `@arrayPath` they start at an item.
    is_in_event: bool = True

    def child(self, *steps: str | int) -> _Place:
        return replace(self, steps=(*self.steps, *steps))

    def warn(self, code: str, message: str) -> Problem:
        return warning(pointer(*self.steps), code, message)

    def of_other_event(self) -> _Place:
        """Return the place where paths start at a part of the event, or at a computed value."""
        return replace(self, is_in_event=False)


def _find_in_value(value: Json, place: _Place) -> Iterator[Problem]:
    """Yield the mistakes of a value and its parts."""
    if isinstance(value, str):
        yield from _check_literal(value, place)
    elif isinstance(value, Mapping):
        name = directive_name(value)
        if name is None:
            for key, member in value.items():
                yield from _find_in_value(member, place.child(key))
        else:
            yield from _find_in_directive(name, value[name], place.child(name))
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from _find_in_value(item, place.child(index))


def _find_in_directive(name: str, argument: Json, place: _Place) -> Iterator[Problem]:
    yield from _FINDERS.get(name, _find_in_options)(argument, place)


def _find_in_options(argument: Json, place: _Place) -> Iterator[Problem]:
    for key, member in as_object(argument).items():
        # Another text, such as the pattern of `@replace`, is an option and no value.
        if not isinstance(member, str) or key in {"then", "else", "value"}:
            yield from _find_in_value(member, place.child(key))


def _find_in_array_path(argument: Json, place: _Place) -> Iterator[Problem]:
    parts = as_array(argument)
    for index, part in enumerate(parts):
        if index == 0:
            yield from _check_path(part, place.child(index))
        else:
            yield from _find_in_value(part, place.child(index).of_other_event())


def _find_in_transform(argument: Json, place: _Place) -> Iterator[Problem]:
    options = as_object(argument)
    yield from _find_in_value(options.get("apply"), place.child("apply"))
    inner = place.child("mapping").of_other_event()
    yield from _find_in_value(options.get("mapping"), inner)


def _check_literal(text: str, place: _Place) -> Iterator[Problem]:
    if text.startswith("$."):
        message = (
            f"this is the text {text!r}, the same for every event: for the event's value write"
            f' {{"@path": "{text}"}}'
        )
        yield place.warn("LITERAL_PATH", message)
    elif "{{" in text:
        message = 'a fixed text is sent with its braces: to fill them in, write {"@template": TEXT}'
        yield place.warn("LITERAL_TEMPLATE", message)


def _check_template(text: Json, place: _Place) -> Iterator[Problem]:
    if not isinstance(text, str):
        return
    for tag in _TAG.findall(text):
        if tag.strip().startswith("$."):
            name = tag.strip().removeprefix("$.")
            message = f"{{{{{tag}}}}} is always empty: in a template write {{{{{name}}}}}"
            yield place.warn("TEMPLATE_PATH", message)
    if "{{" in _TAG.sub("", text):
        yield place.warn("UNCLOSED_TAG", "{{ is not closed by }}, so that it stays in the text")


def _check_path(path: Json, place: _Place) -> Iterator[Problem]:
    if not isinstance(path, str):
        yield from _find_in_value(path, place)
    elif not path:
        message = 'the path is empty, which means the whole event: write "$." if you mean it'
        yield place.warn("EMPTY_PATH", message)
    elif path != path.strip():
        message = f"the path {path!r} has blanks around it, which belong to the name: remove them"
        yield place.warn("BLANK_IN_PATH", message)
    elif fault := _describe_fault(path, is_in_event=place.is_in_event):
        yield place.warn("UNLIKELY_PATH", f"the path {path!r} {fault}")


def _describe_fault(path: str, *, is_in_event: bool) -> str | None:
    first = path.removeprefix("$.").partition(".")[0]
    if path == "$":
        return 'leads to nothing: the whole event is "$."'
    if is_in_event and " " in first and not path.startswith("$."):
        return "is no place in an event: a path begins as $.traits.email does"
    if ".." in path or (path.endswith(".") and path != "$."):
        return "has a name missing between two dots, or at the end"
    if "[" in _BRACKETED_INDEX.sub("", path):
        return "has a bracket that is not closed, or holds no number: write [0] or ['name']"
    return None


_FINDERS: Final[Mapping[str, Callable[[Json, _Place], Iterator[Problem]]]] = {
    "@path": _check_path,
    "@template": _check_template,
    "@arrayPath": _find_in_array_path,
    "@transform": _find_in_transform,
    # Its value is meant as it stands, whatever it looks like.
    "@literal": lambda _argument, _place: iter(()),
}


def _find_unsatisfied_groups(
    mapping: JsonObject, schema: JsonObject, fields: Mapping[str, JsonObject]
) -> Iterator[Problem]:
    """Yield a warning for each rule of the schema that no payload of these fields can keep."""

    def titles(names: set[str]) -> str:
        return ", ".join(str(fields.get(name, {}).get("title", name)) for name in sorted(names))

    names = {name for name, value in mapping.items() if value is not None}
    for keyword in ("anyOf", "oneOf"):
        branches = as_array(schema.get(keyword))
        if branches and not any(_can_hold(branch, names) for branch in branches):
            missing = set().union(*map(_required_names, branches)) - names
            message = (
                f"every event will fail, since it needs one of these fields: {titles(missing)}"
            )
            yield warning("", "MISSING_GROUP", message)
    for branch in as_array(schema.get("allOf")):
        yield from _find_unsatisfied_groups(mapping, as_object(branch), fields)
    for name, needed in as_object(schema.get("dependencies")).items():
        missing = {str(other) for other in as_array(needed)} - names
        if missing and name in mapping and _is_constant(mapping[name]):
            message = f"every event will fail, since {titles({name})} needs {titles(missing)} too"
            yield warning(pointer(name), "MISSING_GROUP", message)


def _can_hold(schema: Json, names: set[str]) -> bool:
    """Return whether a payload with these fields, or with fewer, can match."""
    rule = as_object(schema)
    if not set(map(str, as_array(rule.get("required")))) <= names:
        return False
    if not all(_can_hold(branch, names) for branch in as_array(rule.get("allOf"))):
        return False
    groups = (as_array(rule.get(keyword)) for keyword in ("anyOf", "oneOf"))
    return all(not group or any(_can_hold(branch, names) for branch in group) for group in groups)


def _required_names(schema: Json) -> set[str]:
    rule = as_object(schema)
    names = set(map(str, as_array(rule.get("required"))))
    for keyword in ("allOf", "anyOf", "oneOf"):
        names.update(*map(_required_names, as_array(rule.get(keyword))))
    return names


def _is_constant(value: Json) -> bool:
    return value not in (None, "") and not isinstance(value, Mapping | list | tuple)
