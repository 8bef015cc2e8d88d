"""A preview shows payload and request, or why there is none."""

import asyncio
from urllib.parse import quote

from destination_kit import (
    Action,
    AssumedResponse,
    Catalog,
    Destination,
    PayloadValidationError,
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


def assume(method, url):
    if url.endswith("/people"):
        body = {"people": [{"id": "<id of the person>"}, 5, None]}
        return AssumedResponse("a person is found", body)
    return AssumedResponse("a job is taken") if url.endswith("/jobs") else None


async def test_a_preview_goes_on_with_assumed_responses_and_marks_what_they_teach(configured):
    async def perform(context, payload):
        found = await context.http.get("https://a.example.com/people")
        person = found.body["people"][0]["id"]
        await context.http.post(
            f"https://a.example.com/people/{quote(person, safe='')}/notes", json={"for": person}
        )
        message = "nothing is known behind this request"
        raise AssertionError(message)

    destination = performing(perform, assume_response=assume)
    [preview] = await configured(destination).preview(TRACK)
    assert [(request.method, request.url, request.assumption) for request in preview.requests] == [
        ("GET", "https://a.example.com/people", "a person is found"),
        ("POST", "https://a.example.com/people/<id of the person>/notes", ""),
    ]
    assert preview.requests[1].body == {"for": "<id of the person>"}
    assert preview.request == preview.requests[0]
    assert preview.failed is None


async def test_an_assumption_about_the_last_request_is_not_shown(configured):
    async def perform(context, payload):
        return await context.http.get("https://a.example.com/people")

    [preview] = await configured(performing(perform, assume_response=assume)).preview(TRACK)
    [request] = preview.requests
    assert request.assumption == ""


async def test_a_failure_behind_an_assumed_response_is_shown_with_the_requests(configured):
    async def perform(context, payload):
        await context.http.get("https://a.example.com/people")
        raise PayloadValidationError("no such thing")

    [preview] = await configured(performing(perform, assume_response=assume)).preview(TRACK)
    assert preview.failed.code == "PAYLOAD_VALIDATION_FAILED"
    assert len(preview.requests) == 1


async def test_a_perform_that_asks_again_and_again_ends(configured):
    async def perform(context, payload):
        while True:
            await context.http.post("https://a.example.com/jobs")

    [preview] = await configured(performing(perform, assume_response=assume)).preview(TRACK)
    assert len(preview.requests) == 20


async def test_each_subscription_has_a_shared_state_of_its_own(configured):
    async def perform(context, payload):
        if not context.shared_state:
            await context.http.get("https://a.example.com/people")
        context.shared_state.append("known")

    destination = performing(perform, assume_response=assume, create_shared_state=list)
    twice = [{"name": name, "action": "do"} for name in "ab"]
    previews = await configured(destination, *twice).preview(TRACK)
    assert [len(preview.requests) for preview in previews] == [1, 1]


async def test_a_preview_shows_forms_content_and_files_and_no_credentials(configured):
    async def perform(context, payload):
        url = "https://a.example.com/people"
        await context.http.post(url, form={"name": "Ann Lee"}, auth=("user", "pa55word"))
        await context.http.put(url, content="<a/>", content_type="application/xml")
        await context.http.patch(url, files={"rows": ("rows.csv", "a,b", "text/csv")})

    [preview] = await configured(performing(perform, assume_response=assume)).preview(TRACK)
    form, text, files = preview.requests
    assert (form.body, form.headers["authorization"]) == ({"name": "Ann Lee"}, "[secret]")
    assert (text.body, text.headers["content-type"]) == ("<a/>", "application/xml")
    assert (files.method, files.body) == (
        "PATCH",
        {"rows": {"filename": "rows.csv", "content": "a,b"}},
    )


async def test_the_result_names_an_unknown_option_and_nothing_is_sent(configured):
    async def perform(context, payload):
        await context.http.post("https://a.example.com/people", data={"a": "b"})

    [preview] = await configured(performing(perform)).preview(TRACK)
    assert (preview.requests, preview.failed.code) == ((), "INVALID_REQUEST")
    assert preview.failed.remedy == "code"
    assert "no option 'data'; it knows json, form, content" in preview.failed.message
