import asyncio
from contextlib import asynccontextmanager

import pytest

from destination_kit import (
    Catalog,
    Choice,
    ChoiceRequest,
    Choices,
    HTTPError,
    IntegrationError,
    InvalidAuthenticationError,
)
from destinations.qualtrics import QUALTRICS
from destinations.qualtrics.choices import (
    list_directories,
    list_embedded_data_keys,
    list_languages,
    list_mailing_lists,
)
from destinations.qualtrics.contact_choices import list_contacts
from destinations.qualtrics.simulator import background, load_config

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
    first = await list_directories(context, ChoiceRequest())
    second = await list_directories(context, ChoiceRequest(page=first.next_page))
    assert first == Choices((Choice("POOL_1", "Customers"),), SECOND)
    assert second == Choices((Choice("POOL_2", "POOL_2"), Choice("POOL_3", "POOL_3")))
    assert partner.calls == [f"GET {FIRST}", f"GET {SECOND}"]


async def test_a_placeholder_is_not_a_page(partner):
    partner.queue_results({"elements": [{"name": "no id"}], "nextPage": "string"})
    assert await list_directories(partner.context, ChoiceRequest()) == Choices(())


LISTS = f"{FIRST}/POOL_1/mailinglists"


async def test_every_page_of_the_mailing_lists_of_the_directory_is_offered(partner):
    second = f"{LISTS}?skipToken=100"
    partner.queue_results(
        {"elements": [{"mailingListId": "CG_1", "name": "News"}], "nextPage": second},
        {"elements": [{"mailingListId": "CG_2", "name": None}, {"name": "no id"}]},
    )
    mapping = {"directoryId": "POOL_1"}
    first = await list_mailing_lists(partner.context, ChoiceRequest(mapping=mapping))
    last = await list_mailing_lists(
        partner.context, ChoiceRequest(mapping=mapping, page=first.next_page)
    )
    assert first == Choices((Choice("CG_1", "News"),), second)
    assert last == Choices((Choice("CG_2", "CG_2"),))
    assert partner.calls == [f"GET {LISTS}", f"GET {second}"]


OF_A_DIRECTORY = [list_mailing_lists, list_embedded_data_keys, list_contacts]
NO_DIRECTORY = [
    {},
    {"directoryId": ""},
    {"directoryId": {"@path": "$.x"}},
    {"directoryId": {"@literal": 1}},
    {"directoryId": "{{properties.pool}}"},
    {"directoryId": "<fill in: Directory ID>"},
]


@pytest.mark.parametrize("mapping", NO_DIRECTORY)
@pytest.mark.parametrize("function", OF_A_DIRECTORY)
async def test_without_a_directory_no_call_is_made(partner, function, mapping):
    with pytest.raises(IntegrationError, match="fill in directoryId in the mapping first"):
        await function(partner.context, ChoiceRequest(mapping=mapping))
    assert partner.requests == []


@pytest.mark.parametrize(
    "request_of",
    [
        {"mapping": {"directoryId": {"@literal": "POOL_1"}}},
        {"mapping": {"directoryId": {"@path": "$.x"}}, "payload": {"directoryId": "POOL_1"}},
        {"mapping": {"directoryId": "POOL_1"}, "payload": {"directoryId": "POOL_2"}},
    ],
)
async def test_the_directory_is_a_literal_or_that_of_the_sample_event(partner, request_of):
    partner.queue_results({"elements": []})
    await list_mailing_lists(partner.context, ChoiceRequest(**request_of))
    assert partner.calls == [f"GET {LISTS}"]


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
        await list_directories(partner.context, ChoiceRequest())
    assert partner.calls == [f"GET {FIRST}"]


@pytest.mark.parametrize("page", ELSEWHERE)
async def test_a_page_on_another_host_is_refused_before_the_call(partner, page):
    with pytest.raises(IntegrationError, match="not on the host of this data center"):
        await list_directories(partner.context, ChoiceRequest(page=page))
    assert partner.requests == []


async def test_a_list_without_elements_is_refused(partner):
    partner.queue_results({"directories": []})
    with pytest.raises(IntegrationError, match="lists no elements"):
        await list_directories(partner.context, ChoiceRequest())


@pytest.mark.parametrize("page", [None, SECOND])
async def test_without_a_token_no_call_is_made(partner, page):
    partner.settings = {"datacenter": "iad1"}
    with pytest.raises(InvalidAuthenticationError, match="no API token"):
        await list_directories(partner.context, ChoiceRequest(page=page))
    assert partner.requests == []


def test_both_contact_actions_offer_what_they_share():
    shared = {"directoryId", "language", "embeddedData.__keys__"}
    offered = {slug: set(action.choices) for slug, action in QUALTRICS.actions.items()}
    assert offered == {
        "addContactToXmd": shared,
        "upsertContactTransaction": {*shared, "mailingListId", "contactId"},
        "triggerXflowWorkflow": set(),
    }


# Searches of lists.

DIRECTORY = ChoiceRequest(mapping={"directoryId": "POOL_1"})


def searching(text, page=None):
    return ChoiceRequest(mapping={"directoryId": "POOL_1"}, search=text, page=page)


def lists(*names, next_page=None):
    elements = [{"mailingListId": f"CG_{name}", "name": name} for name in names]
    return {"elements": elements, "nextPage": next_page}


async def test_a_search_reads_a_list_to_its_end_and_ignores_case(partner):
    second = f"{LISTS}?skipToken=100"
    partner.queue_results(lists("News", "Customers", next_page=second), lists("Newcomers"))
    found = await list_mailing_lists(partner.context, searching(" NEW "))
    assert found == Choices((Choice("CG_News", "News"), Choice("CG_Newcomers", "Newcomers")))
    assert partner.calls == [f"GET {LISTS}", f"GET {second}"]


async def test_a_search_finds_ids_too(partner):
    partner.queue_results(lists("News", "Others"))
    found = await list_mailing_lists(partner.context, searching("cg_oth"))
    assert found == Choices((Choice("CG_Others", "Others"),))


async def test_the_next_letter_of_a_search_costs_no_request(partner):
    partner.queue_results(lists("News", "Customers"))
    context = partner.context
    await list_mailing_lists(context, searching("n"))
    found = await list_mailing_lists(context, searching("cu"))
    assert found == Choices((Choice("CG_Customers", "Customers"),))
    assert len(partner.calls) == 1


async def test_another_directory_is_another_list(partner):
    partner.queue_results(lists("News"), lists("Novices"))
    context = partner.context
    await list_mailing_lists(context, searching("n"))
    elsewhere = ChoiceRequest(mapping={"directoryId": "POOL_2"}, search="n")
    found = await list_mailing_lists(context, elsewhere)
    assert found == Choices((Choice("CG_Novices", "Novices"),))


async def test_a_search_of_a_list_without_end_stops_and_names_the_page_to_go_on_with(partner):
    endless = lists("News", next_page=f"{LISTS}?skipToken=1")
    partner.queue_results(*[endless] * 100)
    context, page, pages = partner.context, None, 0
    while pages == 0 or page is not None:
        found = await list_mailing_lists(context, searching("x", page))
        page, pages = found.next_page, pages + 1
    assert (pages, len(partner.calls)) == (2, 100)


@pytest.mark.parametrize("page", ["", "1", "x:1", "-1:2", "1:2:3", SECOND, "1" * 10 + ":1"])
@pytest.mark.parametrize(
    "function", [list_directories, list_mailing_lists, list_embedded_data_keys, list_languages]
)
async def test_a_page_that_no_search_names_is_refused(partner, function, page):
    with pytest.raises(IntegrationError, match="no page of these choices") as raised:
        await function(partner.context, searching("x", page))
    assert raised.value.code == "UNKNOWN_PAGE"
    assert partner.requests == []


@pytest.mark.parametrize("page", ["", "5", "1:2", "nonsense"])
@pytest.mark.parametrize("function", [list_directories, list_mailing_lists])
async def test_a_page_that_no_list_names_is_refused(partner, function, page):
    with pytest.raises(IntegrationError, match="no page of these choices") as raised:
        await function(partner.context, searching("", page))
    assert raised.value.code == "UNKNOWN_PAGE"
    assert partner.requests == []


# Keys of embedded data, and languages.


async def test_keys_are_those_of_contacts_each_once(partner):
    contacts = [{"embeddedData": {"plan": "pro", "city": "Ulm"}}, {"embeddedData": {"plan": "x"}}]
    partner.queue_results({"elements": [*contacts, {"embeddedData": None}, {}]})
    found = await list_embedded_data_keys(partner.context, DIRECTORY)
    assert found == Choices((Choice("plan", "plan"), Choice("city", "city")))
    assert partner.calls == [f"POST {FIRST}/POOL_1/contacts/search?includeEmbedded=true"]


async def test_a_page_of_keys_looks_at_five_pages_of_contacts(partner):
    pages = [
        {"elements": [{"embeddedData": {f"k{number}": "x"}}], "skipToken": f"t{number}"}
        for number in range(6)
    ]
    partner.queue_results(*pages, {"elements": []})
    context = partner.context
    first = await list_embedded_data_keys(context, DIRECTORY)
    assert [choice.value for choice in first.choices] == ["k0", "k1", "k2", "k3", "k4"]
    request = ChoiceRequest(mapping=DIRECTORY.mapping, page=first.next_page)
    second = await list_embedded_data_keys(context, request)
    assert second == Choices((Choice("k5", "k5"),))
    assert partner.calls[-1].endswith("?includeEmbedded=true&skipToken=t5")


async def test_languages_have_names_and_cost_no_request(partner):
    found = await list_languages(partner.context, ChoiceRequest(search="chin"))
    assert found == Choices(
        (Choice("ZH-S", "Chinese (Simplified)"), Choice("ZH-T", "Chinese (Traditional)"))
    )
    codes = {choice.value for choice in (await list_languages(partner.context, DIRECTORY)).choices}
    # Those that public code shows.
    assert codes >= {"EN", "JA", "TH", "ID", "TGL", "ZH-S", "ZH-T", "PT-BR", "FR-CA", "VI", "HI"}
    assert all(code == code.upper() for code in codes)
    assert partner.requests == []


# Contacts.

SEARCH = f"POST {FIRST}/POOL_1/contacts/search"


def filters(partner):
    """Return the filters of the requests so far, each as field -> value."""
    found = [body["filter"] for body in partner.bodies]
    return [
        {part["filterType"]: part["value"] for part in body.get("filters", [body])}
        for body in found
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ann@example.com", [{"email": "ann@example.com"}, {"extRef": "ann@example.com"}]),
        ("u-1", [{"extRef": "u-1"}, {"lastName": "u-1"}, {"firstName": "u-1"}]),
        (
            "+49 30 1234",
            [
                {"extRef": "+49 30 1234"},
                {"phone": "+49 30 1234"},
                {"firstName": "+49", "lastName": "30 1234"},
                {"lastName": "+49 30 1234"},
                {"firstName": "+49 30 1234"},
            ],
        ),
        (
            " Ann  Ode ",
            [
                {"extRef": "Ann  Ode"},
                {"firstName": "Ann", "lastName": "Ode"},
                {"lastName": "Ann  Ode"},
                {"firstName": "Ann  Ode"},
            ],
        ),
    ],
)
async def test_a_text_is_searched_as_all_that_it_may_be(partner, text, expected):
    partner.queue_results(*[{"elements": []}] * len(expected))
    assert await list_contacts(partner.context, searching(text)) == Choices(())
    assert filters(partner) == expected
    assert set(partner.calls) == {SEARCH}


async def test_contacts_are_labelled_by_name_email_and_reference(partner):
    ann = {"id": "CID_1", "firstName": "Ann", "lastName": "Ode", "externalDataReference": "u-1"}
    known = {"id": "CID_2", "firstName": None, "lastName": "", "email": "bo@example.com"}
    partner.queue_results({"elements": [ann, known, {"id": None}]}, {"elements": [ann]})
    partner.queue_results({"elements": [{"id": "CID_3", "email": None}]})
    assert await list_contacts(partner.context, searching("x")) == Choices(
        (
            Choice("CID_1", "Ann Ode, u-1"),
            Choice("CID_2", "bo@example.com"),
            Choice("CID_3", "CID_3"),
        )
    )


async def test_an_id_is_read_and_not_searched(partner):
    partner.queue_results({"contactId": "CID_1", "email": "a@b.co", "extRef": "u-1"})
    partner.queue_results({"errorMessage": "No."}, status=404)
    partner.queue_results({"errorMessage": "No."}, status=403)
    context = partner.context
    found = await list_contacts(context, searching("CID_1"))
    assert found == Choices((Choice("CID_1", "a@b.co, u-1"),))
    assert await list_contacts(context, searching("CID_2")) == Choices(())
    with pytest.raises(HTTPError, match=r"No\."):
        await list_contacts(context, searching("CID_3"))
    assert partner.calls[0] == f"GET {FIRST}/POOL_1/contacts/CID_1"


@pytest.mark.parametrize("page", ["", "x", "12:", SECOND])
async def test_a_page_that_no_search_of_contacts_names_is_refused(partner, page):
    with pytest.raises(IntegrationError, match="no page of these contacts") as raised:
        await list_contacts(partner.context, searching("x", page))
    assert raised.value.code == "UNKNOWN_PAGE"
    assert partner.requests == []


async def test_a_page_behind_the_last_reading_is_empty(partner):
    assert await list_contacts(partner.context, searching("x", "9:")) == Choices(())


# 5,000 of each, over a socket.

COUNT = 5000
POOL = "POOL_1"
ACTION = "upsertContactTransaction"
NAMES = [f"Name {number:04}" for number in range(COUNT)]


@pytest.fixture(scope="module")
def simulator():
    contacts = [
        {
            "extRef": f"u-{number}",
            "lastName": "Ode",
            "embeddedData": {"plan": "pro", f"key {number:04}": "x"},
        }
        for number in range(COUNT)
    ]
    lists = {f"CG_{number:04}": {"name": name} for number, name in enumerate(NAMES)}
    others = {f"POOL_o{number:04}": {"name": name} for number, name in enumerate(NAMES[1:], 1)}
    pool = {"name": NAMES[0], "mailingLists": lists, "contacts": contacts}
    with background(load_config({"directories": {POOL: pool, **others}})) as url:
        yield url


@asynccontextmanager
async def opened(url):
    document = {
        "destination": "actions-qualtrics",
        "settings": {"apiToken": "simulated-token", "datacenter": "iad1"},
    }
    instance = Catalog.of(QUALTRICS).configure(document)
    async with instance.open(connect_to={"*.qualtrics.com": url}) as live:
        yield live


async def pages_of(live, name, search=""):
    """Return the values of each page of choices."""
    pages, page = [], None
    while not pages or page is not None:
        found = await live.choices(
            ACTION, name, mapping={"directoryId": POOL}, search=search, page=page
        )
        pages.append([choice.value for choice in found.choices])
        page = found.next_page
    return pages


@pytest.mark.parametrize("name", ["directoryId", "mailingListId", "contactId"])
@pytest.mark.parametrize("is_searched", [False, True], ids=["all", "by text"])
async def test_5000_entries_come_in_pages_of_100(simulator, name, is_searched):
    text = {"contactId": "Ode"}.get(name, "nAMe") if is_searched else ""
    async with opened(simulator) as live:
        pages = await pages_of(live, name, text)
    full = [page for page in pages if page]
    assert {len(page) for page in full} == {100}
    values = [value for page in full for value in page]
    assert len(set(values)) == len(values) == COUNT


@pytest.mark.parametrize("name", ["directoryId", "mailingListId"])
async def test_a_text_finds_the_last_of_5000_on_the_first_page(simulator, name):
    async with opened(simulator) as live:
        [page] = await pages_of(live, name, "name 499")
    assert len(page) == 10


async def test_every_key_of_5000_contacts_is_offered_once(simulator):
    async with opened(simulator) as live:
        pages = await pages_of(live, "embeddedData.__keys__")
        [*_, found] = await pages_of(live, "embeddedData.__keys__", "key 4999")
    values = [value for page in pages for value in page]
    assert len(values) == len(set(values)) == COUNT + 1
    assert found == ["key 4999"]


@pytest.mark.parametrize("name", ["mailingListId", "embeddedData.__keys__"])
async def test_another_process_goes_on_with_a_page(simulator, name):
    """Each call of `dkit choices` is a process of its own, and remembers nothing."""
    text = "0"

    async def first_pages(count):
        page, values = None, []
        for _ in range(count):
            async with opened(simulator) as live:
                found = await live.choices(
                    ACTION, name, mapping={"directoryId": POOL}, search=text, page=page
                )
            values.append([choice.value for choice in found.choices])
            page = found.next_page
        return values

    async with opened(simulator) as live:
        expected = await pages_of(live, name, text)
    assert await first_pages(4) == expected[:4]


async def test_several_people_may_search_at_once(simulator):
    async with opened(simulator) as live:
        found = await asyncio.gather(
            *(pages_of(live, "mailingListId", f"name {digit}99") for digit in range(5))
        )
    assert [[len(page) for page in pages] for pages in found] == [[10]] * 5
