"""A cached contact is updated by its id, and stays cached under all its identifiers."""

import pytest

from destinations.qualtrics.client import ContactRef
from destinations.qualtrics.contact_upsert import upsert_contact

CONTACTS = "https://iad1.qualtrics.com/API/v3/directories/POOL_1/contacts"


@pytest.mark.parametrize(
    ("cached", "identifiers", "ext_ref"),
    [
        ("u-1", {"email": "a@x"}, "u-1"),
        ("", {"extRef": "u-1"}, "u-1"),
        ("", {"email": "a@x"}, ""),
        ("U-1", {"extRef": "u-1"}, "u-1"),
    ],
)
async def test_an_update_keeps_the_ext_ref_of_a_contact_that_the_event_does_not_name(
    partner, make_identity, cached, identifiers, ext_ref
):
    identity = make_identity(**identifiers)
    [name] = identifiers
    partner.cache.confirm_access(identity)
    partner.cache.remember(identity, ContactRef("CID_1", cached))
    partner.queue_results({})
    answer = await upsert_contact(partner.context, identity, {"firstName": "Ada"})
    assert answer == {"contactId": "CID_1"}
    assert partner.calls == [f"PUT {CONTACTS}/CID_1"]
    assert partner.cache.get(identity, name) == ContactRef("CID_1", ext_ref)


async def test_a_contact_without_identifiers_is_created_each_time(partner, make_identity):
    partner.queue_results({"id": "CID_1"}, {"id": "CID_2"})
    context, nobody = partner.context, make_identity()
    assert await upsert_contact(context, nobody, {"firstName": "Ada"}) == {"contactId": "CID_1"}
    assert await upsert_contact(context, nobody, {"firstName": "Ada"}) == {"contactId": "CID_2"}
    assert partner.calls == [f"POST {CONTACTS}"] * 2
