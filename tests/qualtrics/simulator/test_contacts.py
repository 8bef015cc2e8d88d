from unittest.mock import ANY

import pytest

OK = {"httpStatus": "200 - OK", "requestId": ANY, "notice": None}
CONTACTS = "/API/v3/directories/POOL_000000000000001/contacts"


def test_creating_a_contact_answers_its_id_alone(line):
    reply = line.send("""
        POST /API/v3/directories/POOL_000000000000001/contacts HTTP/1.1
        Host: iad1.qualtrics.com
        X-API-TOKEN: simulated-token
        Content-Type: application/json

        {"firstName": "Ann", "lastName": "Ode", "email": "ann@example.com", "phone": "9193367852",
         "extRef": "u1", "language": "EN", "unsubscribed": false,
         "embeddedData": {"plan": "pro", "seats": 3, "trial": true}}
    """)
    assert reply.status == "HTTP/1.1 200 OK"
    assert reply.body == {"result": {"id": ANY}, "meta": OK}
    assert reply.result["id"].startswith("CID_")
    assert len(reply.result["id"]) == 19


def test_a_contact_is_shown_with_all_its_parts(line):
    body = {"firstName": "Ann", "email": "ann@example.com", "embeddedData": {"seats": 3}}
    contact = line.create(**body)
    reply = line.send(f"""
        GET {CONTACTS}/{contact}?includeSegments=true HTTP/1.1
        Host: iad1.qualtrics.com
        X-API-TOKEN: simulated-token

    """)
    assert reply.body["result"] == {
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
    assert isinstance(reply.result["creationDate"], int)
    assert reply.result["creationDate"] > 1_600_000_000_000


def test_a_flag_in_the_query_is_true_or_false(line):
    contact = line.create()
    assert line.get(f"/contacts/{contact}?includeSegments=maybe").refusal[0] == 400


def test_everything_in_a_contact_is_optional(line):
    assert line.create()


def test_embedded_values_are_stored_as_text(line):
    contact = line.create(embeddedData={"a": "x", "b": 1, "c": 1.5, "d": True})
    stored = {"a": "x", "b": "1", "c": "1.5", "d": "true"}
    assert line.contact(contact)["embeddedData"] == stored


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
def test_what_a_contact_may_not_hold_is_400(line, body):
    assert line.post("/contacts", body).status == "HTTP/1.1 400 Bad Request"
    assert line.state("counts")["contacts"] == 0


def test_embedded_names_and_values_may_be_as_long_as_documented(line):
    data = {"n" * 200: "v" * 1024}
    assert line.contact(line.create(embeddedData=data))["embeddedData"] == data


@pytest.mark.parametrize("name", ["email", "phone", "language"])
def test_the_form_of_email_phone_and_language_is_checked_only_if_switched_on(line, name):
    line.create(**{name: "?"})
    line.configure(contacts={f"{name}Checked": True})
    assert line.post("/contacts", {name: "?"}).refusal == (400, f"{name} is not valid.")


def test_checks_of_form_let_good_values_through(line):
    line.configure(contacts={"emailChecked": True, "phoneChecked": True, "languageChecked": True})
    assert line.create(email="a@b.co", phone="111-111-1111", language="PT-BR")


def test_nulls_and_unknown_keys_can_be_ignored(line):
    line.configure(contacts={"nulls": "ignore", "unknownKeys": "ignore"})
    contact = line.create(firstName="Ann", lastName=None, embeddedData={"a": None}, colour="red")
    shown = line.contact(contact)
    assert (shown["firstName"], shown["lastName"], shown["embeddedData"]) == ("Ann", None, {})


def test_reserved_names_can_be_others(line):
    line.configure(contacts={"reservedNames": ["Score"]})
    assert line.create(embeddedData={"Points": "1"})
    assert line.post("/contacts", {"embeddedData": {"score": "1"}}).refusal[0] == 400


def test_an_update_answers_meta_alone_and_leaves_the_rest(line):
    contact = line.create(firstName="Ann", lastName="Ode", embeddedData={"a": "1", "b": "2"})
    reply = line.send(f"""
        PUT {CONTACTS}/{contact} HTTP/1.1
        Host: iad1.qualtrics.com
        X-API-TOKEN: simulated-token
        Content-Type: application/json

        {{"firstName": "Anna", "embeddedData": {{"B": "3", "c": "4"}}}}
    """)
    assert reply.status == "HTTP/1.1 200 OK"
    assert reply.body == {"meta": OK}
    shown = line.contact(contact)
    assert (shown["firstName"], shown["lastName"]) == ("Anna", "Ode")
    assert shown["embeddedData"] == {"a": "1", "b": "3", "c": "4"}


@pytest.mark.parametrize("data", [{"b": "2"}, {}])
def test_an_update_can_replace_embedded_data_as_a_whole(line, data):
    line.configure(contacts={"putEmbeddedData": "replace"})
    contact = line.create(embeddedData={"a": "1"})
    line.call("PUT", f"{CONTACTS}/{contact}", {"embeddedData": data})
    assert line.contact(contact)["embeddedData"] == data
    line.call("PUT", f"{CONTACTS}/{contact}", {"firstName": "Ann"})
    assert line.contact(contact)["embeddedData"] == data


def test_an_update_does_not_merge_two_contacts(line):
    first, second = line.create(extRef="u1"), line.create(extRef="u2")
    line.call("PUT", f"{CONTACTS}/{second}", {"extRef": "u1"})
    assert line.contact(first)["extRef"] == line.contact(second)["extRef"] == "u1"


def test_a_deleted_contact_is_gone_from_everywhere(line):
    lists = "/mailinglists/CG_000000000000001/contacts"
    contact = line.post(lists, {"extRef": "u1"}).result["id"]
    reply = line.send(f"""
        DELETE {CONTACTS}/{contact} HTTP/1.1
        Host: iad1.qualtrics.com
        X-API-TOKEN: simulated-token

    """)
    assert reply.status == "HTTP/1.1 200 OK"
    assert reply.body == {"meta": OK}
    assert line.get(f"/contacts/{contact}").refusal[0] == 404
    assert line.get(lists).result["elements"] == []
    search = {"filter": {"filterType": "extRef", "comparison": "eq", "value": "u1"}}
    assert line.post("/contacts/search", search).result == {"elements": []}


def test_listed_contacts_carry_the_names_that_writing_uses(line):
    contact = line.create(phone="1234567", extRef="u1", unsubscribed=True)
    reply = line.send(f"""
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
        "embeddedData": {},
    }
    assert reply.body == {"result": {"elements": [element], "nextPage": None}, "meta": OK}


def test_contacts_are_listed_a_hundred_at_a_time(line):
    line.configure(pages={"contacts": 2})
    created = [line.create() for _ in range(5)]
    pages, target = [], CONTACTS
    while target:
        result = line.call("GET", target).result
        pages.append([each["contactId"] for each in result["elements"]])
        target = (result["nextPage"] or "").removeprefix("https://iad1.qualtrics.com")
    assert pages == [created[:2], created[2:4], created[4:]]


def test_opting_out_leaves_a_date(line):
    shown = line.contact(line.create(unsubscribed=True))
    assert shown["directoryUnsubscribed"] is True
    assert shown["directoryUnsubscribeDate"] >= shown["creationDate"]
