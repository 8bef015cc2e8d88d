"""The checks of transactions: the fact, the question, the calls, the answer and the switch of each."""

from __future__ import annotations

from typing import Final

from destination_kit.verification import Check, anything, at_least, exactly, one_of
from destinations.qualtrics.verification import transaction_checks as transactions
from destinations.qualtrics.verification.api import REMOVAL_CALLS

#: Calls for a contact: its creation and its removal.
_CONTACT: Final = 1 + REMOVAL_CALLS
_ENTRY: Final = "a transaction of the contact on the mailing list"
TRANSACTION_CHECKS: Final = (
    Check(
        name="entries-per-call",
        fact="A call takes 100 transactions.",
        question="How many transactions does a call take, up to 1,000?",
        expected=at_least(100),
        switch="transactions.entriesPerCall",
        calls=14,
        run=transactions.check_entries,
        writes="transactions of a contact that does not exist, which Qualtrics refuses one by one",
    ),
    Check(
        name="too-many-status",
        fact="A call with too many transactions gets status 400 or 413, and is halved.",
        question="Which status does such a call get?",
        expected=one_of(400, 413),
        switch="transactions.tooManyStatus",
        calls=0,
        run=transactions.check_too_many_status,
    ),
    Check(
        name="refused-entry-status",
        fact="A call with an entry that is not processed gets status 200 or 207.",
        question="Which status does such a call get?",
        expected=one_of(200, 207),
        switch="transactions.partialStatus",
        calls=1,
        run=transactions.check_refused_status,
        writes="a transaction of a contact that does not exist",
    ),
    Check(
        name="refused-entry-code",
        fact="An entry that is not processed has its code under `errorCode` or `error`.",
        question="Under which key does it stand?",
        expected=one_of("errorCode", "error"),
        switch="transactions.codeKey",
        calls=1,
        run=transactions.check_refused_key,
        writes="a transaction of a contact that does not exist",
    ),
    Check(
        name="list-membership",
        fact="The contact of a transaction need not be on its mailing list.",
        question="Is a transaction of a contact refused that is on no list?",
        expected=exactly(value=False),
        switch="transactions.membershipRequired",
        calls=_CONTACT + 3,
        run=transactions.check_membership,
        writes="a contact, and a transaction of it",
    ),
    Check(
        name="transaction-list",
        fact="The destination names a mailing list in each transaction.",
        question="Is a transaction without a mailing list refused?",
        expected=anything(),
        switch="transactions.mailingListRequired",
        calls=2,
        run=transactions.check_list_required,
        writes=f"{_ENTRY}, without the list",
    ),
    Check(
        name="transaction-date",
        fact="The destination names a date in each transaction.",
        question="Is a transaction without a date refused?",
        expected=anything(),
        switch="transactions.dateRequired",
        calls=2,
        run=transactions.check_date_required,
        writes=f"{_ENTRY}, without a date",
    ),
    Check(
        name="transaction-id",
        fact="The destination does not read the id of a transaction.",
        question="Which prefix does it have?",
        expected=anything(),
        switch="transactions.idPrefix",
        calls=0,
        run=transactions.check_id_prefix,
    ),
)
