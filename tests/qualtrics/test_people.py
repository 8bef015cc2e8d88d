"""Who is who, and what is remembered of them."""

from dataclasses import replace

import pytest

from destinations.qualtrics.memory import Memory
from destinations.qualtrics.people import LAG, LIFETIME, Known, People, person_of, read_criteria

ANN = {"extRef": " u-1 ", "email": "Ann@Example.com", "phone": "1"}


class Clock:
    def __init__(self):
        self.time = 1000.0

    def __call__(self):
        return self.time


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def people(clock):
    return People(clock)


def person(partner, anonymous_id=None, token=None, **body):
    context = replace(partner.context, anonymous_id=anonymous_id)
    if token:
        context = replace(context, settings={**context.settings, "apiToken": token})
    return person_of(context, "POOL_1", body)


def test_what_identifies_a_person_is_compared_as_qualtrics_does(partner):
    ann = person(partner, **ANN)
    assert dict(ann.identity) == {"extRef": "u-1", "phone": "1", "email": "Ann@Example.com"}
    assert ann.keys == person(partner, extRef="U-1", email="ann@example.COM ", phone="1").keys
    assert person(partner, extRef="  ", email=None).keys == []


@pytest.mark.parametrize(
    ("criteria", "anonymous_id", "ranked"),
    [
        ({}, None, ["extRef", "email", "phone"]),
        ({"phone": True}, None, ["phone", "extRef", "email"]),
        ({"phone": True, "email": True}, None, ["email", "phone", "extRef"]),
        ({"extRef": True, "phone": True}, None, ["extRef", "phone", "email"]),
        ({}, "u-1", ["email", "phone", "extRef"]),
        ({"extRef": True}, "u-1", ["email", "phone", "extRef"]),
        ({}, "u-2", ["extRef", "email", "phone"]),
    ],
)
def test_the_strongest_key_is_what_the_directory_goes_by_and_never_an_anonymous_id(
    partner, criteria, anonymous_id, ranked
):
    assert person(partner, anonymous_id, **ANN).ranked(criteria) == ranked


def test_criteria_have_our_names_and_only_true_counts():
    said = {"externalDataReference": True, "email": "yes", "firstName": True}
    assert read_criteria({"deduplicationCriteria": said}) == {
        "extRef": True,
        "email": False,
        "phone": False,
    }
    nothing = {"extRef": False, "email": False, "phone": False}
    assert read_criteria({}) == read_criteria({"deduplicationCriteria": None}) == nothing


def test_a_contact_with_another_extref_is_somebody_else(partner):
    ann = person(partner, **ANN)
    assert [ann.is_another(each) for each in ("u-2", "U-1", "", " ")] == [True, False, False, False]
    assert not person(partner, "u-1", **ANN).is_another("u-2")
    assert not person(partner, email="a").is_another("u-2")


def test_a_contact_is_known_long_by_its_strongest_key_and_shortly_by_others(partner, people, clock):
    ann = person(partner, **ANN)
    people.admit(ann)
    people.remember(ann, Known("CID_1", "u-1"), "extRef")
    assert people.recall(ann, "email") == people.recall(ann, "extRef") == Known("CID_1", "u-1")
    clock.time += LAG + 1
    assert people.recall(ann, "email") is None
    assert people.may_know(ann)
    people.admit(ann)
    clock.time += LIFETIME - LAG
    assert people.recall(ann, "extRef") is None
    assert not people.may_know(ann)


def test_a_weak_key_of_two_contacts_tells_nobody_apart(partner, people):
    ann, bob = person(partner, **ANN), person(partner, extRef="u-2", email=ANN["email"])
    people.admit(ann)
    people.remember(ann, Known("CID_1", "u-1"), "extRef")
    people.remember(bob, Known("CID_2", "u-2"), "extRef")
    assert people.recall(person(partner, email=ANN["email"]), "email") is None
    assert people.recall(ann, "extRef").contact_id == "CID_1"
    assert people.recall(bob, "extRef").contact_id == "CID_2"


def test_nobody_is_taken_for_somebody_else(partner, people):
    ann = person(partner, **ANN)
    people.admit(ann)
    people.remember(ann, Known("CID_1", "u-1"), "email")
    assert people.recall(person(partner, extRef="u-2", email=ANN["email"]), "email") is None


def test_a_contact_that_is_gone_is_forgotten_by_all_its_keys(partner, people):
    ann = person(partner, **ANN)
    people.admit(ann)
    people.remember(ann, Known("CID_1", "u-1"), "extRef")
    people.forget(ann, "CID_other")
    assert people.may_know(ann)
    people.forget(ann, "CID_1")
    assert not people.may_know(ann)


def test_another_token_knows_nothing_until_it_was_good_for_the_directory(partner, people):
    ann, same = person(partner, **ANN), person(partner, token="another", **ANN)
    people.admit(ann)
    people.remember(ann, Known("CID_1", "u-1"), "extRef")
    assert not people.may_know(same)
    assert people.recall(same, "extRef") is None
    people.admit(same)
    assert people.recall(same, "extRef") == Known("CID_1", "u-1")


def test_a_memory_holds_no_more_than_it_may_and_the_oldest_goes_first(clock):
    memory = Memory(3, clock)
    for number in range(10):
        memory.put(number, str(number), 60)
        memory.put(0, "zero", 60)
    assert len(memory) == 3
    assert [memory.get(each) for each in (0, 9, 8, 7)] == ["zero", "9", "8", None]


def test_a_memory_forgets_in_time(clock):
    memory = Memory(3, clock)
    memory.put("a", 1, 60)
    clock.time += 59
    assert "a" in memory
    clock.time += 1
    assert memory.get("a") is None
