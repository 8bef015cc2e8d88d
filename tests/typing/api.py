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
