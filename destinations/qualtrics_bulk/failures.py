"""Failures that an operator mends: an id in the subscription that names nothing."""

from __future__ import annotations

from http import HTTPStatus

from destination_kit import HTTPError, IntegrationError


def missing_place(*, has_transactions: bool) -> IntegrationError:
    """Return the error for a directory, mailing list or transaction batch that does not exist."""
    batch = " or transaction batch" if has_transactions else ""
    return IntegrationError(
        f"Qualtrics added nothing, since the directory, mailing list{batch} of the subscription does"
        " not exist. Correct its id; no row is lost.",
        "IMPORT_PLACE_MISSING",
        HTTPStatus.NOT_FOUND,
        remedy="settings",
    )


def missing_batch() -> IntegrationError:
    """Return the error for a transaction batch that does not exist."""
    return IntegrationError(
        "The transaction batch of the subscription does not exist, so that Qualtrics creates no"
        " transaction. Correct its id; no transaction is lost.",
        "TRANSACTION_BATCH_MISSING",
        HTTPStatus.NOT_FOUND,
        remedy="settings",
    )


def is_not_found(error: BaseException) -> bool:
    """Return whether Qualtrics refused a call since something in its URL does not exist."""
    return isinstance(error, HTTPError) and error.status == HTTPStatus.NOT_FOUND
