from unittest.mock import ANY

import pytest

LIST = "CG_000000000000001"
OK = {"httpStatus": "200 - OK", "requestId": ANY, "notice": None}


@pytest.fixture
def entry(client):
    contact = client.create(extRef="u1")

    def make(**changes):
        whole = {
            "contactId": contact,
            "mailingListId": LIST,
            "transactionDate": "2026-01-31 23:59:59",
            "data": {"total": 9.5, "paid": True, "sku": "A"},
        }
        return {key: value for key, value in {**whole, **changes}.items() if value is not ...}

    return make


def test_each_transaction_of_a_request_is_created_or_unprocessed(client):
    contact = client.create(extRef="u1")
    response = client.send(f"""
        POST /API/v3/directories/POOL_000000000000001/transactions HTTP/1.1
        Host: iad1.qualtrics.com
        X-API-TOKEN: simulated-token
        Content-Type: application/json

        {{"t1": {{"contactId": "{contact}", "mailingListId": "{LIST}",
                  "transactionDate": "2026-01-31 23:59:59", "data": {{"total": 9.5}}}},
          "t2": {{"contactId": "CID_unknown", "mailingListId": "{LIST}",
                  "transactionDate": "2026-01-31 23:59:59"}}}}
    """)
    assert response.status == "HTTP/1.1 200 OK"
    assert response.body == {
        "result": {
            "createdTransactions": {"t1": {"id": ANY}},
            "unprocessedTransactions": {
                "t2": {
                    "error": "SIM_NOT_FOUND",
                    "errorMessage": "There is no contact CID_unknown.",
                }
            },
        },
        "meta": OK,
    }


def test_the_transactions_of_a_contact_are_listed(client, entry):
    created = client.post("/transactions", {"a": entry()}).result["createdTransactions"]
    contact = entry()["contactId"]
    assert client.get(f"/contacts/{contact}/transactions").result == {
        "elements": [
            {
                "transactionId": created["a"]["id"],
                "contactId": contact,
                "mailingListId": LIST,
                "transactionDate": "2026-01-31 23:59:59",
                "data": {"total": "9.5", "paid": "true", "sku": "A"},
            }
        ],
        "nextPage": None,
    }


def test_data_may_be_missing(client, entry):
    result = client.post("/transactions", {"a": entry(data=...)}).result
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
def test_an_invalid_transaction_is_unprocessed_under_status_200(client, entry, changes):
    response = client.post("/transactions", {"good": entry(), "bad": entry(**changes)})
    assert list(response.result["createdTransactions"]) == ["good"]
    assert list(response.result["unprocessedTransactions"]) == ["bad"]


def test_a_transaction_that_is_no_object_is_unprocessed(client):
    result = client.post("/transactions", {"a": "text"}).result
    assert list(result["unprocessedTransactions"]) == ["a"]


def test_a_request_without_transactions_is_400(client):
    assert client.post("/transactions", {}).refusal[0] == 400


@pytest.mark.parametrize("status", [400, 413])
def test_a_request_with_too_many_transactions_is_refused_as_a_whole(client, entry, status):
    client.configure(transactions={"entriesPerCall": 2, "tooManyStatus": status})
    assert client.post("/transactions", {str(n): entry() for n in range(3)}).refusal[0] == status
    assert client.state("counts")["transactions"] == 0
    taken = client.post("/transactions", {str(n): entry() for n in range(2)})
    assert len(taken.result["createdTransactions"]) == 2


def test_a_repeated_call_makes_a_second_transaction(client, entry):
    for _ in range(2):
        client.post("/transactions", {"same": entry()})
    assert client.state("counts")["transactions"] == 2


def test_required_keys_of_a_transaction_are_configurable(client, entry):
    client.configure(transactions={"mailingListRequired": False, "dateRequired": False})
    result = client.post(
        "/transactions", {"a": entry(mailingListId=..., transactionDate=...)}
    ).result
    assert list(result["createdTransactions"]) == ["a"]


def test_membership_can_be_required(client, entry):
    client.configure(transactions={"membershipRequired": True})
    assert client.post("/transactions", {"a": entry()}).result["createdTransactions"] == {}
    client.post(f"/mailinglists/{LIST}/contacts", {"extRef": "u1"})
    assert client.post("/transactions", {"a": entry()}).result["unprocessedTransactions"] == {}


def test_transactions_can_be_unprocessed_at_random(client, entry):
    client.configure(transactions={"unprocessedShare": 0.5})
    result = client.post("/transactions", {str(n): entry() for n in range(100)}).result
    assert 30 < len(result["unprocessedTransactions"]) < 70
    assert len(result["createdTransactions"]) + len(result["unprocessedTransactions"]) == 100


def test_the_key_of_an_unprocessed_transactions_code_is_configurable(client):
    client.configure(transactions={"codeKey": "errorCode", "idPrefix": "TX_"})
    unprocessed = client.post("/transactions", {"a": 1}).result["unprocessedTransactions"]
    message = "A transaction must be an object."
    assert unprocessed == {"a": {"errorCode": "SIM_VALIDATION", "errorMessage": message}}


def test_an_invalid_transaction_can_refuse_the_whole_request(client, entry):
    client.configure(transactions={"invalidEntry": "refuse-request"})
    assert client.post("/transactions", {"good": entry(), "bad": entry(data="x")}).refusal[0] == 400
    assert client.state("counts")["transactions"] == 0


def test_a_temporary_id_can_be_refused_the_second_time(client, entry):
    client.configure(transactions={"repeatedIds": "refuse"})
    results = [client.post("/transactions", {"same": entry()}).result for _ in range(2)]
    assert [list(result["createdTransactions"]) for result in results] == [["same"], []]


def test_dates_can_be_iso_and_values_texts_only(client, entry):
    client.configure(transactions={"dateForm": "iso", "dataValues": "texts"})
    spaced, iso = "2026-01-31 23:59:59", "2026-01-31T23:59:59Z"
    entries = {
        "spaced": entry(transactionDate=spaced, data={"a": "1"}),
        "number": entry(transactionDate=iso, data={"a": 1}),
        "text": entry(transactionDate=iso, data={"a": "1"}),
    }
    result = client.post("/transactions", entries).result
    assert list(result["createdTransactions"]) == ["text"]


def test_the_prefix_of_transaction_ids_is_configurable(client, entry):
    client.configure(transactions={"idPrefix": "TX_"})
    created = client.post("/transactions", {"a": entry()}).result["createdTransactions"]
    assert created["a"]["id"].startswith("TX_")


def test_a_transaction_is_deleted(client, entry):
    created = client.post("/transactions", {"t1": entry(), "t2": entry()}).result
    first, second = (created["createdTransactions"][name]["id"] for name in ("t1", "t2"))
    target = f"/API/v3/directories/POOL_000000000000001/transactions/{first}"
    assert client.call("DELETE", target).body == {"meta": OK}
    [left] = client.state("transactions")["POOL_000000000000001"]
    assert left["transactionId"] == second
    contact = entry()["contactId"]
    assert len(client.get(f"/contacts/{contact}/transactions").result["elements"]) == 1
    assert client.call("DELETE", target).refusal == (404, f"There is no transaction {first}.")


def test_the_status_of_a_call_with_an_unprocessed_entry_is_an_option(client, entry):
    client.configure(transactions={"partialStatus": 207})
    assert client.post("/transactions", {"t1": entry(data=[])}).status.startswith("HTTP/1.1 207")
    assert client.post("/transactions", {"t1": entry()}).status == "HTTP/1.1 200 OK"


def test_a_listing_may_lag_behind(client, entry):
    client.configure(transactions={"listingLag": 0.2})
    transaction = entry()
    client.post("/transactions", {"t": transaction})
    found = []
    while not any(found):
        found.append(client.get(f"/contacts/{transaction['contactId']}/transactions").result)
        found[-1] = found[-1]["elements"]
    assert (found[0], len(found[-1])) == ([], 1)
