"""Audiences at the partner, and the audience of an event."""

from dataclasses import replace

import pytest

from destination_kit import (
    Action,
    APIError,
    Audience,
    AudienceDetails,
    BatchLimits,
    Catalog,
    ConfigurationError,
    DefinitionError,
    Destination,
    IntegrationError,
)

SETTINGS = {
    "type": "object",
    "properties": {"size": {"title": "Size", "type": "integer"}},
    "required": ["size"],
}
SIZED = AudienceDetails(name="VIP", settings={"size": "5"})


async def perform(context, payload):
    return None


async def perform_batch(context, payloads):
    return [None] * len(payloads)


def destination(**functions):
    action = Action(title="Do", fields={"type": "object"}, perform=perform)
    audience = Audience(settings=SETTINGS, **functions)
    return Destination(slug="test", name="Test", actions={"do": action}, audience=audience)


async def create(audience, made, operation="create_audience"):
    async with Catalog.of(made).configure({"destination": "test"}).open() as live:
        return await getattr(live, operation)(audience)


async def test_an_audience_is_created_with_checked_settings():
    calls = []

    async def create_audience(context, audience):
        calls.append((dict(context.settings), audience))
        return "ext-1"

    made = destination(create_audience=create_audience)
    assert await create(SIZED, made) == "ext-1"
    [(settings, audience)] = calls
    assert settings == {}
    assert audience == replace(SIZED, settings={"size": 5})


async def test_an_audience_is_found_by_the_partners_id():
    async def get_audience(context, audience):
        return audience.external_id.upper()

    made = destination(get_audience=get_audience)
    audience = AudienceDetails(external_id="a", settings={"size": 1})
    assert await create(audience, made, "get_audience") == "A"
    with pytest.raises(ConfigurationError) as caught:
        await create(SIZED, made, "get_audience")
    assert [problem.path for problem in caught.value.problems] == ["/external_id"]


@pytest.mark.parametrize("operation", ["create_audience", "get_audience"])
@pytest.mark.parametrize("error", [KeyError, lambda text: IntegrationError(text, "NO", 400)])
async def test_a_failure_shows_no_secret_of_the_audience(operation, error):
    async def fail(context, audience):
        raise error(audience.settings["key"])

    key = {"type": "string", "writeOnly": True}
    settings = {"type": "object", "properties": {"key": key}}
    made = destination(**{operation: fail})
    made = replace(made, audience=replace(made.audience, settings=settings))
    audience = AudienceDetails(name="a", external_id="b", settings={"key": "tok-3n9-distinct"})
    with pytest.raises(IntegrationError, match=r"raised KeyError \(test_aud|^\[secret\]$"):
        await create(audience, made, operation)


async def test_every_problem_of_an_audience_is_named_before_the_call():
    async def create_audience(context, audience):
        raise AssertionError

    made = destination(create_audience=create_audience)
    with pytest.raises(ConfigurationError) as caught:
        await create(AudienceDetails(settings={"size": "x"}), made)
    assert [problem.path for problem in caught.value.problems] == ["/name", "/settings/size"]
    with pytest.raises(ConfigurationError) as caught:
        await create(AudienceDetails(name="VIP"), made)
    assert [problem.path for problem in caught.value.problems] == ["/settings/size"]


@pytest.mark.parametrize("operation", ["create_audience", "get_audience"])
async def test_a_destination_without_the_function_says_so(operation):
    with pytest.raises(DefinitionError, match="no audiences"):
        await create(SIZED, destination(), operation)
    with pytest.raises(DefinitionError, match="has no audiences"):
        await create(SIZED, replace(destination(), audience=None), operation)


async def test_what_the_partner_refuses_is_raised():
    async def create_audience(context, audience):
        raise APIError("no", 400)

    with pytest.raises(APIError, match="no"):
        await create(SIZED, destination(create_audience=create_audience))


@pytest.mark.parametrize("answer", ["", None, 5])
async def test_an_id_that_is_no_text_is_an_error(answer):
    async def create_audience(context, audience):
        return answer

    with pytest.raises(IntegrationError, match="should be a text"):
        await create(SIZED, destination(create_audience=create_audience))


def test_a_function_that_is_not_async_and_a_wrong_schema_are_refused():
    made = destination(create_audience=lambda context, audience: "a")
    for wrong in (made, replace(made, audience=Audience(settings={"type": "array"}))):
        with pytest.raises(DefinitionError):
            Catalog.of(wrong)
    with pytest.raises(DefinitionError, match="Audience"):
        Catalog.of(replace(made, audience={"mode": "synced"}))


PERSONAS = {
    "computation_class": "audience",
    "computation_key": "vip",
    "computation_id": "aud_1",
    "external_audience_id": 7,
    "audience_name": "Big spenders",
    "audience_settings": {"size": 5},
}


def audience_of(personas):
    contexts = []

    async def note(context, payload):
        contexts.append(context)

    action = Action(title="Do", fields={"type": "object"}, perform=note)
    made = replace(destination(), actions={"do": action})
    document = {"subscriptions": [{"action": "do", "trigger": 'type = "track"'}]}
    event = {"type": "track", "context": {"personas": personas}}
    Catalog.of(made).configure({"destination": "test", **document}).send_sync([event])
    return contexts[0].audience


def test_an_event_names_its_audience():
    assert audience_of(PERSONAS) == AudienceDetails(
        name="Big spenders",
        external_id="7",
        computation_id="aud_1",
        computation_key="vip",
        computation_class="audience",
        settings={"size": 5},
    )
    unnamed = {**PERSONAS, "audience_name": "", "audience_settings": "x", "computation_id": True}
    audience = audience_of(unnamed)
    assert (audience.name, audience.settings, audience.computation_id) == ("vip", {}, None)
    assert audience_of({}) is None
    assert audience_of(None) is None


def test_a_batch_has_one_audience():
    calls = []

    async def note(context, payloads):
        audience = context.audience
        calls.append((audience and audience.external_id, len(payloads)))
        return [None] * len(payloads)

    action = Action(
        title="Do",
        fields={"type": "object"},
        perform=perform,
        perform_batch=note,
        batch=BatchLimits(count=10),
    )
    made = replace(destination(), actions={"do": action})
    document = {"subscriptions": [{"action": "do", "trigger": 'type = "track"'}]}
    events = [
        {"type": "track", "context": {"personas": {"external_audience_id": name}}}
        for name in ("a", "b", "a", ["odd"])
    ]
    events.append({"type": "track"})
    Catalog.of(made).configure({"destination": "test", **document}).send_sync(events)
    assert calls == [("a", 2), ("b", 1), (None, 1), (None, 1)]
