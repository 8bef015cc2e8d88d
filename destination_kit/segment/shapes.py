"""Whether a document is a published definition at all: objects where objects are taken apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from destination_kit._json import pointer
from destination_kit.errors import Problem

if TYPE_CHECKING:
    from destination_kit._json import Json

_WORDS: Mapping[type, str] = {dict: "a JSON object", list: "a list", str: "text"}


def check_document(document: Json) -> Iterator[Problem]:
    """Yield what is not of the shape that reading needs, with its place."""
    if not isinstance(document, Mapping):
        yield from _wrong(dict)
        return
    for name in ("slug", "name"):
        if not isinstance(document.get(name), str) or not document[name]:
            yield from _wrong(str, name)
    authentication = document.get("authentication")
    yield from _optional(authentication, dict, "authentication")
    if isinstance(authentication, Mapping):
        yield from _fields(authentication.get("fields"), "authentication", "fields")
    yield from _members(document.get("actions", {}), "actions")
    yield from _presets(document.get("presets"))
    audience = document.get("audienceConfig")
    if isinstance(audience, Mapping):
        yield from _fields(audience.get("audienceFields"), "audienceConfig", "audienceFields")


def _members(actions: Json, *at: str) -> Iterator[Problem]:
    if not isinstance(actions, Mapping):
        yield from _wrong(dict, *at)
        return
    for slug, action in actions.items():
        if not isinstance(action, Mapping):
            yield from _wrong(dict, *at, slug)
            continue
        yield from _fields(action.get("fields"), *at, slug, "fields")
        hooks = action.get("hooks")
        yield from _optional(hooks, dict, *at, slug, "hooks")
        for name, hook in hooks.items() if isinstance(hooks, Mapping) else ():
            yield from _hook(hook, *at, slug, "hooks", name)


def _hook(hook: Json, *at: str) -> Iterator[Problem]:
    if not isinstance(hook, Mapping):
        yield from _wrong(dict, *at)
        return
    for name in ("inputFields", "outputFields"):
        yield from _fields(hook.get(name), *at, name)


def _presets(presets: Json) -> Iterator[Problem]:
    yield from _optional(presets, list, "presets")
    for index, each in enumerate(presets if isinstance(presets, list | tuple) else ()):
        if not isinstance(each, Mapping):
            yield from _wrong(dict, "presets", index)


def _fields(fields: Json, *at: str | int) -> Iterator[Problem]:
    yield from _optional(fields, dict, *at)
    for name, each in fields.items() if isinstance(fields, Mapping) else ():
        if not isinstance(each, Mapping):
            yield from _wrong(dict, *at, name)
            continue
        properties = each.get("properties")
        yield from _fields(properties, *at, name, "properties")


def _optional(value: Json, wanted: type, *at: str | int) -> Iterator[Problem]:
    kinds: tuple[type, ...] = (Mapping,) if wanted is dict else (list, tuple)
    if value is not None and not isinstance(value, kinds):
        yield from _wrong(wanted, *at)


def _wrong(wanted: type, *at: str | int) -> Iterator[Problem]:
    yield Problem(pointer(*at), "DEFINITION", f"should be {_WORDS[wanted]}")
