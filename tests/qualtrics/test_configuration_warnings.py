import pytest

from destination_kit import Subscription
from destinations.qualtrics import ACTIONS, QUALTRICS
from destinations.qualtrics.configuration_warnings import subscription_warnings

IDENTIFY, TRACK = 'type = "identify"', 'type = "track", event = "Transaction Created"'
QUIET = {"directoryId": "POOL_1", "extRef": {"@path": "$.userId"}}


def warnings_of(mapping, *, action="addContactToXmd", trigger=IDENTIFY):
    subscription = Subscription(name="n", action=action, trigger=trigger, mapping=mapping)
    return tuple(warning.message for warning in subscription_warnings(subscription))


def defaults(action):
    fields = ACTIONS[action].fields["properties"]
    return {name: field["default"] for name, field in fields.items() if "default" in field}


def choose(then, otherwise):
    condition = {"exists": {"@path": "$.traits.x"}, "then": then}
    return {"@if": condition | ({} if otherwise is None else {"else": otherwise})}


def test_the_destination_declares_these_warnings():
    assert QUALTRICS.subscription_warnings is subscription_warnings


def test_each_warning_has_its_place_and_code():
    mapping = {**defaults("upsertContactTransaction"), "directoryId": "CG_1"}
    subscription = Subscription(
        name="n", action="upsertContactTransaction", trigger=TRACK, mapping=mapping
    )
    assert [(warning.path, warning.code) for warning in subscription_warnings(subscription)] == [
        ("/mapping/directoryId", "FOREIGN_ID"),
        ("/mapping/unsubscribed", "OPT_IN"),
        ("/mapping/language", "LANGUAGE"),
        ("/mapping/extRef", "ANONYMOUS_CONTACT"),
        ("/mapping", "ABSENT_TRAITS"),
        ("/mapping/mailingListId", "UNFILLABLE"),
    ]


@pytest.mark.parametrize(
    ("field", "value", "prefix"),
    [
        ("directoryId", "CG_1", "a directory begins with POOL_"),
        ("directoryId", "pool_1", "a directory begins with POOL_"),
        ("directoryId", {"@literal": "UR_1"}, "a directory begins with POOL_"),
        (
            "directoryId",
            choose({"@path": "$.traits.pool"}, "CG_1"),
            "a directory begins with POOL_",
        ),
        ("mailingListId", "POOL_1", "a mailing list begins with CG_"),
        ("contactId", "MLRP_1", "a contact begins with CID_"),
    ],
)
def test_an_id_of_another_kind_is_named_with_its_prefix(field, value, prefix):
    [warning] = warnings_of({**QUIET, field: value})
    assert warning.startswith(f"{field} is ")
    assert prefix in warning


@pytest.mark.parametrize(
    "mapping",
    [
        {"directoryId": "POOL_1", "mailingListId": "CG_1", "contactId": "CID_1"},
        {"directoryId": {"@path": "$.traits.pool"}},
        {"directoryId": "<fill in: Directory ID>"},
        {"extRef": "CG_1"},
    ],
)
def test_ids_of_the_right_kind_and_those_of_events_bring_no_warning(mapping):
    assert warnings_of({**QUIET, **mapping}) == ()


def test_the_defaults_of_a_contact_bring_two_warnings():
    optin, language = warnings_of(defaults("addContactToXmd"))
    assert "may opt people back in" in optin
    assert "language is EN for every contact whose event does not name one" in language


def test_the_defaults_of_a_transaction_bring_five():
    warnings = warnings_of(
        defaults("upsertContactTransaction"), action="upsertContactTransaction", trigger=TRACK
    )
    assert len(warnings) == 5
    assert "extRef may be the anonymousId" in warnings[2]
    assert warnings[3].startswith(
        "contactId, email, phone, firstName, lastName, language: track events"
    )
    assert "$.context.traits" in warnings[3]
    assert warnings[4].startswith(
        "mailingListId is required, and track events have no traits of their own:"
        " every event will fail; map it to "
    )


@pytest.mark.parametrize(
    ("value", "fails"),
    [
        ("{{traits.list}}", True),
        (choose({"@path": "$.traits.list"}, otherwise=None), True),
        (choose({"@path": "$.traits.list"}, otherwise="CG_1"), False),
        (choose({"@path": "$.traits.list"}, otherwise={"@path": "$.properties.list"}), False),
        ({"@path": "$.context.traits.list"}, False),
        ("CG_1", False),
    ],
)
def test_a_required_field_that_no_event_can_fill_has_its_own_warning(value, fails):
    mapping = {**QUIET, "mailingListId": value}
    warnings = warnings_of(mapping, action="upsertContactTransaction", trigger=TRACK)
    assert ["every event will fail" in warning for warning in warnings].count(True) == fails


def test_a_contact_needs_no_mailing_list():
    mapping = {**QUIET, "mailingListId": "{{traits.list}}"}
    [warning] = warnings_of(mapping, trigger=TRACK)
    assert warning.startswith("mailingListId: track events have no traits of their own")


def test_a_careful_mapping_brings_none():
    assert warnings_of(QUIET) == ()
    assert warnings_of({**QUIET, "unsubscribed": None, "language": None}) == ()


@pytest.mark.parametrize(
    ("value", "hint"),
    [("de", "codes such as DE:"), ("en-US", "codes such as EN or PT-BR:"), ("PT-BR", None)],
)
def test_a_language_that_is_no_known_code_is_named_with_one_that_is(value, hint):
    [_, *more] = warnings_of({**QUIET, "language": value})
    assert [hint in warning for warning in more] == ([True] if hint else [])


@pytest.mark.parametrize(
    ("value", "warned"),
    [
        (False, True),
        ("false", True),
        ({"@literal": False}, True),
        (choose({"@path": "$.traits.optedOut"}, otherwise=False), True),
        (True, False),
        ({"@path": "$.traits.optedOut"}, False),
        ({"@literal": [0]}, False),
        (choose(then=True, otherwise=None), False),
    ],
)
def test_a_constant_opt_in_is_warned_of(value, warned):
    warnings = warnings_of({**QUIET, "unsubscribed": value})
    assert ["opt people back in" in warning for warning in warnings] == [True] * warned


@pytest.mark.parametrize(
    ("value", "warned"),
    [
        ("JA", True),
        ({"@literal": "JA"}, True),
        (choose({"@path": "$.traits.language"}, otherwise="JA"), True),
        ("{{traits.language}}", False),
        ({"@path": "$.traits.language"}, False),
    ],
)
def test_a_constant_language_is_warned_of(value, warned):
    warnings = warnings_of({**QUIET, "language": value})
    assert ["language is JA" in warning for warning in warnings] == [True] * warned


@pytest.mark.parametrize(
    ("value", "warned"),
    [
        ({"@path": "$.anonymousId"}, True),
        ({"@path": "anonymousId"}, True),
        ({"@path": "$['anonymousId']"}, True),
        ("{{ anonymousId }}", True),
        ({"@template": "{{{anonymousId}}}"}, True),
        (choose({"@path": "$.userId"}, otherwise={"@path": "$.anonymousId"}), True),
        ({"@path": "$.properties.anonymousId"}, False),
        ({"@literal": {"@path": "$.anonymousId"}}, False),
        (7, False),
    ],
)
def test_anonymous_contacts_are_warned_of(value, warned):
    warnings = warnings_of({**QUIET, "extRef": value})
    assert ["anonymous visitor" in warning for warning in warnings] == [True] * warned


@pytest.mark.parametrize(
    ("value", "warned"),
    [
        ({"@path": "$.traits.phone"}, True),
        ({"a": [{"@path": "$.traits.phone"}]}, True),
        ("{{traits.phone}}", True),
        ({"@path": "$.context.traits.phone"}, False),
        (choose({"@path": "$.traits.phone"}, otherwise={"@path": "$.context.traits.phone"}), False),
        ({"@path": "$.traitsOfAnother"}, False),
        ("$.traits.phone", False),
    ],
)
def test_traits_that_a_track_event_does_not_have_are_warned_of(value, warned):
    warnings = warnings_of({**QUIET, "phone": value}, trigger="event = 'x' and type='track'")
    assert [warning.startswith("phone: track events") for warning in warnings] == [True] * warned


@pytest.mark.parametrize("trigger", [IDENTIFY, 'type != "track"', 'event = "track"'])
def test_traits_are_there_for_other_triggers(trigger):
    assert warnings_of({**QUIET, "phone": {"@path": "$.traits.phone"}}, trigger=trigger) == ()


def test_a_workflow_may_read_anything_of_the_event():
    mapping = defaults("triggerXflowWorkflow")
    assert warnings_of(mapping, action="triggerXflowWorkflow", trigger=TRACK) == ()
