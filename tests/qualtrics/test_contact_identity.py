"""Which identifiers make the same person, and which of them is the strongest."""

import pytest

from destinations.qualtrics.deduplication_criteria import read_criteria


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
def test_the_identifiers_of_the_deduplication_criteria_are_the_strongest(
    make_identity, criteria, names
):
    identity = make_identity(phone="1", email="a@x", extRef="u")
    assert identity.rank(read_criteria({"deduplicationCriteria": criteria})) == names


def test_an_identifier_that_no_criterion_names_is_weaker(make_identity):
    identity = make_identity(phone="1", email="a@x", extRef="u")
    assert identity.rank({"phone": True}) == ["phone", "extRef", "email"]


@pytest.mark.parametrize("criteria", [{}, {"extRef": True}])
def test_an_anonymous_id_is_never_the_strongest(make_identity, criteria):
    identity = make_identity(anonymous_id="anon", phone="1", email="a@x", extRef="anon")
    assert identity.is_anonymous
    assert identity.rank(criteria) == ["email", "phone", "extRef"]


def test_an_ext_ref_besides_an_anonymous_id_is_a_name(make_identity):
    assert not make_identity(anonymous_id="anon", extRef="u").is_anonymous
    assert not make_identity(anonymous_id="", extRef="").is_anonymous


def test_blanks_and_case_make_no_other_key(make_identity):
    assert make_identity(email=" Ada@X ", phone=" ").keys == make_identity(email="ada@x").keys


def test_other_letters_make_another_key(make_identity):
    assert make_identity(extRef="ﬁona").keys != make_identity(extRef="fiona").keys
    assert make_identity(extRef="straße").keys != make_identity(extRef="STRASSE").keys
    assert make_identity(extRef="fiona").is_other_person("ﬁona")


def test_directories_and_hosts_do_not_share_keys(make_identity):
    assert make_identity(email="a@x").keys != make_identity(email="a@x", directory="POOL_2").keys


@pytest.mark.parametrize(
    ("identity", "stored", "other"),
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
def test_a_contact_with_a_different_ext_ref_belongs_to_another_person(
    make_identity, identity, stored, other
):
    assert make_identity(**identity).is_other_person(stored) is other


def test_an_identity_shows_no_token(make_identity):
    assert "tok-1" not in repr(make_identity(extRef="u"))
