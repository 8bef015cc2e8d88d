"""Pages of a listing: how large, where they start, and where the next one is."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlencode

from destinations.qualtrics.simulator.requests import read_flag
from destinations.qualtrics.simulator.responses import Answer, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from destinations.qualtrics.simulator.record_loader import Json
    from destinations.qualtrics.simulator.requests import Call
    from destinations.qualtrics.simulator.world import World

Item = TypeVar("Item")
PLACEHOLDER = "string"
_DIGITS = 9


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a listing."""

    start: int
    size: int

    def of(self, items: Iterable[Item]) -> list[Item]:
        """Return the items on this page."""
        return list(islice(items, self.start, self.start + self.size))


def read_page(world: World, call: Call, most: int) -> Page:
    """Return the page that the query asks for; `most` is the largest and the default one."""
    text = call.query.get("pageSize", str(most))
    size = int(text) if text.isdecimal() and len(text) <= _DIGITS else 0
    if size < 1 or (size > most and world.config.pages.oversize == "refuse"):
        raise Refusal(400, f"pageSize must be a number from 1 to {most}.")
    return Page(_start(call.query.get("skipToken", "0")), min(size, most))


def cursor(start: int) -> str:
    """Return an opaque token for what begins at `start`."""
    return base64.urlsafe_b64encode(f"at:{start}".encode()).decode().rstrip("=")


def list_page(
    world: World,
    call: Call,
    items: Collection[Item],
    render: Callable[[Item], Json],
    most: int,
) -> Answer:
    """Return a page of `items` with the address of the next one."""
    page = read_page(world, call, most)
    elements = [render(each) for each in page.of(items)]
    end = page.start + page.size
    if end < len(items):
        return Answer({"elements": elements, "nextPage": _address(world, call, end)})
    last = world.config.pages.last
    if last == "absent":
        return Answer({"elements": elements})
    return Answer(
        {"elements": elements, "nextPage": PLACEHOLDER if last == "placeholder" else None}
    )


def _start(token: str) -> int:
    text = token
    if not token.isdecimal():
        try:
            padded = token + "=" * (-len(token) % 4)
            text = base64.urlsafe_b64decode(padded).decode().removeprefix("at:")
        except (binascii.Error, ValueError):
            text = ""
    if not text.isdecimal() or len(text) > _DIGITS:
        raise Refusal(400, "The skipToken is not valid.")
    return int(text)


def _address(world: World, call: Call, start: int) -> str:
    token = cursor(start) if read_flag(call, "useNewPaginationScheme") else str(start)
    query = urlencode({**call.query, "skipToken": token})
    host = world.config.pages.next_host or call.host
    scheme = "https" if host.endswith(".qualtrics.com") else "http"
    return f"{scheme}://{host}{call.target}?{query}"
