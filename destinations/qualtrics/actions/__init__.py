"""Actions of Qualtrics by key; each has a module that is named after its key."""

from __future__ import annotations

from collections.abc import Mapping

from destination_kit import Action
from destinations.qualtrics.actions.add_contact_to_xmd import ADD_CONTACT_TO_XMD
from destinations.qualtrics.actions.trigger_xflow_workflow import TRIGGER_XFLOW_WORKFLOW
from destinations.qualtrics.actions.upsert_contact_transaction import UPSERT_CONTACT_TRANSACTION

ACTIONS: Mapping[str, Action] = {
    "addContactToXmd": ADD_CONTACT_TO_XMD,
    "upsertContactTransaction": UPSERT_CONTACT_TRANSACTION,
    "triggerXflowWorkflow": TRIGGER_XFLOW_WORKFLOW,
}
