import pytest

from destinations.qualtrics.simulator.deduplication import find_duplicate
from destinations.qualtrics.simulator.store import Contact, ContactIndex

ONE = "POOL_000000000000001"
CONTACTS = f"/API/v3/directories/{ONE}/contacts"


@pytest.fixture
def with_rules(client):
    def configure(*rules, **switches):
        client.configure(directories={ONE: {"mergeRules": list(rules)}}, **switches)
        return client

    return configure


def test_without_rules_the_same_person_twice_is_two_contacts(with_rules):
    client = with_rules()
    assert client.create(extRef="u1", email="a@b.co") != client.create(extRef="u1", email="a@b.co")


def test_a_merge_has_the_same_response_as_a_creation(with_rules):
    client = with_rules(["extRef"])
    first, second = (client.post("/contacts", {"extRef": "u1"}) for _ in range(2))
    assert first.result == second.result
    assert client.state("counts")["contacts"] == 1


def test_all_fields_of_a_rule_have_to_match(with_rules):
    client = with_rules(["email", "extRef"])
    first = client.create(email="a@b.co", extRef="u1")
    assert client.create(email="a@b.co", extRef="u2") != first
    assert client.create(email="a@b.co", extRef="u1") == first


def test_rules_compare_without_case(with_rules):
    client = with_rules(["email"])
    assert client.create(email="Ann@Example.com") == client.create(email="ann@example.COM")


def test_the_first_rule_that_matches_wins(with_rules):
    client = with_rules(["extRef"], ["email"])
    by_ref = client.create(extRef="u1")
    by_email = client.create(email="a@b.co")
    assert by_ref != by_email
    assert client.create(extRef="u1", email="a@b.co") == by_ref


def test_a_rule_is_skipped_when_the_added_contact_lacks_a_field(with_rules):
    client = with_rules(["email", "phone"], ["extRef"])
    first = client.create(email="a@b.co", extRef="u1")
    assert client.create(email="a@b.co", extRef="u1") == first


def test_when_every_rule_is_skipped_the_contact_is_new(with_rules):
    client = with_rules(["email"], ["extRef"])
    assert client.create(firstName="Ann") != client.create(firstName="Ann")


def test_a_rule_without_a_match_leads_to_the_next_rule_or_ends_the_search(with_rules):
    client = with_rules(["extRef"], ["email"])
    first = client.create(extRef="u1", email="a@b.co")
    assert client.create(extRef="u2", email="a@b.co") == first
    client.configure(contacts={"unmatchedRule": "stop"})
    assert client.create(extRef="u3", email="a@b.co") != first


def test_rules_act_on_later_additions_only(with_rules):
    client = with_rules()
    first, second = client.create(email="a@b.co"), client.create(email="a@b.co")
    client.configure(directories={ONE: {"mergeRules": [["email"]]}})
    assert client.state("counts")["contacts"] == 2
    assert client.create(email="a@b.co") == first != second


def test_supplied_fields_overwrite_and_the_others_stay(with_rules):
    client = with_rules(["email"])
    client.create(email="a@b.co", extRef="u1", firstName="Ann", language="DE")
    shown = client.contact(client.create(email="a@b.co", extRef="u2", language="EN"))
    assert shown["extRef"] == "u2"  # a rule by e-mail alone lets the reference be overwritten
    assert (shown["firstName"], shown["language"]) == ("Ann", "EN")


def test_embedded_data_is_added_and_updated_without_case_of_names(with_rules):
    client = with_rules(["extRef"])
    client.create(extRef="u1", embeddedData={"Plan": "free", "since": "2020"})
    contact = client.create(extRef="u1", embeddedData={"plan": "pro", "seats": "3"})
    stored = {"Plan": "pro", "since": "2020", "seats": "3"}
    assert client.contact(contact)["embeddedData"] == stored


def test_names_of_embedded_data_can_be_case_sensitive(with_rules):
    client = with_rules(["extRef"], contacts={"embeddedNamesCaseSensitive": True})
    client.create(extRef="u1", embeddedData={"Plan": "free"})
    contact = client.create(extRef="u1", embeddedData={"plan": "pro"})
    assert client.contact(contact)["embeddedData"] == {"Plan": "free", "plan": "pro"}


@pytest.mark.parametrize(("switch", "opted_out"), [(True, False), (False, True)])
def test_whether_false_ends_an_opt_out_is_configurable(with_rules, switch, opted_out):
    client = with_rules(["extRef"], contacts={"falseResubscribes": switch})
    client.create(extRef="u1", unsubscribed=True)
    contact = client.create(extRef="u1", unsubscribed=False)
    assert client.contact(contact)["directoryUnsubscribed"] is opted_out


def test_a_body_without_unsubscribed_keeps_an_opt_out(with_rules):
    client = with_rules(["extRef"])
    client.create(extRef="u1", unsubscribed=True)
    assert client.contact(client.create(extRef="u1"))["directoryUnsubscribed"] is True


def test_the_fields_of_a_rule_can_be_required(with_rules):
    client = with_rules(["email"], ["extRef"], contacts={"identityRequired": True})
    assert client.post("/contacts", {"firstName": "Ann"}).refusal[0] == 400
    assert client.create(extRef="u1")


def test_an_update_changes_the_fields_that_later_additions_match(with_rules):
    client = with_rules(["extRef"])
    first = client.create(extRef="u1")
    client.call("PUT", f"{CONTACTS}/{first}", {"extRef": "u2"})
    assert client.create(extRef="u2") == first
    assert client.create(extRef="u1") != first


def test_of_two_matches_the_older_contact_wins():
    index = ContactIndex()
    for name in ("CID_old", "CID_new"):
        index.put(name, Contact(name, created_at=0, modified_at=0, fields={"email": "a@b.co"}))
    found = find_duplicate(index, [["email"]], {"email": "A@B.co"}, "next")
    assert found is index.contacts["CID_old"]
