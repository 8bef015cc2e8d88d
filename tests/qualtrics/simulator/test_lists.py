from unittest.mock import ANY

import pytest

LIST = "CG_000000000000001"
MEMBERS = f"/mailinglists/{LIST}/contacts"
OK = {"httpStatus": "200 - OK", "requestId": ANY, "notice": None}


def test_a_new_list_answers_its_id(line):
    reply = line.send("""
        POST /API/v3/directories/POOL_000000000000001/mailinglists HTTP/1.1
        Host: iad1.qualtrics.com
        X-API-TOKEN: simulated-token
        Content-Type: application/json

        {"name": "Buyers"}
    """)
    assert reply.status == "HTTP/1.1 200 OK"
    assert reply.body == {"result": {"id": ANY}, "meta": OK}
    assert reply.result["id"].startswith("CG_")


def test_lists_are_shown_with_owner_dates_and_count(line):
    line.post(MEMBERS, {"extRef": "u1"})
    reply = line.send("""
        GET /API/v3/directories/POOL_000000000000001/mailinglists HTTP/1.1
        Host: iad1.qualtrics.com
        X-API-TOKEN: simulated-token

    """)
    assert reply.body["result"] == {
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
    assert isinstance(reply.result["elements"][0]["creationDate"], int)


def test_a_list_may_have_another_owner(line):
    made = line.post("/mailinglists", {"name": "x" * 100, "ownerId": "UR_other"}).result["id"]
    lists = line.get("/mailinglists").result["elements"]
    assert [each["ownerId"] for each in lists if each["mailingListId"] == made] == ["UR_other"]


@pytest.mark.parametrize(
    "body", [{}, {"name": "x" * 101}, {"name": 1}, {"name": "x", "ownerId": 1}]
)
def test_a_list_that_cannot_be_made_is_400(line, body):
    assert line.post("/mailinglists", body).refusal[0] == 400


def test_adding_to_a_list_answers_the_contact_and_its_lookup_id(line):
    reply = line.send(f"""
        POST /API/v3/directories/POOL_000000000000001/mailinglists/{LIST}/contacts HTTP/1.1
        Host: iad1.qualtrics.com
        X-API-TOKEN: simulated-token
        Content-Type: application/json

        {{"extRef": "u1", "embeddedData": {{"a": "1"}}, "privateEmbeddedData": {{"b": 2}}}}
    """)
    assert reply.status == "HTTP/1.1 200 OK"
    assert reply.body == {"result": {"id": ANY, "contactLookupId": ANY}, "meta": OK}
    contact, lookup = reply.result["id"], reply.result["contactLookupId"]
    assert lookup.startswith("CGC_")
    shown = line.contact(contact)
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


def test_adding_to_a_list_merges_into_the_directorys_contact(line):
    known = line.create(extRef="u1", firstName="Ann")
    first, second = (line.post(MEMBERS, {"extRef": "u1"}).result for _ in range(2))
    assert first == second
    assert first["id"] == known
    assert line.contact(known)["firstName"] == "Ann"


def test_without_merge_rules_adding_to_a_list_makes_a_duplicate(line):
    line.configure(directories={"POOL_000000000000001": {"mergeRules": []}})
    known = line.create(extRef="u1")
    assert line.post(MEMBERS, {"extRef": "u1"}).result["id"] != known


def test_an_existing_contact_cannot_be_attached_by_its_id(line):
    contact = line.create(extRef="u1")
    assert line.post(MEMBERS, {"contactId": contact}).refusal[0] == 400


def test_members_are_listed_with_both_levels_of_opt_out_and_private_data(line):
    body = {"extRef": "u1", "unsubscribed": True, "privateEmbeddedData": {"b": 2}}
    line.post(MEMBERS, body)
    member = line.get(MEMBERS).result["elements"][0]
    assert member["privateEmbeddedData"] == {"b": "2"}
    assert member["mailingListUnsubscribed"] is True
    assert member["extRef"] == "u1"


def test_members_come_fifty_at_a_time(line):
    for number in range(51):
        line.post(MEMBERS, {"extRef": f"u{number}"})
    result = line.get(MEMBERS).result
    assert len(result["elements"]) == 50
    assert result["nextPage"].endswith("skipToken=50")
    assert line.get(f"{MEMBERS}?pageSize=51").refusal[0] == 400


def test_the_prefix_of_lookup_ids_is_a_switch(line):
    line.configure(contacts={"lookupPrefix": "MLRP_"})
    found = line.post(MEMBERS, {"extRef": "u1"}).result["contactLookupId"]
    assert found.startswith("MLRP_")


def test_an_unknown_list_is_404(line):
    assert line.post("/mailinglists/CG_none/contacts", {}).refusal[0] == 404
