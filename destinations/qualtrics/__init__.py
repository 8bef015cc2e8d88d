"""Qualtrics destination: contacts, transactions and workflow runs from customer events."""

from __future__ import annotations

from destination_kit import Authentication, Destination, hookimpl
from destinations.qualtrics.actions import ACTIONS
from destinations.qualtrics.assumed_responses import assume_response
from destinations.qualtrics.authentication import test_authentication
from destinations.qualtrics.configuration_warnings import subscription_warnings
from destinations.qualtrics.contact_cache import ContactCache
from destinations.qualtrics.deletion import delete_contacts
from destinations.qualtrics.rate_limits import (
    ALL_RATE_LIMITS,
    account_key,
    endpoint_key,
    rate_limits,
    resolve_account,
)
from destinations.qualtrics.settings import HOSTS, SETTINGS, credential_headers

QUALTRICS = Destination(
    slug="actions-qualtrics",
    name="Qualtrics",
    description="Keep contacts of a Qualtrics XM Directory up to date, record their transactions,"
    " and start Qualtrics workflows.",
    settings=SETTINGS,
    authentication=Authentication(scheme="custom", test=test_authentication),
    hosts=HOSTS,
    extend_request=credential_headers,
    create_shared_state=ContactCache,
    account_key=account_key,
    resolve_account=resolve_account,
    rate_limits=rate_limits,
    all_rate_limits=ALL_RATE_LIMITS,
    endpoint_key=endpoint_key,
    actions=ACTIONS,
    subscription_warnings=subscription_warnings,
    on_delete=delete_contacts,
    assume_response=assume_response,
    simulator="destinations.qualtrics.simulator",
    verification="destinations.qualtrics.verification",
    samples="destinations.qualtrics:samples",
)


@hookimpl
def register_destinations() -> list[Destination]:
    """Register the Qualtrics destination."""
    return [QUALTRICS]
