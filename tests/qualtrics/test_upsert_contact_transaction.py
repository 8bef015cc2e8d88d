import json
import re

import httpx
import pytest

from destination_kit import HTTPError, IntegrationError, PayloadValidationError, TransportError
from destinations.qualtrics.actions.upsert_contact_transaction import perform
from tests.qualtrics.unreadable import UNREADABLE

DIRECTORY = "https://iad1.qualtrics.com/API/v3/directories/POOL_1"
SEARCH = f"POST {DIRECTORY}/contacts/search"
CREATE = f"POST {DIRECTORY}/contacts"
LISTED = "GET https://iad1.qualtrics.com/API/v3/directories"
TRANSACT = f"POST {DIRECTORY}/transactions"
PAYLOAD = {
    "directoryId": "POOL_1",
    "mailingListId": "CG_1",
    "extRef": "user-1",
    "transactionDate": "2026-03-02T15:30:00+02:00",
}
KNOWN = {**PAYLOAD, "contactId": "CID_1"}


def transaction(half="createdTransactions", entry=None):
    """Return what answers a transaction, under the temporary id that its request has made up."""

    def answer(request):
        [key] = json.loads(request.content)
        result = {half: {key: entry or {"id": "TR_1"}}}
        return httpx.Response(200, json={"result": result, "meta": {"requestId": "req-9"}})

    return answer


NO_LISTING = {"elements": []}
BY_EXT_REF = {"filter": {"filterType": "extRef", "comparison": "eq", "value": "user-1"}}


def hits(*ids, skip=None):
    elements = [
        {"id": contact_id, "phoneNumber": None, "externalDataReference": "user-1"}
        for contact_id in ids
    ]
    return {"elements": elements, **({"skipToken": skip} if skip else {})}


async def test_a_known_contact_gets_the_transaction_at_once(partner):
    partner.queue_responses(transaction())
    answer = await perform(partner.context, {**KNOWN, "transactionData": {"total": 9.5}})
    assert answer == {"contactId": "CID_1", "transactionId": "TR_1"}
    assert partner.calls == [TRANSACT]
    [(key, body)] = partner.bodies[0].items()
    assert re.fullmatch("[0-9a-f]{32}", key)
    assert body == {
        "contactId": "CID_1",
        "mailingListId": "CG_1",
        "transactionDate": "2026-03-02 13:30:00",
        "data": {"total": 9.5},
    }


async def test_every_transaction_has_an_id_of_its_own(partner):
    partner.queue_responses(transaction(), transaction())
    context = partner.context
    await perform(context, KNOWN)
    await perform(context, KNOWN)
    first, second = partner.bodies
    assert [*first.values()] == [*second.values()]
    assert first.keys() != second.keys()


async def test_among_several_the_contact_is_searched_by_all_identifiers(partner):
    partner.queue_results(NO_LISTING, hits("CID_6", "CID_7"), hits("CID_7"))
    partner.queue_responses(transaction())
    named = {"phone": "+1 555 0101", "email": "ada@example.com", "firstName": "Ada"}
    answer = await perform(partner.context, {**PAYLOAD, **named})
    assert answer["contactId"] == "CID_7"
    assert partner.calls == [LISTED, SEARCH, SEARCH, TRANSACT]
    assert partner.body(1) == BY_EXT_REF
    assert partner.body(2) == {
        "filter": {
            "conjunction": "and",
            "filters": [
                {"filterType": "extRef", "comparison": "eq", "value": "user-1"},
                {"filterType": "phone", "comparison": "eq", "value": "+1 555 0101"},
                {"filterType": "email", "comparison": "eq", "value": "ada@example.com"},
            ],
        }
    }


async def test_one_filter_stands_alone_because_a_conjunction_takes_two(partner):
    partner.queue_results(hits("CID_7"))
    partner.queue_responses(transaction())
    await perform(partner.context, {**PAYLOAD, "phone": " "})
    assert partner.bodies[0] == BY_EXT_REF


async def test_blanks_around_an_identifier_are_not_searched_for(partner):
    partner.queue_results(hits("CID_7"))
    partner.queue_responses(transaction())
    await perform(partner.context, {**PAYLOAD, "extRef": " user-1\t", "email": "\u00a0"})
    assert partner.bodies[0] == BY_EXT_REF


async def test_a_contact_that_is_listed_twice_is_one_contact(partner):
    partner.queue_results(hits("CID_7", "CID_7"))
    partner.queue_responses(transaction())
    answer = await perform(partner.context, PAYLOAD)
    assert answer["contactId"] == "CID_7"


async def test_a_contact_that_is_not_found_is_created(partner):
    partner.queue_results(NO_LISTING, hits(), {"id": "CID_8"})
    partner.queue_responses(transaction())
    known = {"email": "ada@example.com", "unsubscribed": True, "embeddedData": {"tags": ["a"]}}
    answer = await perform(partner.context, {**PAYLOAD, **known})
    assert answer == {"contactId": "CID_8", "transactionId": "TR_1"}
    assert partner.calls == [LISTED, SEARCH, CREATE, TRANSACT]
    assert partner.body(1) == BY_EXT_REF
    assert partner.body(2) == {
        "extRef": "user-1",
        "email": "ada@example.com",
        "unsubscribed": True,
        "embeddedData": {"tags": '["a"]'},
    }
    [body] = partner.body(3).values()
    assert body["contactId"] == "CID_8"


async def test_further_pages_of_the_search_are_read(partner):
    partner.queue_results(hits(skip="next/1"), hits("CID_7", skip="2"), hits("CID_7"))
    partner.queue_responses(transaction())
    answer = await perform(partner.context, PAYLOAD)
    assert answer["contactId"] == "CID_7"
    assert partner.calls == [
        SEARCH,
        f"{SEARCH}?skipToken=next%2F1",
        f"{SEARCH}?skipToken=2",
        TRANSACT,
    ]
    assert partner.bodies[0] == partner.bodies[1] == partner.bodies[2]


async def test_a_search_that_does_not_end_is_given_up(partner):
    partner.queue_results(*[hits(skip="again")] * 101)
    with pytest.raises(IntegrationError, match="does not end"):
        await perform(partner.context, PAYLOAD)
    assert len(partner.requests) == 100


@pytest.mark.parametrize(
    "pages",
    [
        [hits("CID_1", "CID_2")],
        [hits("CID_1", "CID_2", skip="not wanted")],
        [hits("CID_1", skip="2"), hits("CID_2")],
    ],
)
async def test_several_contacts_are_a_clear_and_permanent_error(partner, pages):
    partner.queue_results(NO_LISTING, hits("CID_1", "CID_2"), *pages)
    with pytest.raises(IntegrationError) as raised:
        await perform(partner.context, {**PAYLOAD, "email": "ada@example.com"})
    assert raised.value.code == "MULTIPLE_CONTACTS_FOUND"
    assert raised.value.status == 400
    assert str(raised.value).startswith("2 contacts or more have this extRef and email,")
    assert partner.calls[:2] == [LISTED, SEARCH]
    assert len(partner.requests) == 2 + len(pages)
    assert {request.url.path for request in partner.requests[1:]} == {httpx.URL(SEARCH[5:]).path}


async def test_a_payload_without_identifiers_is_refused_before_any_call(partner):
    with pytest.raises(PayloadValidationError, match="extRef, phone and email"):
        await perform(partner.context, {**PAYLOAD, "extRef": " "})
    assert partner.requests == []


@pytest.mark.parametrize("key", ["error", "errorCode"])
async def test_an_unprocessed_transaction_is_a_failure(partner, key):
    cause = {key: "TX_1", "errorMessage": "No such mailing list."}
    partner.queue_responses(transaction("unprocessedTransactions", cause))
    with pytest.raises(IntegrationError) as raised:
        await perform(partner.context, KNOWN)
    assert raised.value.code == "TRANSACTION_UNPROCESSED"
    assert raised.value.status == 400
    assert str(raised.value) == (
        "Qualtrics did not take the transaction: No such mailing list."
        " (errorCode TX_1, requestId req-9)"
    )


@pytest.mark.parametrize(
    "result",
    [
        {},
        {"createdTransactions": {}, "unprocessedTransactions": {}},
        {"createdTransactions": {"another": {"id": "TR_1"}}},
        {"createdTransactions": None, "unprocessedTransactions": []},
    ],
)
async def test_an_answer_that_does_not_name_our_transaction_is_a_failure(partner, result):
    partner.queue_results(result)
    with pytest.raises(IntegrationError, match="names no id of the transaction") as raised:
        await perform(partner.context, KNOWN)
    assert (raised.value.code, raised.value.outcome_unknown) == ("UNEXPECTED_ANSWER", True)


@pytest.mark.parametrize("content", UNREADABLE)
async def test_an_answer_that_cannot_be_read_leaves_the_transaction_in_doubt(partner, content):
    partner.queue_responses(httpx.Response(200, content=content))
    with pytest.raises(IntegrationError) as raised:
        await perform(partner.context, KNOWN)
    assert (raised.value.code, raised.value.outcome_unknown) == ("UNEXPECTED_ANSWER", True)


@pytest.mark.parametrize("content", UNREADABLE)
async def test_a_search_that_cannot_be_read_leaves_nothing_in_doubt(partner, content):
    partner.queue_responses(httpx.Response(200, content=content))
    with pytest.raises(IntegrationError) as raised:
        await perform(partner.context, PAYLOAD)
    assert (raised.value.outcome_unknown, raised.value.retryable) == (False, True)
    assert len(partner.requests) == 1


async def test_data_is_flat_and_null_is_left_out(partner):
    partner.queue_responses(transaction())
    data = {"items": [{"sku": "A"}], "coupon": None, "gift": True, "note": "x" * 2000}
    await perform(partner.context, {**KNOWN, "transactionData": data})
    [body] = partner.bodies[0].values()
    assert body["data"] == {"items": '[{"sku":"A"}]', "gift": True, "note": "x" * 2000}


@pytest.mark.parametrize("data", [{}, {"transactionData": {"coupon": None}}])
async def test_without_data_the_bytes_are_the_reference_s(partner, data):
    partner.queue_responses(transaction())
    await perform(partner.context, {**KNOWN, **data})
    expected = (
        b'{"contactId":"CID_1","mailingListId":"CG_1","data":{},'
        b'"transactionDate":"2026-03-02 13:30:00"}'
    )
    assert expected in partner.requests[0].content


@pytest.mark.parametrize(
    ("date", "sent"),
    [
        (1772458200, "2026-03-02 13:30:00"),
        (1772458200999, "2026-03-02 13:30:00"),
        ("2026-03-02T13:30:00.999Z", "2026-03-02 13:30:00"),
        ("0099-03-02T13:30:00Z", "0099-03-02 13:30:00"),
        (None, "2026-03-02 09:30:15"),
    ],
)
async def test_a_date_is_sent_in_utc_and_a_missing_one_is_when_the_event_was_received(
    partner, date, sent
):
    partner.queue_responses(transaction())
    await perform(partner.context, {**KNOWN, "transactionDate": date})
    [body] = partner.bodies[0].values()
    assert body["transactionDate"] == sent


async def test_a_missing_date_is_the_same_for_every_try(partner):
    partner.queue_results({"errorMessage": "Busy."}, status=503)
    context, payload = partner.context, {**KNOWN}
    del payload["transactionDate"]
    with pytest.raises(HTTPError):
        await perform(context, payload)
    partner.queue_responses(transaction())
    await perform(partner.context, payload)
    dates = [
        transaction["transactionDate"] for body in partner.bodies for transaction in body.values()
    ]
    assert dates == ["2026-03-02 09:30:15"] * 2


@pytest.mark.parametrize("date", ["sometime last week", "tomorrow"])
async def test_an_unreadable_date_fails_its_event_before_any_call(partner, date):
    with pytest.raises(PayloadValidationError, match="cannot be read as a date"):
        await perform(partner.context, {**KNOWN, "transactionDate": date})
    assert partner.requests == []


async def test_embedded_data_over_the_limits_is_refused_before_the_search(partner):
    with pytest.raises(PayloadValidationError, match="'bio' has 1025 characters"):
        await perform(partner.context, {**PAYLOAD, "embeddedData": {"bio": "x" * 1025}})
    assert partner.requests == []


async def test_a_search_without_an_answer_leaves_nothing_in_doubt(partner):
    partner.queue_responses(httpx.ReadError("gone"), httpx.ReadError("gone"))
    with pytest.raises(TransportError) as raised:
        await perform(partner.context, PAYLOAD)
    assert not raised.value.outcome_unknown


async def test_an_error_of_the_search_shows_what_qualtrics_says(partner):
    partner.queue_results({"errorCode": "S_1", "errorMessage": "Lite has no search."}, status=403)
    with pytest.raises(HTTPError, match=r"Lite has no search. \(errorCode S_1, requestId req-1\)"):
        await perform(partner.context, PAYLOAD)


GONE = f"GET {DIRECTORY}/contacts/CID_1"


def lost():
    return transaction("unprocessedTransactions", {"errorMessage": "No such contact."})


async def test_a_contact_that_was_found_is_not_searched_for_again(partner):
    partner.queue_results(hits("CID_1"))
    partner.queue_responses(transaction(), transaction())
    context = partner.context
    await perform(context, PAYLOAD)
    assert (await perform(context, PAYLOAD))["contactId"] == "CID_1"
    assert partner.calls == [SEARCH, TRANSACT, TRANSACT]


async def test_a_cached_contact_that_was_deleted_is_looked_up_again(partner):
    partner.queue_results(hits("CID_1"))
    partner.queue_responses(transaction(), lost())
    partner.queue_results({"errorMessage": "No such contact."}, status=404)
    partner.queue_results(hits("CID_2"))
    partner.queue_responses(transaction())
    context = partner.context
    await perform(context, PAYLOAD)
    answer = await perform(context, PAYLOAD)
    assert answer == {"contactId": "CID_2", "transactionId": "TR_1"}
    assert partner.calls == [SEARCH, TRANSACT, TRANSACT, GONE, SEARCH, TRANSACT]


@pytest.mark.parametrize("status", [200, 403, 503])
async def test_a_transaction_that_is_refused_for_another_reason_is_not_repeated(partner, status):
    partner.queue_results(hits("CID_1"))
    partner.queue_responses(transaction(), lost())
    partner.queue_results({"contactId": "CID_1"}, status=status)
    context = partner.context
    await perform(context, PAYLOAD)
    with pytest.raises(IntegrationError, match="No such contact"):
        await perform(context, PAYLOAD)
    assert partner.calls == [SEARCH, TRANSACT, TRANSACT, GONE]


async def test_a_contact_that_the_event_names_is_not_checked(partner):
    partner.queue_responses(lost())
    with pytest.raises(IntegrationError, match="No such contact"):
        await perform(partner.context, KNOWN)
    assert partner.calls == [TRANSACT]


@pytest.mark.parametrize(
    ("criteria", "strongest"),
    [({"email": True}, "email"), ({"phone": True}, "phone"), ({}, "extRef")],
)
async def test_one_contact_with_the_strongest_identifier_is_found_by_one_search(
    partner, criteria, strongest
):
    listed = {"elements": [{"directoryId": "POOL_1", "deduplicationCriteria": criteria}]}
    partner.queue_results(listed, hits("CID_1"))
    partner.queue_responses(transaction())
    payload = {**PAYLOAD, "email": "ada@example.com", "phone": "1"}
    assert (await perform(partner.context, payload))["contactId"] == "CID_1"
    assert partner.calls == [LISTED, SEARCH, TRANSACT]
    leaf = {"filterType": strongest, "comparison": "eq", "value": payload[strongest]}
    assert partner.body(1) == {"filter": leaf}


async def test_without_a_list_of_directories_ext_ref_is_the_strongest(partner):
    partner.queue_results({"errorMessage": "Not for you."}, status=403)
    partner.queue_results(hits("CID_1"))
    partner.queue_responses(transaction())
    await perform(partner.context, {**PAYLOAD, "email": "ada@example.com"})
    assert partner.body(1) == BY_EXT_REF


async def test_criteria_that_one_token_may_not_read_are_read_by_another(partner):
    listed = {"elements": [{"directoryId": "POOL_1", "deduplicationCriteria": {"email": True}}]}
    partner.queue_results({"errorMessage": "Not for you."}, status=403)
    partner.queue_results(hits("CID_1"))
    partner.queue_responses(transaction())
    await perform(partner.context, {**PAYLOAD, "email": "ada@example.com"})
    partner.settings = {**partner.settings, "apiToken": "another"}
    partner.requests.clear()
    partner.queue_results(listed, hits("CID_2"))
    partner.queue_responses(transaction())
    await perform(partner.context, {**PAYLOAD, "email": "bob@example.com"})
    assert partner.calls == [LISTED, SEARCH, TRANSACT]
    leaf = {"filterType": "email", "comparison": "eq", "value": "bob@example.com"}
    assert partner.body(1) == {"filter": leaf}


async def test_numbers_are_written_as_javascript_writes_them(partner):
    partner.queue_responses(transaction())
    data = {"total": 20.0, "items": [{"price": 1e-7}]}
    await perform(partner.context, {**KNOWN, "transactionData": data})
    assert b'"data":{"total":20,"items":"[{\\"price\\":1e-7}]"}' in partner.requests[0].content


async def test_a_contact_whose_id_is_mapped_is_not_looked_up(partner):
    partner.queue_responses(transaction("unprocessedTransactions", {"errorMessage": "No."}))
    with pytest.raises(IntegrationError, match=r"did not take the transaction: No\."):
        await perform(partner.context, KNOWN)
    assert partner.calls == [TRANSACT]
