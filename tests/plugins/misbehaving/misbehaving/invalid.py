"""Brings a destination that is not well defined."""

from destination_kit import Action, Destination, hookimpl


async def perform(context, payload):
    """Do nothing."""


FIELDS = {"type": "object", "properties": {"word": {"type": "strin"}}}


@hookimpl
def register_destinations():
    """Bring it."""
    actions = {"do": Action(title="Do", fields=FIELDS, perform=perform)}
    return [Destination(slug="invalid", name="Invalid", actions=actions)]
