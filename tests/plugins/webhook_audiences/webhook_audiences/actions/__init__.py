"""The actions of the destination."""

from __future__ import annotations

from collections.abc import Mapping

from destination_kit import Action

from webhook_audiences.actions.send import SEND

ACTIONS: Mapping[str, Action] = {"send": SEND}
