"""Verification of Qualtrics: what the destination relies on, settled in a directory of your own.

Every contact that it makes names the run in its extRef, or in its first name, and is removed again.
"""

from __future__ import annotations

from typing import Final

from destination_kit.verification import Parameter, Verification
from destinations.qualtrics.verification.account_table import ACCOUNT_CHECKS, LAST_CHECKS
from destinations.qualtrics.verification.contact_table import CONTACT_CHECKS
from destinations.qualtrics.verification.lifecycle import PREPARE_CALLS, clean_up, prepare
from destinations.qualtrics.verification.transaction_table import TRANSACTION_CHECKS

_CONTACT_KEYS: Final = (
    *("contactId", "creationDate", "lastModified", "firstName", "lastName", "email"),
    *("emailDomain", "phone", "phoneNumber", "extRef", "externalDataReference", "embeddedData"),
    *("language", "skipped", "directoryUnsubscribed", "directoryUnsubscribeDate", "stats"),
    *("mailingListMembership", "contactLookupId", "unsubscribed", "unsubscribeDate"),
    *("mailingListUnsubscribed", "privateEmbeddedData", "segmentMembership"),
)
#: Members whose values are the API's own words: codes, statuses, notices and URLs of pages. The
#: date of a contact shows a replay that it is the run's own.
_PUBLIC_KEYS: Final = frozenset(
    {"httpStatus", "status", "errorCode", "error", "qualtricsErrorCode", "internalErrorCode"}
    | {"notice", "nextPage", "datacenter", "creationDate"}
)
_OTHER_KEYS: Final = (
    *("result", "meta", "requestId", "errorMessage", "elements", "id", "name", "ownerId"),
    *("directoryId", "contactCount", "isDefault", "deduplicationCriteria", "mailingListId"),
    *("lastModifiedDate", "createdTransactions", "unprocessedTransactions", "transactionId"),
    *("transactionDate", "data", "skipToken", "brandId", "userId", "userName", "accountType"),
)

VERIFICATION: Final = Verification(
    parameters=(
        Parameter(
            name="directory",
            help="a directory that is meant for the run",
            pattern="POOL_[A-Za-z0-9]+",
            example="POOL_…",
        ),
        Parameter(
            name="list",
            help="a mailing list of that directory",
            pattern="CG_[A-Za-z0-9]+",
            example="CG_…",
        ),
    ),
    checks=(*ACCOUNT_CHECKS, *CONTACT_CHECKS, *TRANSACTION_CHECKS, *LAST_CHECKS),
    prepare=prepare,
    prepare_calls=PREPARE_CALLS,
    clean_up=clean_up,
    known_keys=frozenset({*_CONTACT_KEYS, *_OTHER_KEYS}),
    public_keys=_PUBLIC_KEYS,
    base_configuration={
        "directories": {
            "POOL_000000000000001": {
                "isDefault": True,
                "mailingLists": {"CG_000000000000001": {}},
            }
        }
    },
)
