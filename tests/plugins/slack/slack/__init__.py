"""Slack as a destination."""

from __future__ import annotations

from destination_kit import Authentication, Destination, hookimpl

from slack.actions import ACTIONS
from slack.settings import SETTINGS

SLACK = Destination(
    slug="actions-slack",
    name="Slack",
    settings=SETTINGS,
    authentication=Authentication(scheme="none"),
    hosts=("*.slack.com",),
    actions=ACTIONS,
)


@hookimpl
def register_destinations() -> list[Destination]:
    """Register the destination."""
    return [SLACK]
