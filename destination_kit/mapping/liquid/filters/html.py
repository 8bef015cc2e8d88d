"""Filters of HTML and XML (liquidjs's `htmlFilters`, and `raw`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from destination_kit.mapping.liquid.context import Filter
from destination_kit.mapping.liquid.limits import WorkLimiter
from destination_kit.mapping.liquid.values import LiquidValue, to_text

_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&#34;", "'": "&#39;"}
_ESCAPES = str.maketrans(_ENTITIES)
_MAX_ENTITY_LENGTH = 5
_BLOCKS = (("<script", "</script>"), ("<style", "</style>"), ("<!--", "-->"), ("<", ">"))


def _escape(limiter: WorkLimiter, value: LiquidValue, *_arguments: LiquidValue) -> str:
    text = to_text(value, limiter)
    limiter.reserve_text(len(text) * _MAX_ENTITY_LENGTH)
    return text.translate(_ESCAPES)


def _escape_once(limiter: WorkLimiter, value: LiquidValue, *_arguments: LiquidValue) -> str:
    text = to_text(value, limiter)
    limiter.reserve_text(len(text))
    # `&amp;` comes last. Otherwise `&amp;lt;` would become `&lt;` and then `<`.
    for char, entity in reversed(_ENTITIES.items()):
        text = text.replace(entity, char)
    return _escape(limiter, text)


def _strip_html(limiter: WorkLimiter, value: LiquidValue, *_arguments: LiquidValue) -> str:
    """Return a text without tags, comments, and whole scripts and styles. Unclosed ones stay."""
    text = to_text(value, limiter)
    limiter.reserve_text(len(text))
    blocks = dict(_BLOCKS)
    kept, position = [], 0
    while (opening := text.find("<", position)) >= 0:
        kept.append(text[position:opening])
        end = _find_block_end(text, opening, blocks)
        if end < 0:
            return "".join((*kept, text[opening:]))
        limiter.spend()
        position = end
    return "".join((*kept, text[position:]))


def _find_block_end(text: str, opening: int, blocks: dict[str, str]) -> int:
    """Return the index behind the block that starts here, -1 if it is not closed.

    A block that is not closed here is closed nowhere behind: it leaves `blocks`, because searching
    for it again and again would take quadratic time.
    """
    for opener, closer in tuple(blocks.items()):
        if text.startswith(opener, opening):
            closing = text.find(closer, opening + len(opener))
            if closing >= 0:
                return closing + len(closer)
            del blocks[opener]
    return -1


FILTERS: Final[Mapping[str, Filter]] = {
    "escape": _escape,
    "xml_escape": _escape,
    "escape_once": _escape_once,
    "strip_html": _strip_html,
    # `raw` in liquidjs only turns off `outputEscape`, an option that the reference does not set.
    "raw": lambda _limiter, value, *_arguments: value,
}
