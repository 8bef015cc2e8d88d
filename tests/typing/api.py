"""Never executed: mypy reads it, so that the public types are tested like behaviour."""

import os
from typing import TypedDict, assert_never, assert_type

from destination_kit import (
    Action,
    Catalog,
    Context,
    Delivered,
    EventResult,
    Failed,
    Instance,
    Json,
    JsonObject,
    Predicate,
    Resolver,
    Response,
    Skipped,
    compile_mapping,
    compile_trigger,
)
from destination_kit.publish import Console, ConsoleError


class Contact(TypedDict):
    """An author may name the shape of a payload that a schema has already checked."""

    email: str


async def typed(context: Context, payload: Contact) -> Response:
    return await context.http.post("https://example.com", json={"email": payload["email"]})


async def plain(_context: Context, payload: JsonObject) -> Json:
    return payload


ACTIONS = {"a": Action(title="A", perform=typed), "b": Action(title="B", perform=plain)}


async def send(event: JsonObject) -> None:
    instance = Catalog.installed().configure({}, secrets=os.environ.get)
    assert_type(instance, Instance)
    async with instance.open(http="httpx") as live:
        [outcome] = await live.send([event], deadline=30.0)
    assert_type(outcome, EventResult)
    for each in outcome.results:
        match each.result:
            case Delivered(response):
                assert_type(response, Json)
            case Failed(code=code, retryable=retryable):
                assert_type(code, str)
                assert_type(retryable, bool)
            case Skipped(reason=reason):
                assert_type(reason, str)
            case _:
                assert_never(each.result)


resolve = compile_mapping({"email": {"@path": "$.traits.email"}})
matches = compile_trigger('type = "identify"')
assert_type(resolve, Resolver)
assert_type(matches, Predicate)


async def ask(document: Json, event: Json) -> dict[str, Json]:
    console = Console(Catalog.installed(), os.environ.get, {"http": "httpx"})
    assert_type(console.list_destinations(), dict[str, Json])
    assert_type(console.get_document("acme", "settings.schema.json"), dict[str, Json])
    assert_type(console.list_presets("acme"), list[Json])
    assert_type(console.check(document), dict[str, Json])
    assert_type(console.read_trigger("true", event), dict[str, Json])
    try:
        assert_type(await console.preview(document, event), dict[str, Json])
        return await console.send_test(document, "Keep contacts", event, deadline=5.0)
    except ConsoleError as error:
        assert_type(error.code, str)
        return error.record
