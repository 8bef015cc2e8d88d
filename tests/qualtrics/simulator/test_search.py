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
def people(line):
    """Two contacts by the names `ann` and `bob`, and a way to search for them."""
    ids = {
        line.create(extRef="u1", email="Ann@Example.com", firstName="Ann", language="EN"): "ann",
        line.create(extRef="u2", phone="111-111-1111", firstName="Bob"): "bob",
    }

    def search(source):
        result = line.post("/contacts/search", {"filter": source}).result
        return [ids[each["id"]] for each in result["elements"]]

    return search


def test_found_contacts_carry_names_of_their_own(line):
    contact = line.create(extRef="u1", phone="1234567", embeddedData={"a": "1"})
    reply = line.send("""
        POST /API/v3/directories/POOL_000000000000001/contacts/search HTTP/1.1
        Host: iad1.qualtrics.com
        X-API-TOKEN: simulated-token
        Content-Type: application/json

        {"filter": {"filterType": "extRef", "comparison": "eq", "value": "u1"}}
    """)
    assert reply.status == "HTTP/1.1 200 OK"
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
    assert reply.body == {"result": {"elements": [element]}, "meta": meta}
    assert isinstance(reply.result["elements"][0]["creationDate"], str)


def test_embedded_data_and_segments_come_on_demand(line):
    line.create(extRef="u1", embeddedData={"a": "1"})
    target = SEARCH + "?includeEmbedded=true&includeSegments=true"
    reply = line.call("POST", target, {"filter": leaf("extRef", "eq", "u1")})
    element = reply.result["elements"][0]
    assert (element["embeddedData"], element["segmentMembership"]) == ({"a": "1"}, {})


@pytest.mark.parametrize(
    ("source", "found"),
    [
        (leaf("extRef", "eq", "u1"), ["ann"]),
        (leaf("extRef", "eq", "nobody"), []),
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
def test_what_a_filter_finds(people, source, found):
    assert people(source) == found


def test_contacts_on_a_list_are_found_by_it(line):
    contact = line.post(f"/mailinglists/{LIST}/contacts", {"extRef": "u1"}).result["id"]
    source = {"filterType": "inList", "comparison": True, "mailingListId": LIST}
    found = line.post("/contacts/search", {"filter": source}).result["elements"]
    assert [each["id"] for each in found] == [contact]


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
def test_a_filter_outside_the_grammar_is_400(line, source):
    reply = line.post("/contacts/search", {"filter": source})
    assert reply.status == "HTTP/1.1 400 Bad Request"


def test_a_search_without_filter_is_400(line):
    assert line.post("/contacts/search", {}).refusal[0] == 400


def test_only_a_full_page_has_a_skip_token_even_if_it_is_the_last(line):
    created = [line.create(firstName="Ann") for _ in range(4)]
    source = {"filter": leaf("firstName", "eq", "ann")}
    found, target = [], f"{SEARCH}?pageSize=2"
    results = []
    for _ in range(3):
        result = line.call("POST", target, source).result
        found += [each["id"] for each in result["elements"]]
        results.append((len(result["elements"]), "skipToken" in result))
        target = f"{SEARCH}?pageSize=2&skipToken={result.get('skipToken')}"
    assert found == created
    assert results == [(2, True), (2, True), (0, False)]


def test_a_short_page_has_no_skip_token(line):
    line.create(firstName="Ann")
    source = {"filter": leaf("firstName", "eq", "ann")}
    assert "skipToken" not in line.post("/contacts/search", source).result


def test_paging_past_the_documented_depth_is_400(line):
    source = {"filter": leaf("firstName", "eq", "ann")}
    assert line.call("POST", f"{SEARCH}?skipToken=9900", source).result == {"elements": []}
    assert line.call("POST", f"{SEARCH}?skipToken=9901", source).refusal[0] == 400


def test_the_depth_is_a_switch(line):
    line.configure(search={"depth": 150})
    source = {"filter": leaf("firstName", "eq", "ann")}
    assert line.call("POST", f"{SEARCH}?skipToken=100", source).refusal[0] == 400


def test_search_sees_a_write_at_once_unless_it_lags(line):
    source = {"filter": leaf("extRef", "eq", "u1")}
    line.configure(search={"lag": 0.3})
    contact = line.create(extRef="u1")
    assert line.post("/contacts/search", source).result["elements"] == []
    assert line.contact(contact)["extRef"] == "u1"
    time.sleep(0.35)
    assert len(line.post("/contacts/search", source).result["elements"]) == 1


def test_a_lagging_search_shows_the_values_of_before(line):
    contact = line.create(extRef="u1")
    line.configure(search={"lag": 60})
    target = f"/API/v3/directories/POOL_000000000000001/contacts/{contact}"
    line.call("PUT", target, {"extRef": "u2"})
    found = line.post("/contacts/search", {"filter": leaf("extRef", "eq", "u1")}).result
    assert [each["externalDataReference"] for each in found["elements"]] == ["u1"]


def test_contacts_that_share_a_value_are_told_apart_when_one_changes(line):
    first, second = line.create(firstName="Ann"), line.create(firstName="Ann")
    target = f"/API/v3/directories/POOL_000000000000001/contacts/{first}"
    line.call("PUT", target, {"firstName": "Eve"})
    found = line.post("/contacts/search", {"filter": leaf("firstName", "eq", "Ann")}).result
    assert [each["id"] for each in found["elements"]] == [second]


def test_merge_rules_do_not_lag(line):
    line.configure(search={"lag": 60})
    assert line.create(extRef="u1") == line.create(extRef="u1")
