from contextlib import nullcontext
from dataclasses import replace
from decimal import Decimal

import httpx
import pytest

from destination_kit import (
    HTTPError,
    IntegrationError,
    InvalidAuthenticationError,
    PayloadValidationError,
    RetryableError,
    TransportError,
)
from destinations.qualtrics.actions.add_contact_to_xmd import perform
from destinations.qualtrics.contact_cache import TTL, ContactCache
from tests.qualtrics.unreadable import UNREADABLE

CONTACTS = "https://iad1.qualtrics.com/API/v3/directories/POOL_1/contacts"


async def test_a_contact_is_sent_with_every_field(partner):
    partner.queue_results({"id": "CID_1"})
    contact = {
        "firstName": "Ada",
        "lastName": "Quill",
        "email": "ada@example.com",
        "phone": "+1 555 0101",
        "extRef": "user-1",
        "language": "EN",
        "unsubscribed": False,
        "embeddedData": {"plan": "pro", "seats": 4, "trial": True},
    }
    answer = await perform(partner.context, {"directoryId": "POOL_1", **contact})
    assert answer == {"contactId": "CID_1"}
    assert partner.calls == [f"POST {CONTACTS}"]
    assert partner.bodies == [contact]
    assert partner.requests[0].headers["x-api-token"] == "tok-0123456789"


async def test_what_is_absent_or_null_is_not_sent(partner):
    partner.queue_results({"id": "CID_1"})
    payload = {"directoryId": "POOL_1", "extRef": "user-1", "phone": None, "embeddedData": {}}
    await perform(partner.context, payload)
    assert partner.bodies == [{"extRef": "user-1"}]


async def test_a_contact_has_the_bytes_of_the_reference(partner):
    partner.queue_results({"id": "CID_1"})
    names = ("language", "unsubscribed", "extRef", "email", "phone", "lastName", "firstName")
    values = {name: name != "unsubscribed" and name for name in names}
    await perform(partner.context, {**values, "directoryId": "POOL_1", "embeddedData": {"a": 1}})
    assert partner.requests[0].content == (
        b'{"firstName":"firstName","lastName":"lastName","phone":"phone","email":"email",'
        b'"extRef":"extRef","unsubscribed":false,"language":"language","embeddedData":{"a":1}}'
    )


async def test_a_nested_value_becomes_the_json_text_of_that_value(partner):
    partner.queue_results({"id": "CID_1"})
    data = {"company": {"name": "Mühle", "size": 4}, "tags": ["a", None], "gone": None, "n": 1.5}
    await perform(partner.context, {"directoryId": "POOL_1", "embeddedData": data})
    assert partner.bodies[0]["embeddedData"] == {
        "company": '{"name":"Mühle","size":4}',
        "tags": '["a",null]',
        "n": 1.5,
    }


@pytest.mark.parametrize(
    ("embedded", "message"),
    [
        pytest.param(
            {"n" * 201: "x"},
            f"embeddedData: the name '{'n' * 40}'… has 201 characters; Qualtrics takes 200.",
            id="name",
        ),
        pytest.param(
            {"bio": "x" * 1025},
            "embeddedData: the value of 'bio' has 1025 characters; Qualtrics takes 1024.",
            id="value",
        ),
        pytest.param(
            {"bio": ["x" * 1021]},
            "embeddedData: the value of 'bio' has 1025 characters; Qualtrics takes 1024.",
            id="json",
        ),
    ],
)
async def test_embedded_data_over_the_limits_is_refused_before_any_call(partner, embedded, message):
    with pytest.raises(PayloadValidationError) as raised:
        await perform(partner.context, {"directoryId": "POOL_1", "embeddedData": embedded})
    assert str(raised.value) == message
    assert partner.requests == []


async def test_embedded_data_at_the_limits_is_sent(partner):
    partner.queue_results({"id": "CID_1"})
    embedded = {"n" * 200: "x" * 1024}
    await perform(partner.context, {"directoryId": "POOL_1", "embeddedData": embedded})
    assert partner.bodies == [{"embeddedData": embedded}]


async def test_a_directory_id_cannot_lead_to_another_resource(partner):
    partner.queue_results({"id": "CID_1"})
    await perform(partner.context, {"directoryId": "POOL_1/../x?y#z%", "extRef": "user-1"})
    assert partner.requests[0].url.raw_path == (
        b"/API/v3/directories/POOL_1%2F..%2Fx%3Fy%23z%25/contacts"
    )


@pytest.mark.parametrize("directory", [".", "..", "", "P" * 101, "PÖÖL"])
async def test_a_directory_id_that_is_none_is_refused_before_any_call(partner, directory):
    with pytest.raises(PayloadValidationError, match="not the id of anything") as raised:
        await perform(partner.context, {"directoryId": directory, "extRef": "user-1"})
    assert len(str(raised.value)) < 150
    assert partner.requests == []


async def test_an_error_shows_its_code_message_and_request_id(partner):
    partner.queue_results({"errorCode": "X_1", "errorMessage": "No such directory."}, status=404)
    with pytest.raises(HTTPError) as raised:
        await perform(partner.context, {"directoryId": "POOL_1", "extRef": "user-1"})
    assert str(raised.value) == (
        f"POST {CONTACTS} answered 404: No such directory. (errorCode X_1, requestId req-1)"
    )
    assert (raised.value.status, raised.value.code) == (404, "NOT_FOUND")


@pytest.mark.parametrize(
    ("status", "error", "sentence"),
    [
        (400, {"errorCode": "ATP_2", "errorMessage": "None."}, "saw no API token"),
        (401, {"errorCode": "DCD_7", "errorMessage": "Unrecognized."}, "does not accept the API"),
        (401, {"errorCode": "NEW_1", "errorMessage": "Unrecognized."}, "does not accept the API"),
    ],
)
async def test_refused_credentials_are_distinct_from_a_bad_request(
    partner, status, error, sentence
):
    partner.queue_results(error, status=status)
    with pytest.raises(InvalidAuthenticationError, match=sentence) as raised:
        await perform(partner.context, {"directoryId": "POOL_1", "extRef": "user-1"})
    assert f"(errorCode {error['errorCode']}, requestId req-1)" in str(raised.value)


async def test_an_answer_without_an_id_is_not_taken_for_success(partner):
    partner.queue_results({})
    with pytest.raises(
        IntegrationError, match=r"names no id of the contact \(requestId req-1\)"
    ) as raised:
        await perform(partner.context, {"directoryId": "POOL_1", "extRef": "user-1"})
    assert raised.value.outcome_unknown


@pytest.mark.parametrize("content", UNREADABLE)
async def test_an_answer_that_cannot_be_read_leaves_a_new_contact_in_doubt(partner, content):
    partner.queue_responses(httpx.Response(201, content=content))
    with pytest.raises(IntegrationError) as raised:
        await perform(partner.context, {"directoryId": "POOL_1", "extRef": "user-1"})
    assert (raised.value.code, raised.value.outcome_unknown) == ("UNEXPECTED_ANSWER", True)
    with pytest.raises(RetryableError) as raised:
        await perform(partner.context, {"directoryId": "POOL_1", "extRef": "user-1"})
    assert raised.value.code == "CONTACT_IN_DOUBT"
    assert partner.calls == [ADDED]


@pytest.mark.parametrize("content", UNREADABLE)
async def test_an_update_needs_no_answer_that_can_be_read(partner, content):
    partner.queue_results({"id": "CID_1"})
    partner.queue_responses(httpx.Response(200, content=content))
    for name in ("Ada", "Eve"):
        body = {"directoryId": "POOL_1", "extRef": "user-1", "firstName": name}
        assert await perform(partner.context, body) == {"contactId": "CID_1"}
    assert partner.calls == [ADDED, CHANGED]


async def test_an_answer_may_begin_with_a_byte_order_mark(partner):
    content = b'\xef\xbb\xbf{"result": {"id": "CID_1"}}'
    partner.queue_responses(httpx.Response(200, content=content))
    result = await perform(partner.context, {"directoryId": "POOL_1", "extRef": "user-1"})
    assert result == {"contactId": "CID_1"}


async def test_a_redirect_is_named_as_one(partner):
    location = "https://login.qualtrics.com/?ticket=hidden"
    partner.queue_responses(httpx.Response(302, headers={"location": location}))
    with pytest.raises(HTTPError, match="a redirect to https://login.qualtrics.com that is not"):
        await perform(partner.context, {"directoryId": "POOL_1", "extRef": "user-1"})


async def test_a_write_without_an_answer_may_have_happened(partner):
    partner.queue_responses(httpx.ReadError("gone"))
    with pytest.raises(TransportError) as raised:
        await perform(partner.context, {"directoryId": "POOL_1", "extRef": "user-1"})
    assert raised.value.outcome_unknown


ADA = {"directoryId": "POOL_1", "extRef": "user-1", "email": "ada@example.com"}
ADDED, CHANGED = f"POST {CONTACTS}", f"PUT {CONTACTS}/CID_1"
DIRECTORIES = "GET https://iad1.qualtrics.com/API/v3/directories"


def directories(**criteria):
    return {"elements": [{"directoryId": "POOL_1", "deduplicationCriteria": criteria}]}


async def test_a_cached_contact_is_updated_by_its_id(partner):
    partner.queue_results({"id": "CID_1"}, directories(), None)
    context = partner.context
    await perform(context, ADA)
    answer = await perform(context, {**ADA, "email": "new@example.com"})
    assert answer == {"contactId": "CID_1"}
    assert partner.calls == [ADDED, DIRECTORIES, CHANGED]
    assert partner.body(2) == {"extRef": "user-1", "email": "new@example.com"}


async def test_a_cached_contact_that_was_deleted_is_created_again(partner):
    partner.queue_results({"id": "CID_1"}, directories())
    partner.queue_results({"errorMessage": "No such contact."}, status=404)
    partner.queue_results({"id": "CID_2"})
    context = partner.context
    await perform(context, ADA)
    assert await perform(context, {**ADA, "firstName": "Ada"}) == {"contactId": "CID_2"}
    assert partner.calls == [ADDED, DIRECTORIES, CHANGED, ADDED]


async def test_a_cached_contact_that_cannot_be_updated_now_is_not_created_twice(partner):
    partner.queue_results({"id": "CID_1"}, directories())
    partner.queue_results({"errorMessage": "Busy."}, status=503)
    context = partner.context
    await perform(context, ADA)
    with pytest.raises(HTTPError):
        await perform(context, ADA)
    assert partner.calls == [ADDED, DIRECTORIES, CHANGED]


async def test_a_shared_email_with_a_different_ext_ref_is_another_person(partner):
    partner.queue_results({"id": "CID_1"}, directories(email=True), {"id": "CID_2"})
    context = partner.context
    await perform(context, ADA)
    await perform(context, {**ADA, "extRef": "user-2"})
    assert partner.calls == [ADDED, DIRECTORIES, ADDED]


async def test_an_anonymous_id_does_not_replace_an_ext_ref(partner):
    partner.queue_results({"id": "CID_1"}, directories(), None)
    context = replace(partner.context, anonymous_id="anon-1")
    await perform(context, ADA)
    await perform(context, {**ADA, "extRef": "anon-1", "firstName": "Ada"})
    assert partner.calls == [ADDED, DIRECTORIES, CHANGED]
    assert partner.body(2) == {"email": "ada@example.com", "firstName": "Ada"}


async def test_a_contact_that_is_updated_again_and_again_stays_cached(partner):
    now = [0.0]
    partner.cache = ContactCache(lambda: now[0])
    partner.queue_results({"id": "CID_1"}, *[None] * 5)
    context, payload = partner.context, {"directoryId": "POOL_1", "extRef": "user-1"}
    for number in range(6):
        await perform(context, {**payload, "firstName": f"Ada {number}"})
        now[0] += TTL / 2
    assert partner.calls == [ADDED, *[CHANGED] * 5]


@pytest.mark.parametrize(("status", "later_calls"), [(403, [ADDED]), (503, [])])
async def test_a_token_that_may_not_search_creates_and_one_that_cannot_now_waits(
    partner, status, later_calls
):
    partner.queue_results({"id": "CID_1"})
    await perform(partner.context, ADA)
    partner.requests.clear()
    partner.settings = {**partner.settings, "apiToken": "another"}
    partner.queue_results({"errorMessage": "No."}, status=status)
    partner.queue_results({"id": "CID_2"})
    with pytest.raises(HTTPError) if status == 503 else nullcontext():
        assert await perform(partner.context, ADA) == {"contactId": "CID_2"}
    assert partner.calls == [f"{ADDED}/search", *later_calls]


async def test_a_contact_without_identifiers_is_always_created(partner):
    partner.queue_results({"id": "CID_1"}, {"id": "CID_2"})
    context, payload = partner.context, {"directoryId": "POOL_1", "firstName": "Ada"}
    await perform(context, payload)
    assert await perform(context, payload) == {"contactId": "CID_2"}


async def test_numbers_are_written_as_javascript_writes_them(partner):
    partner.queue_results({"id": "CID_1"})
    data = {"price": 20.0, "z": -0.0, "cart": {"total": 20.0, "tiny": 1e-7, "z": -0.0}}
    await perform(partner.context, {"directoryId": "POOL_1", "embeddedData": data})
    cart = '{\\"total\\":20,\\"tiny\\":1e-7,\\"z\\":0}'
    expected = f'{{"embeddedData":{{"price":20,"z":0,"cart":"{cart}"}}}}'
    assert partner.requests[0].content.decode() == expected


async def test_a_number_that_no_float_holds_keeps_its_digits(partner):
    partner.queue_results({"id": "CID_1"})
    data = {"n": Decimal("12345678901234567890.12"), "l": [Decimal("0.10000000000000000001")]}
    await perform(partner.context, {"directoryId": "POOL_1", "embeddedData": data})
    expected = '{"embeddedData":{"n":12345678901234567890.12,"l":"[0.10000000000000000001]"}}'
    assert partner.requests[0].content.decode() == expected
