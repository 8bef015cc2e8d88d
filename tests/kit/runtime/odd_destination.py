"""A small destination whose `perform` each test brings."""

from destination_kit import (
    Action,
    Authentication,
    Catalog,
    Destination,
)

SETTINGS = {
    "type": "object",
    "properties": {"token": {"type": "string", "title": "Token", "format": "password"}},
}


ANYTHING = {"type": "object"}
UNTESTED = Authentication()


def open_odd(perform, transport=None, **more):
    return configure_odd(perform, **more).open(transport=transport)


def configure_odd(perform, mapping=(), authentication=UNTESTED, **more):
    destination = Destination(
        slug="odd",
        name="Odd",
        settings=SETTINGS,
        hosts=("odd.example",),
        authentication=authentication,
        actions={"do": Action(title="Do", trigger='type = "track"', perform=perform, **more)},
    )
    document = {
        "destination": "odd",
        "settings": {"token": "s3cret-token"},
        "subscriptions": [{"action": "do", "mapping": dict(mapping)}],
    }
    return Catalog.of(destination).configure(document)


async def send_one(live, **options):
    async with live:
        [outcome] = await live.send([{"type": "track"}], **options)
    [result] = outcome.results
    return result.result


EVENT = {"type": "track"}


def configure(perform):
    action = Action(title="Do", trigger='type = "track"', perform=perform)
    destination = Destination(slug="odd", name="Odd", actions={"do": action})
    subscriptions = [{"action": "do", "mapping": {}}]
    return Catalog.of(destination).configure({"destination": "odd", "subscriptions": subscriptions})


async def answer(context, payload):
    return {"at": str(context.received_at)}
