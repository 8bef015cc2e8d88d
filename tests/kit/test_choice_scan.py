"""A search of a partner's list reads it as far as needed, and remembers what it read."""

from types import SimpleNamespace

import pytest
from hypothesis import given, strategies as st

from destination_kit import (
    Choice,
    ChoiceRequest,
    Choices,
    ChoiceScan,
    IntegrationError,
    find_choices,
    scan_choices,
)


class Cache(dict):
    async def get(self, key):
        return super().get(key)

    async def set(self, key, value, *, ttl=None):
        self[key] = value


class List:
    """A partner's list of pages, which counts its requests."""

    def __init__(self, *pages, max_pages=50):
        self.pages = pages
        self.requests = 0
        self.scan = ChoiceScan("rooms", self.fetch, max_pages)

    async def fetch(self, page):
        self.requests += 1
        number = int(page or 0)
        choices = tuple(Choice(value, f"Room {value}") for value in self.pages[number])
        return Choices(choices, str(number + 1) if number + 1 < len(self.pages) else None)


def context():
    return SimpleNamespace(cache=Cache())


def values(choices):
    return [choice.value for choice in choices.choices]


async def list_all(found, search, new_context=context):
    """Return what every page of a search shows, each asked for in a context that may be new."""
    pages, page = [], None
    while True:
        request = ChoiceRequest(search=search, page=page)
        choices = await scan_choices(new_context(), found.scan, request)
        pages.append(values(choices))
        page = choices.next_page
        if page is None:
            return pages


async def test_a_match_on_the_last_page_is_found():
    rooms = List(["a", "b"], ["c"], ["North"])
    choices = await scan_choices(context(), rooms.scan, ChoiceRequest(search=" room north "))
    assert (values(choices), choices.next_page, rooms.requests) == (["North"], None, 3)


async def test_a_list_is_read_no_further_than_a_page_needs():
    rooms = List([f"a{n}" for n in range(100)], ["a100"])
    choices = await scan_choices(context(), rooms.scan, ChoiceRequest(search="a"))
    assert (len(choices.choices), choices.next_page, rooms.requests) == (100, "100:1", 1)


async def test_the_next_letter_costs_no_request():
    rooms, remembering = List(["north", "south"], ["east"]), context()
    for search in ("n", "no", "nor"):
        choices = await scan_choices(remembering, rooms.scan, ChoiceRequest(search=search))
        assert values(choices) == ["north"]
    assert rooms.requests == 2


async def test_one_call_requests_no_more_pages_than_it_may():
    rooms = List(*([f"a{n}"] for n in range(6)), ["b"], max_pages=3)
    assert await list_all(rooms, "b") == [[], [], ["b"]]
    remembering = context()
    assert await list_all(List(["a"], ["b"], max_pages=1), "b", lambda: remembering) == [[], ["b"]]


@pytest.mark.parametrize("page", ["2", "x", "-1:0", "1:2:3"])
async def test_a_page_that_no_list_named_is_refused(page):
    request = ChoiceRequest(page=page)
    with pytest.raises(IntegrationError, match="is no page of these choices") as caught:
        await scan_choices(context(), List(["a"]).scan, request)
    assert caught.value.code == "UNKNOWN_PAGE"
    with pytest.raises(IntegrationError):
        find_choices([], request)


LISTS = st.lists(st.lists(st.sampled_from("abcABC"), max_size=130), min_size=1, max_size=5)


@given(LISTS, st.sampled_from(["", "a", "C"]), st.integers(1, 3))
async def test_all_pages_show_each_match_once(pages, search, max_pages):
    distinct = [[f"{value}{n}" for value in page] for n, page in enumerate(pages)]
    known = dict.fromkeys(value for page in distinct for value in page)
    expected = [value for value in known if search.casefold() in value.casefold()]
    if search:
        expected = [value for value in known if search.casefold() in f"room {value}".casefold()]
    shown = await list_all(List(*distinct, max_pages=max_pages), search)
    assert [value for page in shown for value in page] == expected
    whole = find_choices([Choice(value, "") for value in known], ChoiceRequest(search=search))
    matching = [value for value in known if search.casefold() in value.casefold()]
    assert values(whole) == matching[:100]
