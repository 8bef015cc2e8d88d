from unittest.mock import ANY

import pytest

OK = {"httpStatus": "200 - OK", "requestId": ANY, "notice": None}
CONTACTS = "/API/v3/directories/POOL_000000000000001/contacts"


def test_creating_a_contact_returns_only_its_id(client):
    response = client.send("""
        POST /API/v3/directories/POOL_000000000000001/contacts HTTP/1.1
        Host: iad1.qualtrics.com
        X-API-TOKEN: simulated-token
        Content-Type: application/json

        {"firstName": "Ann", "lastName": "Ode", "email": "ann@example.com", "phone": "9193367852",
         "extRef": "u1", "language": "EN", "unsubscribed": false,
         "embeddedData": {"plan": "pro", "seats": 3, "trial": true}}
    """)
    assert response.status == "HTTP/1.1 200 OK"
    assert response.body == {"result": {"id": ANY}, "meta": OK}
    assert response.result["id"].startswith("CID_")
    assert len(response.result["id"]) == 19


def test_a_contact_is_shown_with_all_its_parts(client):
    body = {"firstName": "Ann", "email": "ann@example.com", "embeddedData": {"seats": 3}}
    contact = client.create(**body)
    response = client.send(f"""
        GET {CONTACTS}/{contact}?includeSegments=true HTTP/1.1
        Host: iad1.qualtrics.com
        X-API-TOKEN: simulated-token

    """)
    assert response.body["result"] == {
        "contactId": contact,
        "creationDate": ANY,
        "lastModified": ANY,
        "firstName": "Ann",
        "lastName": None,
        "email": "ann@example.com",
        "emailDomain": "example.com",
        "phone": None,
        "extRef": None,
        "embeddedData": {"seats": "3"},
        "language": None,
        "skipped": None,
        "directoryUnsubscribed": False,
        "directoryUnsubscribeDate": None,
        "stats": {},
        "mailingListMembership": {},
        "segmentMembership": {},
    }
    assert isinstance(response.result["creationDate"], int)
    assert response.result["creationDate"] > 1_600_000_000_000


def test_a_flag_in_the_query_is_true_or_false(client):
    contact = client.create()
    assert client.get(f"/contacts/{contact}?includeSegments=maybe").refusal[0] == 400


def test_everything_in_a_contact_is_optional(client):
    assert client.create()


def test_embedded_values_are_stored_as_text(client):
    contact = client.create(embeddedData={"a": "x", "b": 1, "c": 1.5, "d": True})
    stored = {"a": "x", "b": "1", "c": "1.5", "d": "true"}
    assert client.contact(contact)["embeddedData"] == stored


@pytest.mark.parametrize(
    "body",
    [
        {"embeddedData": {"a": {"b": 1}}},
        {"embeddedData": {"a": [1]}},
        {"embeddedData": {"a": None}},
        {"embeddedData": []},
        {"embeddedData": {"n" * 201: "v"}},
        {"embeddedData": {"n": "v" * 1025}},
        {"embeddedData": {"points": "1"}},
        {"embeddedData": {"FirstName": "1"}},
        {"firstName": 1},
        {"extRef": None},
        {"phone": {"number": "1"}},
        {"email": "x" * 1001},
        {"unsubscribed": "false"},
        {"unsubscribed": 0},
        {"mailingListId": "CG_000000000000001"},
        {"privateEmbeddedData": {}},
    ],
)
def test_an_invalid_contact_body_is_400(client, body):
    assert client.post("/contacts", body).status == "HTTP/1.1 400 Bad Request"
    assert client.state("counts")["contacts"] == 0


def test_embedded_names_and_values_may_be_as_long_as_documented(client):
    data = {"n" * 200: "v" * 1024}
    assert client.contact(client.create(embeddedData=data))["embeddedData"] == data


@pytest.mark.parametrize("name", ["email", "phone", "language"])
def test_the_format_of_email_phone_and_language_is_checked_only_if_configured(client, name):
    client.create(**{name: "?"})
    client.configure(contacts={f"{name}Checked": True})
    assert client.post("/contacts", {name: "?"}).refusal == (400, f"{name} is not valid.")


def test_format_checks_accept_valid_values(client):
    client.configure(contacts={"emailChecked": True, "phoneChecked": True, "languageChecked": True})
    assert client.create(email="a@b.co", phone="111-111-1111", language="PT-BR")


def test_nulls_and_unknown_keys_can_be_ignored(client):
    client.configure(contacts={"nulls": "ignore", "unknownKeys": "ignore"})
    contact = client.create(firstName="Ann", lastName=None, embeddedData={"a": None}, colour="red")
    shown = client.contact(contact)
    assert (shown["firstName"], shown["lastName"], shown["embeddedData"]) == ("Ann", None, {})


def test_reserved_names_are_configurable(client):
    client.configure(contacts={"reservedNames": ["Score"]})
    assert client.create(embeddedData={"Points": "1"})
    assert client.post("/contacts", {"embeddedData": {"score": "1"}}).refusal[0] == 400


def test_an_update_returns_only_meta_and_keeps_other_fields(client):
    contact = client.create(firstName="Ann", lastName="Ode", embeddedData={"a": "1", "b": "2"})
    response = client.send(f"""
        PUT {CONTACTS}/{contact} HTTP/1.1
        Host: iad1.qualtrics.com
        X-API-TOKEN: simulated-token
        Content-Type: application/json

        {{"firstName": "Anna", "embeddedData": {{"B": "3", "c": "4"}}}}
    """)
    assert response.status == "HTTP/1.1 200 OK"
    assert response.body == {"meta": OK}
    shown = client.contact(contact)
    assert (shown["firstName"], shown["lastName"]) == ("Anna", "Ode")
    assert shown["embeddedData"] == {"a": "1", "b": "3", "c": "4"}


@pytest.mark.parametrize("data", [{"b": "2"}, {}])
def test_an_update_can_replace_embedded_data_as_a_whole(client, data):
    client.configure(contacts={"putEmbeddedData": "replace"})
    contact = client.create(embeddedData={"a": "1"})
    client.call("PUT", f"{CONTACTS}/{contact}", {"embeddedData": data})
    assert client.contact(contact)["embeddedData"] == data
    client.call("PUT", f"{CONTACTS}/{contact}", {"firstName": "Ann"})
    assert client.contact(contact)["embeddedData"] == data


def test_an_update_does_not_merge_two_contacts(client):
    first, second = client.create(extRef="u1"), client.create(extRef="u2")
    client.call("PUT", f"{CONTACTS}/{second}", {"extRef": "u1"})
    assert client.contact(first)["extRef"] == client.contact(second)["extRef"] == "u1"


def test_a_deleted_contact_is_gone_from_everywhere(client):
    lists = "/mailinglists/CG_000000000000001/contacts"
    contact = client.post(lists, {"extRef": "u1"}).result["id"]
    response = client.send(f"""
        DELETE {CONTACTS}/{contact} HTTP/1.1
        Host: iad1.qualtrics.com
        X-API-TOKEN: simulated-token

    """)
    assert response.status == "HTTP/1.1 200 OK"
    assert response.body == {"meta": OK}
    assert client.get(f"/contacts/{contact}").refusal[0] == 404
    assert client.get(lists).result["elements"] == []
    search = {"filter": {"filterType": "extRef", "comparison": "eq", "value": "u1"}}
    assert client.post("/contacts/search", search).result == {"elements": []}


def test_listed_contacts_have_the_same_keys_as_written_ones(client):
    contact = client.create(phone="1234567", extRef="u1", unsubscribed=True)
    response = client.send(f"""
        GET {CONTACTS} HTTP/1.1
        Host: iad1.qualtrics.com
        X-API-TOKEN: simulated-token

    """)
    element = {
        "contactId": contact,
        "firstName": None,
        "lastName": None,
        "email": None,
        "phone": "1234567",
        "extRef": "u1",
        "language": None,
        "unsubscribed": True,
    }
    assert response.body == {"result": {"elements": [element], "nextPage": None}, "meta": OK}


def test_put_can_clear_the_fields_that_its_body_lacks(client):
    client.configure(contacts={"putFields": "clear"})
    contact = client.create(firstName="Ann", phone="1234567")
    client.call("PUT", f"{CONTACTS}/{contact}", {"firstName": "Anna"})
    shown = client.contact(contact)
    assert (shown["firstName"], shown["phone"]) == ("Anna", None)


def test_long_texts_can_be_cut(client):
    client.configure(contacts={"tooLong": "cut", "fieldLength": 3})
    shown = client.contact(
        client.create(firstName="Annabel", embeddedData={"n" * 201: "v" * 1025, "ok": "x"})
    )
    assert shown["firstName"] == "Ann"
    assert shown["embeddedData"] == {"n" * 200: "v" * 1024, "ok": "x"}


def test_the_status_of_a_missing_contact_is_configurable(client):
    client.configure(errors={"missingContactStatus": 400})
    assert client.get("/contacts/CID_none").refusal == (400, "There is no contact CID_none.")


def test_contacts_are_listed_a_hundred_at_a_time(client):
    client.configure(pages={"contacts": 2})
    created = [client.create() for _ in range(5)]
    pages, target = [], CONTACTS
    while target:
        result = client.call("GET", target).result
        pages.append([contact["contactId"] for contact in result["elements"]])
        target = (result["nextPage"] or "").removeprefix("https://iad1.qualtrics.com")
    assert pages == [created[:2], created[2:4], created[4:]]


def test_opting_out_leaves_a_date(client):
    shown = client.contact(client.create(unsubscribed=True))
    assert shown["directoryUnsubscribed"] is True
    assert shown["directoryUnsubscribeDate"] >= shown["creationDate"]
