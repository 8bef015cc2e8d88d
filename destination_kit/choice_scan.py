"""Choice scan: search of a partner's list for choices that match a text, page by page."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, NamedTuple

from destination_kit._json import as_object
from destination_kit.dynamic_choices import Choice, ChoiceRequest, Choices
from destination_kit.errors import IntegrationError

if TYPE_CHECKING:
    from destination_kit._json import Json
    from destination_kit.definitions import Context

_PAGE_SIZE: Final = 100
#: Pages of a list after which a scan ends: a person would refine the text long before.
_LAST_PAGE: Final = 100
#: Seconds for which the part of a list that was read is remembered: a person who types or turns
#: pages needs it again, and what was just created at the partner should appear soon.
_REMEMBERED: Final = 60.0
_PAGE: Final = re.compile(r"(\d{1,9}):(\d{1,9})")


@dataclass(frozen=True, slots=True)
class ChoiceScan:
    """A list of a partner that no search filters, so it is read page by page."""

    #: What the list is called among those of an account.
    name: str
    #: `next_page` of the page before, None for the first -> the choices of a page of the list.
    fetch: Callable[[str | None], Awaitable[Choices]]
    #: The most pages of the list that one page of choices may request.
    max_pages: int = 50


class _Position(NamedTuple):
    """Where a page of choices begins: `START:SCANNED` as text."""

    #: The matches on the pages before.
    start: int
    #: The pages of the list that the pages before have read. A process that remembers nothing reads
    #: as many again.
    scanned: int


@dataclass(slots=True)
class _Progress:
    """The part of a list that has been read."""

    #: Value -> label.
    labels: dict[str, str] = field(default_factory=dict)
    pages: int = 0
    next_page: str | None = None

    @property
    def is_complete(self) -> bool:
        has_end = self.pages > 0 and self.next_page is None
        return has_end or self.pages >= _LAST_PAGE

    def add(self, page: Choices) -> list[Choice]:
        """Add a page; return its choices that no page before has."""
        new = {choice.value: choice for choice in page.choices if choice.value not in self.labels}
        self.labels |= {value: choice.label for value, choice in new.items()}
        self.pages, self.next_page = self.pages + 1, page.next_page
        return list(new.values())


async def scan_choices(context: Context, scan: ChoiceScan, request: ChoiceRequest) -> Choices:
    """Return a page of the choices that match `request.search`; the list is read as far as needed.

    What was read is remembered in `context.cache` for a minute, so that the next letter of the
    text costs no request. The page may be short, or empty, although there is a following one: then
    the pages of the list that it may read are used up. Raises `IntegrationError` (`UNKNOWN_PAGE`)
    for a page that no call returned.
    """
    position = _parse_position(request.page)
    progress = await _recall(context, scan)
    pages_before = progress.pages
    matches = _filter(map(Choice, progress.labels, progress.labels.values()), request.search)
    last_page = position.scanned + scan.max_pages
    while (
        len(matches) < position.start + _PAGE_SIZE
        and not progress.is_complete
        and progress.pages < last_page
    ):
        matches += _filter(progress.add(await scan.fetch(progress.next_page)), request.search)
    if progress.pages > pages_before:
        await _remember(context, scan, progress)
    return _slice(matches, position.start, progress.pages, is_complete=progress.is_complete)


def find_choices(choices: Iterable[Choice], request: ChoiceRequest) -> Choices:
    """Return a page of the choices that match `request.search`, of all there are.

    Raises `IntegrationError` (`UNKNOWN_PAGE`) for a page that no call returned.
    """
    position = _parse_position(request.page)
    return _slice(_filter(choices, request.search), position.start, 0, is_complete=True)


def _slice(matches: Sequence[Choice], start: int, pages: int, *, is_complete: bool) -> Choices:
    page = tuple(matches[start : start + _PAGE_SIZE])
    end = start + len(page)
    return Choices(page, None if is_complete and end >= len(matches) else f"{end}:{pages}")


def _filter(choices: Iterable[Choice], search: str) -> list[Choice]:
    text = search.strip().casefold()
    return [
        choice
        for choice in choices
        if text in choice.label.casefold() or text in choice.value.casefold()
    ]


def _parse_position(page: str | None) -> _Position:
    if page is None:
        return _Position(0, 0)
    if parts := _PAGE.fullmatch(page):
        return _Position(int(parts[1]), int(parts[2]))
    raise IntegrationError(
        f"{page!r:.100} is no page of these choices: pass the page that the list before it names,"
        " with the same search text.",
        "UNKNOWN_PAGE",
        HTTPStatus.BAD_REQUEST,
    )


async def _recall(context: Context, scan: ChoiceScan) -> _Progress:
    found = as_object(await context.cache.get(f"choices: {scan.name}"))
    labels, pages, next_page = (found.get(name) for name in ("labels", "pages", "next_page"))
    if not isinstance(labels, dict) or not isinstance(pages, int):
        return _Progress()
    names = {value: str(label) for value, label in labels.items()}
    return _Progress(names, pages, next_page if isinstance(next_page, str) else None)


async def _remember(context: Context, scan: ChoiceScan, progress: _Progress) -> None:
    value: Json = {
        "labels": dict(progress.labels),
        "pages": progress.pages,
        "next_page": progress.next_page,
    }
    await context.cache.set(f"choices: {scan.name}", value, ttl=_REMEMBERED)
