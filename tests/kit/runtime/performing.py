"""A destination with one action, whose `perform` each test brings, and the result of one event."""

from destination_kit import Action, Destination

TRACK = {"type": "track", "event": "Hello"}


def performing(perform, **more):
    action = Action(title="Do", trigger='type = "track"', perform=perform)
    return Destination(slug="test", name="Test", actions={"do": action}, **more)


def result_of(destination, configured, **options):
    [outcome] = configured(destination).send_sync([TRACK], **options)
    return outcome.results[0].result
