"""The actions of the destination."""

from __future__ import annotations

from collections.abc import Mapping

from destination_kit import Action

from slack.actions.post_to_channel import POST_TO_CHANNEL

ACTIONS: Mapping[str, Action] = {"postToChannel": POST_TO_CHANNEL}
