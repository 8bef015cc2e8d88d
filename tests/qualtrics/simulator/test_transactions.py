from unittest.mock import ANY

import pytest

LIST = "CG_000000000000001"
OK = {"httpStatus": "200 - OK", "requestId": ANY, "notice": None}


@pytest.fixture
def entry(line):
    contact = line.create(extRef="u1")

    def make(**changes):
        whole = {
            "contactId": contact,
            "mailingListId": LIST,
            "transactionDate": "2026-01-31 23:59:59",
            "data": {"total": 9.5, "paid": True, "sku": "A"},
        }
        return {key: value for key, value in {**whole, **changes}.items() if value is not ...}

    return make


def test_several_transactions_are_taken_or_left_one_by_one(line):
    contact = line.create(extRef="u1")
    reply = line.send(f"""
        POST /API/v3/directories/POOL_000000000000001/transactions HTTP/1.1
        Host: iad1.qualtrics.com
        X-API-TOKEN: simulated-token
        Content-Type: application/json

        {{"t1": {{"contactId": "{contact}", "mailingListId": "{LIST}",
                  "transactionDate": "2026-01-31 23:59:59", "data": {{"total": 9.5}}}},
          "t2": {{"contactId": "CID_nobody", "mailingListId": "{LIST}",
                  "transactionDate": "2026-01-31 23:59:59"}}}}
    """)
    assert reply.status == "HTTP/1.1 200 OK"
    assert reply.body == {
        "result": {
            "createdTransactions": {"t1": {"id": ANY}},
            "unprocessedTransactions": {
                "t2": {
                    "errorCode": "SIM_NOT_FOUND",
                    "errorMessage": "There is no contact CID_nobody.",
                }
            },
        },
        "meta": OK,
    }


def test_the_transactions_of_a_contact_are_listed(line, entry):
    created = line.post("/transactions", {"a": entry()}).result["createdTransactions"]
    contact = entry()["contactId"]
    assert line.get(f"/contacts/{contact}/transactions").result == {
        "elements": [
            {
                "transactionId": created["a"]["id"],
                "contactId": contact,
                "mailingListId": LIST,
                "transactionDate": "2026-01-31 23:59:59",
                "data": {"total": 9.5, "paid": True, "sku": "A"},
            }
        ],
        "nextPage": None,
    }


def test_data_may_be_missing(line, entry):
    result = line.post("/transactions", {"a": entry(data=...)}).result
    assert result["unprocessedTransactions"] == {}


@pytest.mark.parametrize(
    "changes",
    [
        {"contactId": ...},
        {"contactId": 7},
        {"mailingListId": ...},
        {"mailingListId": "CG_none"},
        {"transactionDate": ...},
        {"transactionDate": 1700000000},
        {"transactionDate": "2026-01-31T23:59:59Z"},
        {"transactionDate": "2026-01-31"},
        {"transactionDate": "2026-02-30 00:00:00"},
        {"transactionDate": "2026-01-31 24:00:00"},
        {"data": {"a": {"b": 1}}},
        {"data": {"a": [1]}},
        {"data": {"a": None}},
        {"data": "text"},
    ],
)
def test_an_entry_that_cannot_be_is_left_unprocessed_under_status_200(line, entry, changes):
    reply = line.post("/transactions", {"good": entry(), "bad": entry(**changes)})
    assert list(reply.result["createdTransactions"]) == ["good"]
    assert list(reply.result["unprocessedTransactions"]) == ["bad"]


def test_an_entry_that_is_no_object_is_left_unprocessed(line):
    result = line.post("/transactions", {"a": "text"}).result
    assert list(result["unprocessedTransactions"]) == ["a"]


def test_no_entries_at_all_is_400(line):
    assert line.post("/transactions", {}).refusal[0] == 400


@pytest.mark.parametrize("status", [400, 413])
def test_too_many_entries_are_refused_as_a_whole(line, entry, status):
    line.configure(transactions={"entriesPerCall": 2, "tooManyStatus": status})
    assert line.post("/transactions", {str(n): entry() for n in range(3)}).refusal[0] == status
    assert line.state("counts")["transactions"] == 0
    taken = line.post("/transactions", {str(n): entry() for n in range(2)})
    assert len(taken.result["createdTransactions"]) == 2


def test_a_repeated_call_makes_a_second_transaction(line, entry):
    for _ in range(2):
        line.post("/transactions", {"same": entry()})
    assert line.state("counts")["transactions"] == 2


def test_what_an_entry_needs_is_a_switch(line, entry):
    line.configure(transactions={"mailingListRequired": False, "dateRequired": False})
    result = line.post("/transactions", {"a": entry(mailingListId=..., transactionDate=...)}).result
    assert list(result["createdTransactions"]) == ["a"]


def test_membership_can_be_required(line, entry):
    line.configure(transactions={"membershipRequired": True})
    assert line.post("/transactions", {"a": entry()}).result["createdTransactions"] == {}
    line.post(f"/mailinglists/{LIST}/contacts", {"extRef": "u1"})
    assert line.post("/transactions", {"a": entry()}).result["unprocessedTransactions"] == {}


def test_a_share_of_entries_can_be_left_unprocessed(line, entry):
    line.configure(transactions={"unprocessedShare": 0.5})
    result = line.post("/transactions", {str(n): entry() for n in range(100)}).result
    assert 30 < len(result["unprocessedTransactions"]) < 70
    assert len(result["createdTransactions"]) + len(result["unprocessedTransactions"]) == 100


def test_the_key_of_an_entrys_code_is_a_switch(line):
    line.configure(transactions={"codeKey": "error", "idPrefix": "TX_"})
    unprocessed = line.post("/transactions", {"a": 1}).result["unprocessedTransactions"]
    message = "A transaction must be an object."
    assert unprocessed == {"a": {"error": "SIM_VALIDATION", "errorMessage": message}}


def test_the_prefix_of_transaction_ids_is_a_switch(line, entry):
    line.configure(transactions={"idPrefix": "TX_"})
    created = line.post("/transactions", {"a": entry()}).result["createdTransactions"]
    assert created["a"]["id"].startswith("TX_")
