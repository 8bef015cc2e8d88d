"""Who is who, and for how long that is known."""

from dataclasses import replace

import pytest

from destinations.qualtrics.contact_cache import (
    LAG,
    LIFETIME,
    Known,
    People,
    person_of,
    read_criteria,
)
from destinations.qualtrics.ttl_cache import TtlCache

MINE = "tok-1"


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def people(clock):
    return People(clock)


@pytest.fixture
def person(partner):
    """Return identity -> whom it means to the token of the partner, or to another one."""

    def make(*, anonymous_id=None, token=MINE, directory="POOL_1", **identity):
        settings = {**partner.settings, "apiToken": token}
        context = replace(partner.context, settings=settings, anonymous_id=anonymous_id)
        return person_of(context, directory, identity)

    return make


def knowing(people, person, contact=None, strongest="extRef"):
    people.admit(person)
    people.remember(person, contact or Known("CID_1", person.ext_ref), strongest)


def test_a_memory_forgets_when_its_time_has_come(clock):
    memory = TtlCache(5, clock)
    memory.put("a", 1, 10)
    clock.now = 9.9
    assert (memory.get("a"), "a" in memory) == (1, True)
    clock.now = 10
    assert (memory.get("a"), "a" in memory) == (None, False)


def test_a_memory_is_bounded_and_lets_the_oldest_go(clock):
    memory = TtlCache(2, clock)
    for key in "abac":
        memory.put(key, key, 10)
    assert [memory.get(key) for key in "abc"] == ["a", None, "c"]
    assert len(memory) == 2


def test_a_memory_drops_what_it_is_told_to(clock):
    memory = TtlCache(2, clock)
    memory.put("a", 1, 10)
    memory.drop("a")
    memory.drop("b")
    assert memory.get("a") is None


@pytest.mark.parametrize(
    ("criteria", "names"),
    [
        ({}, ["extRef", "email", "phone"]),
        ({"email": True}, ["email", "extRef", "phone"]),
        ({"phone": True}, ["phone", "extRef", "email"]),
        ({"phone": True, "email": True}, ["email", "phone", "extRef"]),
        ({"email": True, "externalDataReference": True}, ["extRef", "email", "phone"]),
        ({"email": "yes", "firstName": True}, ["extRef", "email", "phone"]),
        (None, ["extRef", "email", "phone"]),
    ],
)
def test_what_a_directory_deduplicates_by_is_the_strongest(person, criteria, names):
    somebody = person(phone="1", email="a@x", extRef="u")
    assert somebody.ranked(read_criteria({"deduplicationCriteria": criteria})) == names


@pytest.mark.parametrize("criteria", [{}, {"extRef": True}])
def test_an_anonymous_id_is_never_the_strongest(person, criteria):
    somebody = person(anonymous_id="anon", phone="1", email="a@x", extRef="anon")
    assert somebody.anonymous
    assert somebody.ranked(criteria) == ["email", "phone", "extRef"]


def test_an_ext_ref_besides_an_anonymous_id_is_a_name(person):
    assert not person(anonymous_id="anon", extRef="u").anonymous
    assert not person(anonymous_id="", extRef="").anonymous


def test_blanks_and_case_make_no_other_key(person):
    assert person(email=" Ada@X ", phone=" ").keys == person(email="ada@x").keys


def test_other_letters_make_another_key(person):
    assert person(extRef="ﬁona").keys != person(extRef="fiona").keys
    assert person(extRef="straße").keys != person(extRef="STRASSE").keys
    assert person(extRef="fiona").is_another("ﬁona")


def test_directories_and_hosts_do_not_share_keys(person):
    assert person(email="a@x").keys != person(email="a@x", directory="POOL_2").keys


@pytest.mark.parametrize(
    ("identity", "stored", "another"),
    [
        ({"extRef": "u1"}, "u2", True),
        ({"extRef": "u1"}, " U1 ", False),
        ({"extRef": "u1"}, "", False),
        ({"email": "a@x"}, "u2", False),
        ({"extRef": "u1", "anonymous_id": "u1"}, "u2", False),
        ({"extRef": "u1", "anonymous_id": "anon"}, "anon", False),
        ({"extRef": "u1", "anonymous_id": "anon"}, "u2", True),
    ],
)
def test_a_contact_with_the_ext_ref_of_somebody_else_is_another(person, identity, stored, another):
    assert person(**identity).is_another(stored) is another


def test_a_contact_is_known_for_long_by_the_strongest_key_and_shortly_by_others(
    people, person, clock
):
    ada = person(extRef="u", email="a@x")
    knowing(people, ada)
    clock.now = LAG - 1
    assert people.recall(ada, "email") == people.recall(ada, "extRef") == Known("CID_1", "u")
    clock.now = LAG
    assert people.recall(ada, "email") is None
    assert people.recall(ada, "extRef") == Known("CID_1", "u")
    clock.now = LIFETIME
    assert people.recall(ada, "extRef") is None
    assert not people.may_know(ada)


def test_a_weak_key_of_two_contacts_tells_nobody_apart(people, person):
    knowing(people, person(extRef="u1", email="a@x"), Known("CID_1", ""))
    knowing(people, person(extRef="u2", email="a@x"), Known("CID_2", ""))
    assert people.recall(person(email="a@x"), "email") is None
    assert people.recall(person(extRef="u1"), "extRef") == Known("CID_1", "")


def test_the_contact_of_another_is_not_recalled(people, person):
    knowing(people, person(extRef="u1", email="a@x"), strongest="email")
    assert people.recall(person(extRef="u2", email="a@x"), "email") is None
    assert people.recall(person(email="a@x"), "email") == Known("CID_1", "u1")


def test_another_token_is_told_nothing_until_it_has_shown_access(people, person):
    mine, theirs = person(extRef="u"), person(extRef="u", token="tok-2")
    knowing(people, mine)
    assert not people.may_know(theirs)
    assert people.hides(theirs)
    assert people.recall(theirs, "extRef") is None
    people.admit(person(extRef="u", token="tok-2", directory="POOL_2"))
    assert people.recall(theirs, "extRef") is None
    people.admit(theirs)
    assert people.recall(theirs, "extRef") == Known("CID_1", "u")
    assert not people.hides(theirs)


def test_who_is_gone_is_forgotten_by_every_key_but_not_who_came_instead(people, person):
    ada = person(extRef="u", email="a@x")
    knowing(people, ada)
    people.forget(ada, "CID_0")
    assert people.may_know(ada)
    people.forget(ada, "CID_1")
    assert not people.may_know(ada)


def test_a_person_shows_no_token(person):
    assert "tok-1" not in repr(person(extRef="u"))
