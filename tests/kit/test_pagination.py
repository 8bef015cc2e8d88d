"""A list is read page by page, at one host, and with an end."""

import httpx
import pytest

from destination_kit import IntegrationError, paginate
from destination_kit.http import Client, HttpxTransport, RequestPolicy

URL = "https://api.example.com/list"


async def read(respond, next_page, url=URL, **options):
    client = Client(
        RequestPolicy(hosts=("*.example.com",)),
        transport=HttpxTransport(httpx.MockTransport(respond)),
    )
    try:
        return [page.body async for page in paginate(client, url, next_page, **options)]
    finally:
        await client.aclose()


def echo(request):
    return httpx.Response(200, json=request.url.query.decode())


async def test_a_page_number_joins_the_parameters_before():
    pages = iter([{"params": {"page": 2}}, {"params": {"page": 3}}, None])
    found = await read(echo, lambda _: next(pages), params={"size": 5})
    assert found == ["size=5", "size=5&page=2", "size=5&page=3"]


async def test_a_next_token_is_read_from_the_response():
    def respond(request):
        token = {"": "a", "a": "b"}.get(request.url.params.get("token", ""))
        return httpx.Response(200, json={"next": token})

    def next_page(response):
        token = response.body["next"]
        return {"params": {"token": token}} if token else None

    assert await read(respond, next_page) == [{"next": "a"}, {"next": "b"}, {"next": None}]


@pytest.mark.parametrize("following", [f"{URL}?skip=9", "/list?skip=9", "?skip=9"])
async def test_a_next_url_has_its_own_query(following):
    pages = iter([{"url": following}, None])
    assert await read(echo, lambda _: next(pages), params={"size": 5}) == ["size=5", "skip=9"]


@pytest.mark.parametrize(
    "following",
    [
        "https://evil.com/list",
        "https://other.example.com/list",
        "http://api.example.com/",
        "//[::1",
    ],
)
async def test_a_next_url_at_another_host_is_not_requested(following):
    requested = []

    def respond(request):
        requested.append(request)
        return echo(request)

    with pytest.raises(IntegrationError, match="another host") as caught:
        await read(respond, lambda _: {"url": following})
    assert (caught.value.code, len(requested)) == ("HOST_NOT_ALLOWED", 1)


async def test_a_list_without_an_end_is_refused():
    with pytest.raises(IntegrationError, match="more than 3 pages") as caught:
        await read(echo, lambda _: {"params": {"page": 1}}, max_pages=3)
    assert caught.value.code == "TOO_MANY_PAGES"
