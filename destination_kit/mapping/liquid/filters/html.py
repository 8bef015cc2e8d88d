"""Filters for text that goes into HTML or XML."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from destination_kit.mapping.liquid.context import Filter
from destination_kit.mapping.liquid.limits import Bounds
from destination_kit.mapping.liquid.values import Draft, text

_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&#34;", "'": "&#39;"}
_ESCAPES = str.maketrans(_ENTITIES)
_LONGEST_ENTITY = 5
_BLOCKS = (("<script", "</script>"), ("<style", "</style>"), ("<!--", "-->"), ("<", ">"))


def _escape(bounds: Bounds, value: Draft, *_arguments: Draft) -> str:
    said = text(value, bounds)
    bounds.text(len(said) * _LONGEST_ENTITY)
    return said.translate(_ESCAPES)


def _escape_once(bounds: Bounds, value: Draft, *_arguments: Draft) -> str:
    said = text(value, bounds)
    bounds.text(len(said))
    for char, entity in reversed(_ENTITIES.items()):  # "&amp;" last: what it makes is no entity
        said = said.replace(entity, char)
    return _escape(bounds, said)


def _strip_html(bounds: Bounds, value: Draft, *_arguments: Draft) -> str:
    """Take out tags, comments, and whole scripts and styles; what is not closed stays."""
    said = text(value, bounds)
    bounds.text(len(said))
    blocks = dict(_BLOCKS)
    kept, at = [], 0
    while (opened := said.find("<", at)) >= 0:
        kept.append(said[at:opened])
        closed = _closed(said, opened, blocks)
        if closed < 0:
            return "".join((*kept, said[opened:]))
        bounds.spend()
        at = closed
    return "".join((*kept, said[at:]))


def _closed(said: str, opened: int, blocks: dict[str, str]) -> int:
    """Return where what is opened here is over, -1 where it is never; forget what never closes."""
    for opener, closer in tuple(blocks.items()):
        if said.startswith(opener, opened):
            found = said.find(closer, opened + len(opener))
            if found >= 0:
                return found + len(closer)
            del blocks[opener]
    return -1


FILTERS: Final[Mapping[str, Filter]] = {
    "escape": _escape,
    "xml_escape": _escape,
    "escape_once": _escape_once,
    "strip_html": _strip_html,
}
