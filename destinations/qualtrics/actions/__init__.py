"""The three things that Qualtrics can do for an event."""

from __future__ import annotations

from collections.abc import Mapping

from destination_kit import Action
from destinations.qualtrics.actions.add_contact import ADD_CONTACT
from destinations.qualtrics.actions.trigger_workflow import TRIGGER_WORKFLOW
from destinations.qualtrics.actions.upsert_transaction import UPSERT_TRANSACTION

ACTIONS: Mapping[str, Action] = {
    "addContactToXmd": ADD_CONTACT,
    "upsertContactTransaction": UPSERT_TRANSACTION,
    "triggerXflowWorkflow": TRIGGER_WORKFLOW,
}
