"""Bulk imports for the Qualtrics destination: an action that a plugin adds from outside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from destination_kit import hookimpl

if TYPE_CHECKING:
    from destination_kit import Action

#: The slug of the destination that gets the action.
DESTINATION: Final = "actions-qualtrics"
#: The slug of the action.
ACTION: Final = "addContactsToMailingList"


@hookimpl
def register_actions(destination: str) -> list[tuple[str, Action]]:
    """Add `addContactsToMailingList` to the Qualtrics destination."""
    if destination != DESTINATION:
        return []
    # Each catalog asks once for each destination. Only one of them needs these modules.
    from destinations.qualtrics_bulk.action import create_action

    return [(ACTION, create_action())]
