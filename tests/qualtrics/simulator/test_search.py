import time
from unittest.mock import ANY

import pytest

LIST = "CG_000000000000001"
SEARCH = "/API/v3/directories/POOL_000000000000001/contacts/search"


def leaf(kind, comparison, value):
    return {"filterType": kind, "comparison": comparison, "value": value}


def joined(*filters):
    return {"conjunction": "and", "filters": list(filters)}


@pytest.fixture
def people(client):
    """Two contacts by the names `ann` and `bob`, and a way to search for them."""
    ids = {
        client.create(extRef="u1", email="Ann@Example.com", firstName="Ann", language="EN"): "ann",
        client.create(extRef="u2", phone="111-111-1111", firstName="Bob"): "bob",
    }

    def search(source):
        result = client.post("/contacts/search", {"filter": source}).result
        return [ids[contact["id"]] for contact in result["elements"]]

    return search


def test_found_contacts_have_other_keys_than_listed_ones(client):
    contact = client.create(extRef="u1", phone="1234567", embeddedData={"a": "1"})
    response = client.send("""
        POST /API/v3/directories/POOL_000000000000001/contacts/search HTTP/1.1
        Host: iad1.qualtrics.com
        X-API-TOKEN: simulated-token
        Content-Type: application/json

        {"filter": {"filterType": "extRef", "comparison": "eq", "value": "u1"}}
    """)
    assert response.status == "HTTP/1.1 200 OK"
    element = {
        "id": contact,
        "creationDate": ANY,
        "lastModified": ANY,
        "firstName": None,
        "lastName": None,
        "email": None,
        "phoneNumber": "1234567",
        "externalDataReference": "u1",
        "language": None,
    }
    meta = {"httpStatus": "200 - OK", "requestId": ANY, "notice": None}
    assert response.body == {"result": {"elements": [element]}, "meta": meta}
    assert isinstance(response.result["elements"][0]["creationDate"], str)


def test_search_includes_embedded_data_and_segments_on_request(client):
    client.create(extRef="u1", embeddedData={"a": "1"})
    target = SEARCH + "?includeEmbedded=true&includeSegments=true"
    response = client.call("POST", target, {"filter": leaf("extRef", "eq", "u1")})
    element = response.result["elements"][0]
    assert (element["embeddedData"], element["segmentMembership"]) == ({"a": "1"}, {})


@pytest.mark.parametrize(
    ("source", "found"),
    [
        (leaf("extRef", "eq", "u1"), ["ann"]),
        (leaf("extRef", "eq", "unknown"), []),
        (leaf("extRef", "neq", "u1"), ["bob"]),
        (leaf("email", "eq", "ann@example.COM"), ["ann"]),
        (leaf("email", "eq", "  ann@example.com "), ["ann"]),
        (leaf("firstName", "eq", "BOB"), ["bob"]),
        (leaf("lastName", "neq", "Ode"), ["ann", "bob"]),
        (leaf("language", "eq", "en"), ["ann"]),
        (leaf("phone", "eq", "111-111-1111"), ["bob"]),
        (leaf("phone", "eq", "1111111111"), []),
        (leaf("created", "gt", "2020-01-01"), ["ann", "bob"]),
        (leaf("created", "lt", "2020-01-01 00:00:00"), []),
        (leaf("lastModified", "gte", "2020-01-01"), ["ann", "bob"]),
        (leaf("lastModified", "lte", "2020-01-01"), []),
        (leaf("created", "eq", "2020-01-01"), []),
        (leaf("created", "neq", "2020-01-01"), ["ann", "bob"]),
        ({"filterType": "inList", "comparison": True, "mailingListId": LIST}, []),
        ({"filterType": "inList", "comparison": False, "mailingListId": LIST}, ["ann", "bob"]),
        ({"filterType": "infoFieldState", "field": "email", "comparison": "empty"}, ["bob"]),
        ({"filterType": "infoFieldState", "field": "email", "comparison": "notEmpty"}, ["ann"]),
        (joined(leaf("extRef", "eq", "u1"), leaf("firstName", "eq", "Ann")), ["ann"]),
        (joined(leaf("extRef", "eq", "u1"), leaf("phone", "eq", "111-111-1111")), []),
        (joined(*[leaf("extRef", "eq", "u2")] * 5), ["bob"]),
    ],
)
def test_a_filter_finds_matching_contacts(people, source, found):
    assert people(source) == found


def test_contacts_on_a_list_are_found_by_it(client):
    contact = client.post(f"/mailinglists/{LIST}/contacts", {"extRef": "u1"}).result["id"]
    source = {"filterType": "inList", "comparison": True, "mailingListId": LIST}
    found = client.post("/contacts/search", {"filter": source}).result["elements"]
    assert [contact["id"] for contact in found] == [contact]


@pytest.mark.parametrize(
    "source",
    [
        None,
        [],
        {},
        leaf("embeddedData", "eq", "x"),
        leaf("extref", "eq", "x"),
        leaf({}, "eq", "x"),
        leaf("phoneNumber", "eq", "x"),
        leaf("externalDataReference", "eq", "x"),
        leaf("email", "gt", "x"),
        leaf("email", "contains", "x"),
        leaf("email", "eq", 1),
        leaf("email", ["eq"], "x"),
        leaf("created", "eq", "yesterday"),
        leaf("created", "eq", "2020-02-30"),
        leaf("created", "eq", "2020-1-1"),
        leaf("created", "eq", "2020-01-01T00:00:00"),
        leaf("created", "like", "2020-01-01"),
        {"filterType": "inList", "comparison": "true", "mailingListId": LIST},
        {"filterType": "inList", "comparison": True},
        {"filterType": "infoFieldState", "field": "phone", "comparison": "empty"},
        {"filterType": "infoFieldState", "field": "email", "comparison": "eq"},
        {"filterType": "infoFieldState", "field": "email", "comparison": []},
        {**joined(leaf("email", "eq", "x"), leaf("email", "eq", "x")), "conjunction": "or"},
        joined(leaf("email", "eq", "x")),
        joined(*[leaf("email", "eq", "x")] * 6),
        joined("email", "phone"),
        {"conjunction": "and", "filters": {}},
    ],
)
def test_a_filter_outside_the_grammar_is_400(client, source):
    response = client.post("/contacts/search", {"filter": source})
    assert response.status == "HTTP/1.1 400 Bad Request"


def test_a_search_without_filter_is_400(client):
    assert client.post("/contacts/search", {}).refusal[0] == 400


def test_only_a_full_page_has_a_skip_token_even_if_it_is_the_last(client):
    created = [client.create(firstName="Ann") for _ in range(4)]
    source = {"filter": leaf("firstName", "eq", "ann")}
    found, target = [], f"{SEARCH}?pageSize=2"
    results = []
    for _ in range(3):
        result = client.call("POST", target, source).result
        found += [contact["id"] for contact in result["elements"]]
        results.append((len(result["elements"]), "skipToken" in result))
        target = f"{SEARCH}?pageSize=2&skipToken={result.get('skipToken')}"
    assert found == created
    assert results == [(2, True), (2, True), (0, False)]


def test_a_short_page_has_no_skip_token(client):
    client.create(firstName="Ann")
    source = {"filter": leaf("firstName", "eq", "ann")}
    assert "skipToken" not in client.post("/contacts/search", source).result


def test_paging_past_the_documented_depth_is_400(client):
    source = {"filter": leaf("firstName", "eq", "ann")}
    assert client.call("POST", f"{SEARCH}?skipToken=9900", source).result == {"elements": []}
    assert client.call("POST", f"{SEARCH}?skipToken=9901", source).refusal[0] == 400


def test_the_depth_is_configurable(client):
    client.configure(search={"depth": 150})
    source = {"filter": leaf("firstName", "eq", "ann")}
    assert client.call("POST", f"{SEARCH}?skipToken=100", source).refusal[0] == 400


def test_search_sees_a_write_at_once_unless_it_lags(client):
    source = {"filter": leaf("extRef", "eq", "u1")}
    client.configure(search={"lag": 0.3})
    contact = client.create(extRef="u1")
    assert client.post("/contacts/search", source).result["elements"] == []
    assert client.contact(contact)["extRef"] == "u1"
    time.sleep(0.35)
    assert len(client.post("/contacts/search", source).result["elements"]) == 1


def test_a_lagging_search_shows_the_old_values(client):
    contact = client.create(extRef="u1")
    client.configure(search={"lag": 60})
    target = f"/API/v3/directories/POOL_000000000000001/contacts/{contact}"
    client.call("PUT", target, {"extRef": "u2"})
    found = client.post("/contacts/search", {"filter": leaf("extRef", "eq", "u1")}).result
    assert [contact["externalDataReference"] for contact in found["elements"]] == ["u1"]


def test_contacts_that_share_a_value_stay_distinct_when_one_changes(client):
    first, second = client.create(firstName="Ann"), client.create(firstName="Ann")
    target = f"/API/v3/directories/POOL_000000000000001/contacts/{first}"
    client.call("PUT", target, {"firstName": "Eve"})
    found = client.post("/contacts/search", {"filter": leaf("firstName", "eq", "Ann")}).result
    assert [contact["id"] for contact in found["elements"]] == [second]


def test_merge_rules_do_not_lag(client):
    client.configure(search={"lag": 60})
    assert client.create(extRef="u1") == client.create(extRef="u1")
