import pytest

from destination_kit import Choice, Choices, IntegrationError, InvalidAuthenticationError
from destinations.qualtrics import QUALTRICS
from destinations.qualtrics.choices import list_directories, list_mailing_lists

FIRST = "https://iad1.qualtrics.com/API/v3/directories"
SECOND = f"{FIRST}?skipToken=two%2F2&pageSize=100"


async def test_every_page_of_the_directories_is_offered(partner):
    partner.queue_results(
        {"elements": [{"directoryId": "POOL_1", "name": "Customers"}], "nextPage": SECOND},
        {
            "elements": [
                {"directoryId": "POOL_2", "name": None},
                {"directoryId": "POOL_3", "name": ""},
            ],
            "nextPage": None,
        },
    )
    context = partner.context
    first = await list_directories(context, {}, None)
    second = await list_directories(context, {}, first.next_page)
    assert first == Choices((Choice("POOL_1", "Customers"),), SECOND)
    assert second == Choices((Choice("POOL_2", "POOL_2"), Choice("POOL_3", "POOL_3")))
    assert partner.calls == [f"GET {FIRST}", f"GET {SECOND}"]


async def test_a_placeholder_is_not_a_page(partner):
    partner.queue_results({"elements": [{"name": "no id"}], "nextPage": "string"})
    assert await list_directories(partner.context, {}, None) == Choices(())


LISTS = f"{FIRST}/POOL_1/mailinglists"


async def test_every_page_of_the_mailing_lists_of_the_directory_is_offered(partner):
    second = f"{LISTS}?skipToken=100"
    partner.queue_results(
        {"elements": [{"mailingListId": "CG_1", "name": "News"}], "nextPage": second},
        {"elements": [{"mailingListId": "CG_2", "name": None}, {"name": "no id"}]},
    )
    mapping = {"directoryId": "POOL_1"}
    first = await list_mailing_lists(partner.context, mapping, None)
    last = await list_mailing_lists(partner.context, mapping, first.next_page)
    assert first == Choices((Choice("CG_1", "News"),), second)
    assert last == Choices((Choice("CG_2", "CG_2"),))
    assert partner.calls == [f"GET {LISTS}", f"GET {second}"]


@pytest.mark.parametrize("mapping", [{}, {"directoryId": ""}, {"directoryId": {"@path": "$.x"}}])
async def test_without_a_directory_no_call_is_made(partner, mapping):
    with pytest.raises(IntegrationError, match="fill in directoryId in the mapping first"):
        await list_mailing_lists(partner.context, mapping, None)
    assert partner.requests == []


def test_transactions_offer_mailing_lists():
    action = QUALTRICS.actions["upsertContactTransaction"]
    assert action.choices["mailingListId"] is list_mailing_lists
    assert action.fields["properties"]["mailingListId"]["x-dynamic"] is True


ELSEWHERE = [
    "https://evil.example.com/API/v3/directories",
    "https://iad1.qualtrics.com.evil.example/",
    "https://iad1.qualtrics.com@evil.example/",
    "https://iad1.qualtrics.com:444/API",
    "http://iad1.qualtrics.com/API/v3/directories",
    "https://sjc1.qualtrics.com/API/v3/directories",
]


@pytest.mark.parametrize("page", ELSEWHERE)
async def test_a_next_page_on_another_host_is_refused_in_the_response(partner, page):
    partner.queue_results({"elements": [], "nextPage": page})
    with pytest.raises(IntegrationError, match="not on the host of this data center"):
        await list_directories(partner.context, {}, None)
    assert partner.calls == [f"GET {FIRST}"]


@pytest.mark.parametrize("page", [*ELSEWHERE, "nonsense", ""])
async def test_a_page_on_another_host_is_refused_before_the_call(partner, page):
    with pytest.raises(IntegrationError, match="not on the host of this data center"):
        await list_directories(partner.context, {}, page)
    assert partner.requests == []


async def test_a_list_without_elements_is_refused(partner):
    partner.queue_results({"directories": []})
    with pytest.raises(IntegrationError, match="lists no elements"):
        await list_directories(partner.context, {}, None)


@pytest.mark.parametrize("page", [None, SECOND])
async def test_without_a_token_no_call_is_made(partner, page):
    partner.settings = {"datacenter": "iad1"}
    with pytest.raises(InvalidAuthenticationError, match="no API token"):
        await list_directories(partner.context, {}, page)
    assert partner.requests == []


def test_both_contact_actions_offer_directories():
    offering = {
        slug for slug, action in QUALTRICS.actions.items() if "directoryId" in action.choices
    }
    assert offering == {"addContactToXmd", "upsertContactTransaction"}
