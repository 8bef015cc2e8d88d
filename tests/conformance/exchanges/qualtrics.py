"""The port of Qualtrics: our destination beside the reference's."""

from __future__ import annotations

from destinations.qualtrics import QUALTRICS
from tests.conformance.exchanges import qualtrics_delivery
from tests.conformance.exchanges.differences import rows_of_differences
from tests.conformance.exchanges.qualtrics_cases import MAKERS
from tests.conformance.exchanges.records import Port

PORT = Port(
    reference="qualtrics",
    destination=QUALTRICS,
    makers=MAKERS,
    deliveries={
        "addContactToXmd": qualtrics_delivery.add_contact,
        "upsertContactTransaction": qualtrics_delivery.upsert_transaction,
        "triggerXflowWorkflow": qualtrics_delivery.start_workflow,
    },
    rows=rows_of_differences("Q"),
    has_rate_limits=True,
    check_settings=qualtrics_delivery.check_settings,
    delivery=qualtrics_delivery.QualtricsDelivery,
)
