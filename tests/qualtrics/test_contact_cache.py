"""Which contacts are cached, for how long, and for which tokens."""

import pickle
import tracemalloc

import pytest

from destination_kit import RetryableError
from destinations.qualtrics.client import ContactRef
from destinations.qualtrics.contact_cache import MAX_BYTES, TTL, WEAK_TTL, ContactCache


@pytest.fixture
def cache(clock):
    return ContactCache(clock)


def remember(cache, identity, contact=None, strongest="extRef"):
    cache.confirm_access(identity)
    cache.deduplication_criteria.put(identity.token_scope, {strongest: True}, TTL)
    cache.remember(identity, contact or ContactRef("CID_1", identity.ext_ref))


def test_a_contact_is_cached_for_long_by_the_strongest_key_and_shortly_by_others(
    cache, make_identity, clock
):
    ada = make_identity(extRef="u", email="a@x")
    remember(cache, ada)
    clock.now = WEAK_TTL - 1
    assert cache.get(ada, "email") == cache.get(ada, "extRef") == ContactRef("CID_1", "u")
    clock.now = WEAK_TTL
    assert cache.get(ada, "email") is None
    assert cache.get(ada, "extRef") == ContactRef("CID_1", "u")
    clock.now = TTL
    assert cache.get(ada, "extRef") is None
    assert not cache.can_read(ada)


def test_a_weak_identifier_of_two_contacts_identifies_neither(cache, make_identity):
    remember(cache, make_identity(extRef="u1", email="a@x"), ContactRef("CID_1", ""))
    remember(cache, make_identity(extRef="u2", email="a@x"), ContactRef("CID_2", ""))
    assert cache.get(make_identity(email="a@x"), "email") is None
    assert cache.get(make_identity(extRef="u1"), "extRef") == ContactRef("CID_1", "")


def test_the_contact_of_another_person_is_not_returned(cache, make_identity):
    remember(cache, make_identity(extRef="u1", email="a@x"), strongest="email")
    assert cache.get(make_identity(extRef="u2", email="a@x"), "email") is None
    assert cache.get(make_identity(email="a@x"), "email") == ContactRef("CID_1", "u1")


def test_another_token_gets_nothing_until_it_has_shown_access(cache, make_identity):
    mine, theirs = make_identity(extRef="u"), make_identity(extRef="u", api_key="tok-2")
    remember(cache, mine)
    assert not cache.can_read(theirs)
    assert cache.lacks_access(theirs)
    assert cache.get(theirs, "extRef") is None
    cache.confirm_access(make_identity(extRef="u", api_key="tok-2", directory="POOL_2"))
    assert cache.get(theirs, "extRef") is None
    cache.confirm_access(theirs)
    assert cache.get(theirs, "extRef") == ContactRef("CID_1", "u")
    assert not cache.lacks_access(theirs)


def test_a_deleted_contact_is_evicted_by_every_key_but_not_its_successor(cache, make_identity):
    ada = make_identity(extRef="u", email="a@x")
    remember(cache, ada)
    cache.evict(ada, "CID_0")
    assert cache.can_read(ada)
    cache.evict(ada, "CID_1")
    assert not cache.can_read(ada)


LONG = "u" * 100_000


def test_a_long_identifier_is_hashed_and_still_names_its_contact(cache, make_identity):
    person, other = make_identity(extRef=LONG), make_identity(extRef=LONG + "v")
    remember(cache, person)
    assert all(len(part) <= 100 for part in person.keys[0])
    found = cache.get(make_identity(extRef=f" {LONG.upper()} "), "extRef")
    assert found.contact_id == "CID_1"
    assert len(found.ext_ref) <= 100
    assert cache.get(other, "extRef") is None


def test_a_long_ext_ref_tells_people_apart(cache, make_identity):
    remember(cache, make_identity(extRef=LONG, email="a@x"), strongest="email")
    assert cache.get(make_identity(extRef=LONG + "v", email="a@x"), "email") is None
    assert cache.get(make_identity(extRef=LONG, email="a@x"), "email").contact_id == "CID_1"


def test_the_hash_of_a_long_identifier_is_the_identifier_of_no_one(cache, make_identity):
    remember(cache, make_identity(extRef=LONG))
    digest = make_identity(extRef=LONG).keys[0][3]
    assert cache.get(make_identity(extRef=digest.hex()), "extRef") is None
    assert cache.get(make_identity(extRef=digest.decode("latin-1")), "extRef") is None


def test_all_that_is_cached_has_a_bound_in_bytes(clock, make_identity):
    """The entries are as large as they can be, and none shares a text with another."""
    people = [
        make_identity(
            extRef=f"{number}".rjust(64, "u"),
            email=f"{number}".rjust(64, "e"),
            phone=f"é{number}",
            directory=f"{number}".rjust(100, "P"),
        )
        for number in range(4000)
    ]
    tracemalloc.start()
    try:
        cache = ContactCache(clock, max_bytes=2_000_000)
        for number, identity in enumerate(people):
            person = pickle.loads(pickle.dumps(identity))  # noqa: S301 - a copy shares no text
            cache.mark_in_doubt(person)
            cache.confirm_access(person)
            cache.remember(person, ContactRef(f"{number}".rjust(100, "C"), person.ext_ref))
            cache.mark_in_doubt(person)
            cache.transaction_limits.put(person.directory, 5, TTL)
            cache.deduplication_criteria.put(number, {"extRef": True, "email": True}, TTL)
            cache.transaction_claims.claim(f"CTR_{number}")
            cache.transaction_claims.mark_in_doubt(2**62 + number)
        del person
        size, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert 1_000_000 < size <= 2_000_000
    assert cache.has_contact(identity)


@pytest.mark.parametrize(
    ("contact_id", "is_cached"), [("C" * 100, True), ("C" * 101, False), ("Ç", False)]
)
def test_a_contact_with_a_long_id_is_not_cached_and_ends_a_doubt(
    cache, make_identity, contact_id, is_cached
):
    person = make_identity(extRef="u")
    cache.mark_in_doubt(person)
    remember(cache, person, ContactRef(contact_id, "u"))
    assert cache.can_read(person) is is_cached
    assert not cache.is_in_doubt(person)


def test_the_default_holds_everybody_whom_qualtrics_lets_us_write_in_ten_minutes(
    cache, make_identity
):
    first = make_identity(extRef="u0", email="0@x", phone="0")
    for number in range(10_000):
        person = make_identity(extRef=f"u{number}", email=f"{number}@x", phone=f"{number}")
        cache.remember(person, ContactRef(f"CID_{number}", f"u{number}"))
    assert cache.has_contact(first)


def test_a_contact_is_known_for_ten_minutes_and_by_a_weaker_identifier_for_one():
    assert (TTL, WEAK_TTL) == (600.0, 60.0)


def test_64_megabytes_of_people_are_remembered_by_default():
    assert MAX_BYTES == 64_000_000


def test_a_deleted_contact_is_evicted_from_its_own_keys_alone(cache, make_identity):
    """The two persons share a phone number, and only one of them was deleted."""
    remember(cache, make_identity(extRef="u1"), ContactRef("CID_1", ""))
    remember(cache, make_identity(phone="5"), ContactRef("CID_2", ""), strongest="phone")
    cache.evict(make_identity(extRef="u1", phone="5"), "CID_2")
    assert cache.has_contact(make_identity(extRef="u1"))
    assert not cache.has_contact(make_identity(phone="5"))


def test_a_token_reads_what_is_cached_and_no_more(cache, make_identity):
    ada, bob = make_identity(extRef="u1"), make_identity(extRef="u2")
    assert [cache.has_contact(ada), cache.can_read(ada), cache.lacks_access(ada)] == [False] * 3
    remember(cache, ada)
    assert [cache.has_contact(ada), cache.can_read(ada)] == [True, True]
    assert [cache.has_contact(bob), cache.can_read(bob), cache.lacks_access(bob)] == [False] * 3


def doubt(cache, identity):
    """Return the seconds until a search settles a doubt, None without one."""
    try:
        cache.raise_if_in_doubt(identity)
    except RetryableError as error:
        return error.retry_after
    return None


def test_a_doubt_lasts_until_a_search_can_find_the_contact(cache, make_identity, clock):
    ada, other = make_identity(extRef="u", email="a@x"), make_identity(extRef="v")
    assert (doubt(cache, ada), cache.is_in_doubt(ada)) == (None, False)
    clock.now = 100.0
    cache.mark_in_doubt(ada)
    assert (doubt(cache, ada), doubt(cache, make_identity(email="a@x"))) == (10.0, 10.0)
    assert (doubt(cache, other), cache.is_in_doubt(other)) == (None, False)
    clock.now = 109.5
    assert (doubt(cache, ada), cache.is_in_doubt(ada)) == (0.5, True)
    for now in (110.0, 111.5, 699.0):
        clock.now = now
        assert (doubt(cache, ada), cache.is_in_doubt(ada)) == (None, True), "a search is needed"
    clock.now = 700.0
    assert not cache.is_in_doubt(ada)


def test_the_latest_doubt_about_any_identifier_counts(cache, make_identity, clock):
    cache.mark_in_doubt(make_identity(extRef="u"))
    clock.now = 4.0
    cache.mark_in_doubt(make_identity(email="a@x"))
    assert doubt(cache, make_identity(extRef="u", email="a@x")) == 10.0
    assert doubt(cache, make_identity(extRef="u")) == 6.0


def test_a_contact_that_is_known_ends_the_doubt(cache, make_identity):
    ada, bob = make_identity(extRef="u", email="a@x"), make_identity(extRef="v")
    cache.mark_in_doubt(ada)
    cache.mark_in_doubt(bob)
    remember(cache, ada)
    assert [cache.is_in_doubt(person) for person in (ada, bob)] == [False, True]


def test_a_contact_that_is_cached_again_stays_known_by_every_identifier(cache, make_identity):
    ada = make_identity(extRef="u", email="a@x")
    remember(cache, ada)
    remember(cache, ada)
    assert cache.get(ada, "email") == cache.get(ada, "extRef") == ContactRef("CID_1", "u")
