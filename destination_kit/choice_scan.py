"""Scan of a list at the partner for choices that match a text, continued from page to page."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final, NamedTuple

from destination_kit import Choice, ChoiceRequest, Choices, Context, IntegrationError, Json
from destinations.qualtrics.responses import as_object

_PAGE_SIZE: Final = 100
#: Pages after which a scan ends. Qualtrics refuses to search beyond 10,000 contacts, which are 100
#: pages of 100 (https://api.qualtrics.com/c79e78a949572-search-directory-contacts).
_LAST_PAGE: Final = 100
#: Seconds for which the part of a list that was read is remembered: a person who types or turns
#: pages needs it again, and what was just created in Qualtrics should appear soon.
_REMEMBERED: Final = 60.0
_PAGE: Final = re.compile(r"(\d{1,9}):(\d{1,9})")


class ScannedPage(NamedTuple):
    """The choices on a page of a list, and the page that follows."""

    choices: Sequence[Choice]
    next_page: str | None


class Scan(NamedTuple):
    """A list that is read page by page."""

    #: What the list is called among those of an account.
    name: str
    #: The page before, None for the first -> its choices.
    fetch: Callable[[str | None], Awaitable[ScannedPage]]
    #: The most pages of the list that one page of choices may request.
    pages: int


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

    def add(self, page: ScannedPage) -> list[Choice]:
        """Add a page; return its choices that no page before has."""
        new = {choice.value: choice for choice in page.choices if choice.value not in self.labels}
        self.labels |= {value: choice.label for value, choice in new.items()}
        self.pages, self.next_page = self.pages + 1, page.next_page
        return list(new.values())


async def scan_choices(context: Context, scan: Scan, request: ChoiceRequest) -> Choices:
    """Return a page of the matches of a list, which is read as far as the page needs.

    The page may be short, or empty, although there is a following one: then the pages of the list
    that it may read are used up.
    """
    position = _parse_position(request.page)
    progress = await _recall(context, scan)
    pages_before = progress.pages
    matches = _filter(map(Choice, progress.labels, progress.labels.values()), request.search)
    last_page = position.scanned + scan.pages
    while (
        len(matches) < position.start + _PAGE_SIZE
        and not progress.is_complete
        and progress.pages < last_page
    ):
        matches += _filter(progress.add(await scan.fetch(progress.next_page)), request.search)
    if progress.pages > pages_before:
        await _remember(context, scan, progress)
    return _slice(matches, position.start, progress.pages, is_complete=progress.is_complete)


def choose(choices: Iterable[Choice], request: ChoiceRequest) -> Choices:
    """Return a page of the choices that match, of all there are."""
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
    raise unknown_page(page)


def unknown_page(page: str) -> IntegrationError:
    """Return the error for a page that no page of choices named."""
    return IntegrationError(
        f"{page!r:.100} is no page of these choices: pass the page that the list before it names,"
        " with the same search text.",
        "UNKNOWN_PAGE",
        HTTPStatus.BAD_REQUEST,
    )


async def _recall(context: Context, scan: Scan) -> _Progress:
    found = as_object(await context.cache.get(f"choices: {scan.name}"))
    labels, pages, next_page = (found.get(name) for name in ("labels", "pages", "next_page"))
    if not isinstance(labels, dict) or not isinstance(pages, int):
        return _Progress()
    names = {value: str(label) for value, label in labels.items()}
    return _Progress(names, pages, next_page if isinstance(next_page, str) else None)


async def _remember(context: Context, scan: Scan, progress: _Progress) -> None:
    value: Json = {
        "labels": dict(progress.labels),
        "pages": progress.pages,
        "next_page": progress.next_page,
    }
    await context.cache.set(f"choices: {scan.name}", value, ttl=_REMEMBERED)
