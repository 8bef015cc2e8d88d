"""Structure of the document: what its schema describes, checked without secrets and plugins."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from destination_host.config.options import (
    DOCUMENT_KEYS,
    FILE_KEYS,
    LISTEN,
    NAME,
    SECTIONS,
    SOURCE_KEYS,
    WEBHOOK,
    Option,
    Secret,
    Text,
)
from destination_kit import Problem

if TYPE_CHECKING:
    from destination_kit import Json, JsonObject


def check_structure(document: Json) -> list[Problem]:
    """Return everything that is wrong with the structure of a document, in its order.

    The instances among its destinations are left to `Catalog.configure`.
    """
    if not isinstance(document, Mapping):
        return [Problem("", "DOCUMENT", "the configuration should be an object")]
    return [
        *_check_keys(document, DOCUMENT_KEYS),
        *_check_schema_reference(document),
        *_check_sources(document),
        *_check_destinations(document),
        *_check_listen(document),
        *(
            problem
            for name, options in SECTIONS.items()
            for problem in _check_section(document.get(name, {}), options, name)
        ),
    ]


def read_options(document: JsonObject, options: Mapping[str, Option]) -> dict[str, Any]:
    """Return the value of each option of a checked section, with the defaults."""
    return {
        name: option.convert(document.get(name, option.default)) for name, option in options.items()
    }


def pointer(*steps: str | int) -> str:
    """Return a JSON Pointer (RFC 6901)."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in steps)


def find_similar(name: object, known: Iterable[str]) -> str:
    """Return a question that names a similar word, empty where there is none."""
    close = get_close_matches(str(name), [*known], n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def _check_keys(document: JsonObject, known: Sequence[str], *at: str) -> Iterator[Problem]:
    for key in document:
        if key not in known:
            message = f"there is no {key!r} here{find_similar(key, known)}"
            yield Problem(pointer(*at, key), "UNKNOWN_KEY", message)


def _check_schema_reference(document: JsonObject) -> Iterator[Problem]:
    if not isinstance(document.get("$schema", ""), str):
        yield Problem("/$schema", "SCHEMA", "should be a text")


def _check_sources(document: JsonObject) -> Iterator[Problem]:
    sources = document.get("sources")
    if not isinstance(sources, Mapping) or not sources:
        message = 'is required: an object such as {"website": {"writeKeys": [{"$secret": "NAME"}]}}'
        yield Problem("/sources", "SOURCES", message)
        return
    for name, source in sources.items():
        yield from _check_name(name, "sources")
        if isinstance(source, Mapping):
            yield from _check_source(source, "sources", name)
        else:
            yield Problem(pointer("sources", name), "SOURCE", "should be an object")


def _check_source(source: JsonObject, *at: str) -> Iterator[Problem]:
    yield from _check_keys(source, SOURCE_KEYS, *at)
    if "webhook" in source:
        yield from _check_webhook(source["webhook"], *at, "webhook")
    keys = source.get("writeKeys")
    if "writeKeys" not in source and "webhook" in source:
        pass
    elif isinstance(keys, list) and keys:
        for index, key in enumerate(keys):
            if problem := Secret().find_problem(key):
                yield Problem(pointer(*at, "writeKeys", index), "WRITE_KEY", problem)
    else:
        message = 'should be a list such as [{"$secret": "NAME"}], with at least one key'
        yield Problem(pointer(*at, "writeKeys"), "WRITE_KEYS", message)
    names = source.get("destinations", [])
    if not isinstance(names, list) or not all(isinstance(name, str) and name for name in names):
        message = "should be a list of names"
        yield Problem(pointer(*at, "destinations"), "DESTINATIONS", message)


def _check_webhook(webhook: Json, *at: str) -> Iterator[Problem]:
    yield from _check_section(webhook, WEBHOOK, *at)
    if isinstance(webhook, Mapping):
        for name in WEBHOOK:
            if name not in webhook:
                yield Problem(pointer(*at, name), "WEBHOOK", "is required")


def _check_name(name: str, section: str) -> Iterator[Problem]:
    if not NAME.fullmatch(name):
        message = "a name has letters, digits, `.`, `_` and `-`, begins with a letter or digit, and has at most 100 characters"
        yield Problem(pointer(section, name), "NAME", message)


def _check_destinations(document: JsonObject) -> Iterator[Problem]:
    destinations = document.get("destinations", {})
    if not isinstance(destinations, Mapping):
        yield Problem("/destinations", "DESTINATIONS", "should be an object: name to instance")
        return
    for name, entry in destinations.items():
        yield from _check_name(name, "destinations")
        if not isinstance(entry, Mapping):
            message = 'should be an instance document, or {"file": PATH}'
            yield Problem(pointer("destinations", name), "DESTINATION", message)
        elif "file" in entry:
            yield from _check_keys(entry, FILE_KEYS, "destinations", name)
            for key in FILE_KEYS:
                if key in entry and (problem := Text("").find_problem(entry[key])):
                    yield Problem(pointer("destinations", name, key), "FILE", problem)


def _check_listen(document: JsonObject) -> Iterator[Problem]:
    listen = document.get("listen", {})
    if not isinstance(listen, Mapping):
        yield Problem("/listen", "LISTEN", "should be an object")
        return
    yield from _check_keys(listen, [*LISTEN], "listen")
    for name, options in LISTEN.items():
        yield from _check_section(listen.get(name, {}), options, "listen", name)


def _check_section(section: Json, options: Mapping[str, Option], *at: str) -> Iterator[Problem]:
    if not isinstance(section, Mapping):
        yield Problem(pointer(*at), "SECTION", "should be an object")
        return
    yield from _check_keys(section, [*options], *at)
    for name, option in options.items():
        if name in section and (problem := option.find_problem(section[name])):
            yield Problem(pointer(*at, name), "OPTION", problem)
