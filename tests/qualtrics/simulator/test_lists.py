from unittest.mock import ANY

import pytest

LIST = "CG_000000000000001"
MEMBERS = f"/mailinglists/{LIST}/contacts"
OK = {"httpStatus": "200 - OK", "requestId": ANY, "notice": None}


def test_creating_a_list_returns_its_id(client):
    response = client.send("""
        POST /API/v3/directories/POOL_000000000000001/mailinglists HTTP/1.1
        Host: iad1.qualtrics.com
        X-API-TOKEN: simulated-token
        Content-Type: application/json

        {"name": "Buyers"}
    """)
    assert response.status == "HTTP/1.1 200 OK"
    assert response.body == {"result": {"id": ANY}, "meta": OK}
    assert response.result["id"].startswith("CG_")


def test_lists_are_shown_with_owner_dates_and_count(client):
    client.post(MEMBERS, {"extRef": "u1"})
    response = client.send("""
        GET /API/v3/directories/POOL_000000000000001/mailinglists HTTP/1.1
        Host: iad1.qualtrics.com
        X-API-TOKEN: simulated-token

    """)
    assert response.body["result"] == {
        "elements": [
            {
                "mailingListId": LIST,
                "name": "Customers",
                "ownerId": "UR_000000000000001",
                "creationDate": ANY,
                "lastModifiedDate": ANY,
                "contactCount": 1,
            }
        ],
        "nextPage": None,
    }
    assert isinstance(response.result["elements"][0]["creationDate"], int)


def test_a_list_may_have_another_owner(client):
    made = client.post("/mailinglists", {"name": "x" * 100, "ownerId": "UR_other"}).result["id"]
    lists = client.get("/mailinglists").result["elements"]
    assert [
        mailing_list["ownerId"] for mailing_list in lists if mailing_list["mailingListId"] == made
    ] == ["UR_other"]


@pytest.mark.parametrize(
    "body", [{}, {"name": "x" * 101}, {"name": 1}, {"name": "x", "ownerId": 1}]
)
def test_an_invalid_list_is_400(client, body):
    assert client.post("/mailinglists", body).refusal[0] == 400


def test_adding_to_a_list_returns_the_contact_id_and_the_lookup_id(client):
    response = client.send(f"""
        POST /API/v3/directories/POOL_000000000000001/mailinglists/{LIST}/contacts HTTP/1.1
        Host: iad1.qualtrics.com
        X-API-TOKEN: simulated-token
        Content-Type: application/json

        {{"extRef": "u1", "embeddedData": {{"a": "1"}}, "privateEmbeddedData": {{"b": 2}}}}
    """)
    assert response.status == "HTTP/1.1 200 OK"
    assert response.body == {"result": {"id": ANY, "contactLookupId": ANY}, "meta": OK}
    contact, lookup = response.result["id"], response.result["contactLookupId"]
    assert lookup.startswith("CGC_")
    shown = client.contact(contact)
    assert shown["embeddedData"] == {"a": "1"}
    assert shown["mailingListMembership"] == {
        LIST: {
            "contactLookupId": lookup,
            "name": "Customers",
            "unsubscribed": False,
            "unsubscribeDate": None,
            "ownerId": "UR_000000000000001",
        }
    }


def test_adding_to_a_list_merges_into_the_directorys_contact(client):
    known = client.create(extRef="u1", firstName="Ann")
    first, second = (client.post(MEMBERS, {"extRef": "u1"}).result for _ in range(2))
    assert first == second
    assert first["id"] == known
    assert client.contact(known)["firstName"] == "Ann"


def test_without_merge_rules_adding_to_a_list_makes_a_duplicate(client):
    client.configure(directories={"POOL_000000000000001": {"mergeRules": []}})
    known = client.create(extRef="u1")
    assert client.post(MEMBERS, {"extRef": "u1"}).result["id"] != known


def test_an_existing_contact_cannot_be_attached_by_its_id(client):
    contact = client.create(extRef="u1")
    assert client.post(MEMBERS, {"contactId": contact}).refusal[0] == 400


def test_members_are_listed_with_both_levels_of_opt_out(client):
    body = {"extRef": "u1", "unsubscribed": True, "embeddedData": {"a": 1}}
    added = client.post(MEMBERS, body).result
    [member] = client.get(MEMBERS).result["elements"]
    assert member == {
        "contactId": added["id"],
        "firstName": None,
        "lastName": None,
        "email": None,
        "phone": None,
        "extRef": "u1",
        "language": None,
        "unsubscribed": True,
        "mailingListUnsubscribed": True,
        "contactLookupId": added["contactLookupId"],
    }
    [shown] = client.get(f"{MEMBERS}?includeEmbedded=true").result["elements"]
    assert shown == {**member, "embeddedData": {"a": "1"}}


def test_a_member_is_shown_with_its_private_data(client):
    body = {"extRef": "u1", "unsubscribed": True, "privateEmbeddedData": {"b": 2}}
    added = client.post(MEMBERS, body).result
    member = client.get(f"{MEMBERS}/{added['id']}").result
    assert member["privateEmbeddedData"] == {"b": "2"}
    assert member["contactLookupId"] == added["contactLookupId"]
    assert member["mailingListUnsubscribed"] is True
    assert member["directoryUnsubscribeDate"].endswith("Z")
    other = client.create(extRef="u2")
    assert client.get(f"{MEMBERS}/{other}").refusal[0] == 404


def test_members_come_fifty_at_a_time(client):
    for number in range(51):
        client.post(MEMBERS, {"extRef": f"u{number}"})
    result = client.get(MEMBERS).result
    assert len(result["elements"]) == 50
    assert result["nextPage"].endswith("skipToken=50")
    assert client.get(f"{MEMBERS}?pageSize=51").refusal[0] == 400


def test_the_prefix_of_lookup_ids_is_configurable(client):
    client.configure(contacts={"lookupPrefix": "MLRP_"})
    found = client.post(MEMBERS, {"extRef": "u1"}).result["contactLookupId"]
    assert found.startswith("MLRP_")


def test_an_unknown_list_is_404(client):
    assert client.post("/mailinglists/CG_none/contacts", {}).refusal[0] == 404
