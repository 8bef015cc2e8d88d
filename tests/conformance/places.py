"""The places that errors complain of, on both sides, as JSON Pointers.

The reference writes a place in three ways, all read here:

* payloads carry a `pointer`. A missing field is at the place where it should be: the message names
  it. That a `then` schema failed only repeats another part.
* mappings start a message with a path (`/f/@path should be …`), not escaped.
* field definitions say `schema is invalid: data/properties/f/minLength must be …`.

Our places in mappings are true pointers. Those of the reference are not, in five respects, and
`in_their_words` translates ours where an answer would else differ in nothing but that:

* the index into the argument of `@arrayPath` is left out (`/f/@arrayPath` for `/f/@arrayPath/1`);
* inside `@merge` the path starts anew at each of the `objects` (`/@path` for
  `/f/@merge/objects/0/@path`);
* where `__segment_internal_directive` stands for the whole mapping, places are those of the mapping
  that it rewrites: `/@transform/mapping/email` for `/email`, and `/@transform/apply` for
  `/__segment_internal_directive/@transform/apply`;
* settings that are wrong are placed in the settings (`/apiKey`), ours in the instance
  (`/settings/apiKey`);
* a value that a choice of labelled values names twice is placed at all of them
  (`/properties/f/enum`), ours at the second (`/properties/f/oneOf/1`).

Such pairs are counted apart, as *translated*.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from destination_kit._json import pointer

Message: TypeAlias = dict[str, Any]

_ROOT = "__segment_internal_directive"
_IN_MAPPING = re.compile(r"/(.*?) (?:should |shouldn't |has an invalid directive: )", re.DOTALL)
_REQUIRED = re.compile(r" is missing the required field '(.*)'\.$", re.DOTALL)
_IN_SCHEMA = re.compile(r"\bdata(/.*?) must (.*?)(?=, data/|$)", re.DOTALL)
_ALTERNATIVES = frozenset({"be array", "match a schema in anyOf"})
_NTH_TYPE = re.compile(r"/type/\d+$")
_NTH_CHOICE = re.compile(r"^(/properties/.*)/oneOf/\d+$", re.DOTALL)
_ECHO_OF_ANOTHER = re.compile(r' must match "(?:then|else)" schema\.$')
_MERGED = re.compile(r".*/@merge/objects/\d+")
_PARTS = re.compile(r"(/@arrayPath)/[01](?=/|$)")


def places(error: Message) -> frozenset[str]:
    """Return the places that an error complains of; none where it names no place."""
    return frozenset(place for part in error.get("errors") or [error] for place in _places(part))


def in_their_words(request: Message, ours: Message) -> Message:
    """Return our answer with its places as the reference would write them."""
    if "errors" not in ours.get("error", {}):
        return ours
    mapping = None if request["op"] == "validateMapping" else request.get("mapping")
    moved = [
        {**each, "pointer": as_they_place_it(each["pointer"].removeprefix("/settings"), mapping)}
        for each in ours["error"]["errors"]
    ]
    return {**ours, "error": {**ours["error"], "errors": moved}}


def as_they_place_it(place: str, mapping: object) -> str:
    """Return the place that the reference gives to a place of a mapping."""
    if isinstance(mapping, Mapping) and _ROOT in mapping:
        inside = f"{place}/".startswith(f"/{_ROOT}/")
        directive = mapping[_ROOT]
        moved = pointer(*directive, "mapping") if isinstance(directive, Mapping) else ""
        place = place.removeprefix(f"/{_ROOT}") if inside else moved + place
    return _NTH_CHOICE.sub(r"\1/enum", _PARTS.sub(r"\1", _MERGED.sub("", place)))


def _places(part: Message) -> Iterator[str]:
    message = part.get("message", "")
    if _ECHO_OF_ANOTHER.search(message):
        return
    if "pointer" in part:
        missing = _REQUIRED.search(message)
        yield _plain(part["pointer"] + (pointer(missing[1]) if missing else ""))
    elif message.startswith("schema is invalid: "):
        yield from _in_schema(message)
    elif found := _IN_MAPPING.match(message):
        yield f"/{found[1]}" if found[1] else ""


def _in_schema(message: str) -> set[str]:
    """Return the places in a schema; that another alternative does not fit only repeats one below.

    `items` may be a list of schemas too, and `type` a list of types.
    """
    found = [
        (_NTH_TYPE.sub("/type", _plain(each[1])), each[2]) for each in _IN_SCHEMA.finditer(message)
    ]
    told = {place for place, said in found if said not in _ALTERNATIVES}
    repeated = {
        place for place, _ in found if any(f"{each}/".startswith(f"{place}/") for each in told)
    }
    return told | ({place for place, _ in found} - repeated)


def _plain(place: str) -> str:
    return place.replace("~1", "/").replace("~0", "~")
