"""The destination keeps the product's keys, labels, types, triggers and default mappings."""

import pytest

from destination_kit import Destination
from destinations.qualtrics import QUALTRICS, register_destinations


def path(place):
    return {"@path": f"$.{place}"}


def either(place, otherwise):
    return {"@if": {"exists": path(place), "then": path(place), "else": otherwise}}


ABSENT = object()
CONTACT = {
    "email": ("Email", "string", either("email", path("traits.email"))),
    "phone": ("Phone number", "string", path("traits.phone")),
    "firstName": ("First Name", "string", path("traits.firstName")),
    "lastName": ("Last Name", "string", path("traits.lastName")),
    "language": ("Language", "string", either("traits.language", "EN")),
    "unsubscribed": ("Contact is unsubscribed", "boolean", False),
    "embeddedData": ("Contact embedded data", "object", ABSENT),
}
DIRECTORY = {"directoryId": ("Directory ID", "string", ABSENT)}
REFERENCE = "External Data Reference"
EXPECTED = {
    "addContactToXmd": (
        "Create and/or update contact in XM Directory",
        'type = "identify"',
        ["directoryId"],
        {**DIRECTORY, "extRef": (REFERENCE, "string", path("userId")), **CONTACT},
    ),
    "upsertContactTransaction": (
        "Upsert contact transaction",
        'type = "track", event = "Transaction Created"',
        ["directoryId", "mailingListId", "extRef"],
        {
            **DIRECTORY,
            "mailingListId": ("Mailing list ID", "string", path("traits.qualtricsMailingListId")),
            "contactId": ("Contact ID", "string", path("traits.qualtricsContactId")),
            "extRef": (REFERENCE, "string", either("userId", path("anonymousId"))),
            **CONTACT,
            "firstName": ("First name", "string", path("traits.firstName")),
            "lastName": ("Last name", "string", path("traits.lastName")),
            "transactionDate": (
                "Date & time of transaction",
                ["string", "number"],
                path("timestamp"),
            ),
            "transactionData": ("Transaction data", "object", ABSENT),
        },
    ),
    "triggerXflowWorkflow": (
        "Start a workflow in Qualtrics",
        None,
        ["workflowUrl"],
        {
            "workflowUrl": ("Workflow URL", "string", ABSENT),
            "eventPayload": (
                "Event payload",
                "object",
                {
                    name: path(name)
                    for name in ("event", "type", "userId", "properties", "traits", "context")
                },
            ),
        },
    ),
}


def test_the_plugin_brings_one_destination():
    assert register_destinations() == [QUALTRICS]
    assert isinstance(QUALTRICS, Destination)
    assert (QUALTRICS.slug, QUALTRICS.name) == ("actions-qualtrics", "Qualtrics")
    assert QUALTRICS.hosts == ("*.qualtrics.com",)


def test_there_are_three_actions_in_the_products_order():
    assert list(QUALTRICS.actions) == list(EXPECTED)


@pytest.mark.parametrize("slug", EXPECTED)
def test_an_action_is_what_the_product_says(slug):
    action, (title, trigger, required, fields) = QUALTRICS.actions[slug], EXPECTED[slug]
    assert (action.title, action.trigger) == (title, trigger)
    assert action.fields["required"] == required
    ours = {
        name: (field["title"], field["type"], field.get("default", ABSENT))
        for name, field in action.fields["properties"].items()
    }
    assert ours == fields
    assert list(ours) == list(fields)


@pytest.mark.parametrize("slug", EXPECTED)
def test_everything_that_an_operator_sees_is_explained(slug):
    action = QUALTRICS.actions[slug]
    fields = action.fields["properties"].values()
    assert all(text.endswith((".", ")")) for text in [action.description] if text)
    assert action.description
    assert all(field["description"] for field in fields)


@pytest.mark.parametrize("slug", EXPECTED)
def test_a_field_that_an_action_does_not_have_is_refused(slug):
    assert QUALTRICS.actions[slug].fields["additionalProperties"] is False


def test_a_batch_is_bounded_by_count_bytes_and_time():
    batch = QUALTRICS.actions["upsertContactTransaction"].batch
    assert (batch.count, batch.bytes, batch.wait) == (100, 2_000_000, 0.1)
    assert batch.keys == ("directoryId",)


def test_the_token_is_a_secret_of_one_character_at_least():
    token = QUALTRICS.settings["properties"]["apiToken"]
    assert (token["format"], token["writeOnly"], token["minLength"]) == ("password", True, 1)


def test_fields_carry_their_annotations():
    fields = [
        (name, field)
        for action in QUALTRICS.actions.values()
        for name, field in action.fields["properties"].items()
    ]
    objects = {name for name, field in fields if field.get("x-object-editor") == "keyvalue"}
    assert objects == {"embeddedData", "eventPayload", "transactionData"}
    assert {name for name, field in fields if field.get("x-dynamic")} == {
        "directoryId",
        "mailingListId",
        "contactId",
        "language",
        "embeddedData",
    }
    assert {name for name, field in fields if field.get("writeOnly")} == {"workflowUrl"}
    assert {name for name, field in fields if field.get("x-request-url")} == {"workflowUrl"}
    formats = {(name, field["format"]) for name, field in fields if "format" in field}
    assert formats == {("workflowUrl", "uri"), ("transactionDate", "date-like")}


def test_transactions_share_calls_within_the_limits_that_the_action_names():
    limits = QUALTRICS.actions["upsertContactTransaction"].batch
    assert (limits.count, limits.bytes, limits.wait) == (100, 2_000_000, 0.1)
    assert limits.keys == ("directoryId",)
