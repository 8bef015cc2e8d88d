import pytest

from destinations.qualtrics.simulator.deduplication import find_match
from destinations.qualtrics.simulator.store import Contact, Table

ONE = "POOL_000000000000001"
CONTACTS = f"/API/v3/directories/{ONE}/contacts"


@pytest.fixture
def with_rules(line):
    def configure(*rules, **switches):
        line.configure(directories={ONE: {"mergeRules": list(rules)}}, **switches)
        return line

    return configure


def test_without_rules_the_same_person_twice_is_two_contacts(with_rules):
    line = with_rules()
    assert line.create(extRef="u1", email="a@b.co") != line.create(extRef="u1", email="a@b.co")


def test_a_merge_answers_as_a_creation_does(with_rules):
    line = with_rules(["extRef"])
    first, second = (line.post("/contacts", {"extRef": "u1"}) for _ in range(2))
    assert first.result == second.result
    assert line.state("counts")["contacts"] == 1


def test_all_fields_of_a_rule_have_to_match(with_rules):
    line = with_rules(["email", "extRef"])
    first = line.create(email="a@b.co", extRef="u1")
    assert line.create(email="a@b.co", extRef="u2") != first
    assert line.create(email="a@b.co", extRef="u1") == first


def test_rules_compare_without_case(with_rules):
    line = with_rules(["email"])
    assert line.create(email="Ann@Example.com") == line.create(email="ann@example.COM")


def test_the_first_rule_that_matches_wins(with_rules):
    line = with_rules(["extRef"], ["email"])
    by_ref = line.create(extRef="u1")
    by_email = line.create(email="a@b.co")
    assert by_ref != by_email
    assert line.create(extRef="u1", email="a@b.co") == by_ref


def test_a_rule_is_skipped_when_the_added_contact_lacks_a_field(with_rules):
    line = with_rules(["email", "phone"], ["extRef"])
    first = line.create(email="a@b.co", extRef="u1")
    assert line.create(email="a@b.co", extRef="u1") == first


def test_when_every_rule_is_skipped_the_contact_is_new(with_rules):
    line = with_rules(["email"], ["extRef"])
    assert line.create(firstName="Ann") != line.create(firstName="Ann")


def test_a_rule_that_finds_nobody_hands_on_or_ends_it(with_rules):
    line = with_rules(["extRef"], ["email"])
    first = line.create(extRef="u1", email="a@b.co")
    assert line.create(extRef="u2", email="a@b.co") == first
    line.configure(contacts={"unmatchedRule": "stop"})
    assert line.create(extRef="u3", email="a@b.co") != first


def test_rules_act_on_later_additions_only(with_rules):
    line = with_rules()
    first, second = line.create(email="a@b.co"), line.create(email="a@b.co")
    line.configure(directories={ONE: {"mergeRules": [["email"]]}})
    assert line.state("counts")["contacts"] == 2
    assert line.create(email="a@b.co") == first != second


def test_supplied_fields_overwrite_and_the_others_stay(with_rules):
    line = with_rules(["email"])
    line.create(email="a@b.co", extRef="u1", firstName="Ann", language="DE")
    shown = line.contact(line.create(email="a@b.co", extRef="u2", language="EN"))
    assert shown["extRef"] == "u2"  # a rule by e-mail alone lets the reference be overwritten
    assert (shown["firstName"], shown["language"]) == ("Ann", "EN")


def test_embedded_data_is_added_and_updated_without_case_of_names(with_rules):
    line = with_rules(["extRef"])
    line.create(extRef="u1", embeddedData={"Plan": "free", "since": "2020"})
    contact = line.create(extRef="u1", embeddedData={"plan": "pro", "seats": "3"})
    stored = {"Plan": "pro", "since": "2020", "seats": "3"}
    assert line.contact(contact)["embeddedData"] == stored


def test_names_of_embedded_data_can_be_told_apart_by_case(with_rules):
    line = with_rules(["extRef"], contacts={"embeddedNamesCaseSensitive": True})
    line.create(extRef="u1", embeddedData={"Plan": "free"})
    contact = line.create(extRef="u1", embeddedData={"plan": "pro"})
    assert line.contact(contact)["embeddedData"] == {"Plan": "free", "plan": "pro"}


@pytest.mark.parametrize(("switch", "opted_out"), [(True, False), (False, True)])
def test_whether_false_opts_people_back_in_is_a_switch(with_rules, switch, opted_out):
    line = with_rules(["extRef"], contacts={"falseResubscribes": switch})
    line.create(extRef="u1", unsubscribed=True)
    contact = line.create(extRef="u1", unsubscribed=False)
    assert line.contact(contact)["directoryUnsubscribed"] is opted_out


def test_saying_nothing_leaves_an_opt_out_alone(with_rules):
    line = with_rules(["extRef"])
    line.create(extRef="u1", unsubscribed=True)
    assert line.contact(line.create(extRef="u1"))["directoryUnsubscribed"] is True


def test_the_fields_of_a_rule_can_be_required(with_rules):
    line = with_rules(["email"], ["extRef"], contacts={"identityRequired": True})
    assert line.post("/contacts", {"firstName": "Ann"}).refusal[0] == 400
    assert line.create(extRef="u1")


def test_an_update_moves_the_keys_that_later_additions_find(with_rules):
    line = with_rules(["extRef"])
    first = line.create(extRef="u1")
    line.call("PUT", f"{CONTACTS}/{first}", {"extRef": "u2"})
    assert line.create(extRef="u2") == first
    assert line.create(extRef="u1") != first


def test_of_two_matches_the_older_contact_wins():
    table = Table()
    for name in ("CID_old", "CID_new"):
        table.put(name, Contact(name, created=0, modified=0, fields={"email": "a@b.co"}))
    found = find_match(table, [["email"]], {"email": "A@B.co"}, "next")
    assert found is table.contacts["CID_old"]
