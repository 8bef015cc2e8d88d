"""Calls of the API: what they send, and what they make of each response."""

from dataclasses import replace

import pytest

from destination_kit import HTTPError, IntegrationError, TransportError
from destinations.qualtrics import client
from destinations.qualtrics.client import ContactRef

ERROR = {"errorMessage": "No."}
NAMES = ("extRef", "phone", "email")


@pytest.mark.parametrize("count", [1, 2, 3])
async def test_several_identifiers_are_a_conjunction(partner, count):
    partner.queue_results({"elements": []})
    await client.search_contacts(partner.context, "POOL_1", {name: name for name in NAMES[:count]})
    filters = [{"filterType": name, "comparison": "eq", "value": name} for name in NAMES[:count]]
    several = {"conjunction": "and", "filters": filters}
    assert partner.body(0) == {"filter": filters[0] if count == 1 else several}


def pages(*ids_of_pages):
    """Return results of a search, a list of ids for each page; the last one leads on, too."""
    return [
        {"elements": [{"id": contact_id} for contact_id in ids], "skipToken": str(page)}
        for page, ids in enumerate(ids_of_pages)
    ]


async def search(partner):
    return await client.search_contacts(partner.context, "POOL_1", {"extRef": "u"})


async def test_a_search_ends_with_the_second_contact(partner):
    partner.queue_results(*pages([], ["CID_1"], ["CID_1"], ["CID_2"], ["CID_3"]))
    assert await search(partner) == (ContactRef("CID_1", ""), ContactRef("CID_2", ""))
    assert len(partner.calls) == 4


@pytest.mark.parametrize(("count", "ends"), [(100, True), (101, False)])
async def test_a_search_has_a_hundred_pages_at_most(partner, count, ends):
    partner.queue_results(*pages(*[[]] * (count - 1)), {"elements": []})
    if ends:
        assert await search(partner) == ()
    else:
        with pytest.raises(IntegrationError, match="the search does not end"):
            await search(partner)
    assert len(partner.calls) == 100


@pytest.mark.parametrize("identifier", [None, "", 7, ["CID_1"]])
async def test_a_contact_without_an_id_is_not_as_documented(partner, identifier):
    partner.queue_results({"elements": [{"id": identifier}]}, {"id": identifier})
    with pytest.raises(IntegrationError, match="it names no id of a contact"):
        await search(partner)
    with pytest.raises(IntegrationError, match="it names no id of the contact") as raised:
        await client.create_contact(partner.context, "POOL_1", {})
    assert raised.value.outcome_unknown


CALLS = [
    lambda context: client.contact_exists(context, "POOL_1", "CID_1"),
    lambda context: client.update_contact(context, "POOL_1", "CID_1", {}),
]


@pytest.mark.parametrize("call", CALLS)
async def test_a_contact_exists_unless_the_partner_does_not_find_it(partner, call):
    partner.queue_results({}, {})
    partner.queue_results(ERROR, status=404)
    partner.queue_results(ERROR, status=403)
    assert [await call(partner.context) for _ in range(3)] == [True, True, False]
    with pytest.raises(HTTPError, match=r"No\."):
        await call(partner.context)


class Broken:
    """HTTP client whose responses cannot be read, such as broken gzip."""

    def __init__(self, status):
        self.error = TransportError(
            "got no complete response",
            code="CONNECTION_FAILED",
            outcome_unknown=True,
            received_status=status,
        )

    async def request(self, *_arguments, **_options):
        raise self.error

    get = put = post = request


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    ("status", "exists"), [(200, True), (299, True), (199, False), (300, False), (None, False)]
)
async def test_a_good_response_that_cannot_be_read_shows_that_a_contact_exists(
    partner, call, status, exists
):
    context = replace(partner.context, http=Broken(status))
    if exists:
        assert await call(context)
    else:
        with pytest.raises(TransportError):
            await call(context)


@pytest.mark.parametrize(("status", "is_taken"), [(202, True), (500, False), (None, False)])
async def test_a_good_response_that_cannot_be_read_shows_that_a_workflow_was_started(
    partner, status, is_taken
):
    context = replace(partner.context, http=Broken(status))
    if is_taken:
        assert await client.start_workflow(context, "https://x.example/a?b", {}) == ""
    else:
        with pytest.raises(TransportError):
            await client.start_workflow(context, "https://x.example/a?b", {})
