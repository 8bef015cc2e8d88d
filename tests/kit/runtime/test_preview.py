"""A preview shows payload and request, or why there is none."""

import asyncio

from destination_kit import (
    Action,
    Catalog,
    Destination,
)
from tests.conftest import ECHO
from tests.kit.runtime.performing import TRACK, performing


async def test_a_preview_stops_at_the_first_request_of_a_group(configured):
    async def perform(context, payload):
        async with asyncio.TaskGroup() as group:
            for name in "ab":
                group.create_task(
                    context.http.post(f"https://{name}.example.com/?key=tok", json=payload)
                )

    [preview] = await configured(performing(perform)).preview(TRACK)
    assert preview.request.url in {"https://a.example.com/?…", "https://b.example.com/?…"}


async def test_a_preview_names_the_clause_that_does_not_match(configured):
    instance = configured(
        ECHO,
        {"action": "say", "trigger": 'type = "track" and event = "x"', "mapping": {"word": "x"}},
    )
    [preview] = await instance.preview(TRACK)
    assert preview.unmet == 'event = "x"'


async def test_a_preview_shows_the_payload_and_the_first_request_without_secrets():
    async def perform(context, payload):
        await context.http.post("https://api.example.com/x?key=abc", json=payload)
        message = "a rehearsal ends at the first request"
        raise AssertionError(message)

    destination = Destination(
        slug="test",
        name="Test",
        settings=ECHO.settings,
        hosts=("*.example.com",),
        extend_request=lambda settings: {"authorization": f"Bearer {settings['token']}"},
        actions={
            "do": Action(
                title="Do",
                trigger='type = "track"',
                fields=ECHO.actions["say"].fields,
                perform=perform,
            )
        },
    )
    document = {
        "destination": "test",
        "settings": {"token": "s3cret!"},
        "subscriptions": [{"action": "do", "useDefaultMapping": True}],
    }
    [preview] = await Catalog.of(destination).configure(document).preview(TRACK)
    assert preview.payload == {"word": "Hello"}
    assert preview.request.method == "POST"
    assert preview.request.url == "https://api.example.com/x?…"
    assert preview.request.headers["authorization"] == "[secret]"
    assert preview.request.body == {"word": "Hello"}


async def test_a_preview_shows_why_a_payload_would_fail(configured):
    [preview] = await configured().preview({"type": "track"})
    assert preview.failed.code == "PAYLOAD_VALIDATION_FAILED"
    assert preview.request is None
