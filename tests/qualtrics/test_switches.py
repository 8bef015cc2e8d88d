"""What the destination does for each value of the simulator's switches.

A switch plays a fact of `facts.toml` that Qualtrics does not document, or that no test could see
otherwise. Each is turned both ways here: the fact holds for one value, and is false for another.
"""

from datetime import UTC, datetime

import httpx
import pytest

from destination_kit import Context, Delivered, DeliveryError
from destination_kit.http import Client, HttpxTransport, RequestPolicy
from destinations.qualtrics import client
from destinations.qualtrics.simulator import app, load_config
from tests.qualtrics.switches import Case, contact, open_run, transaction, workflow

USER = "users.UR_000000000000001"
IN_POOL = "directories.POOL_1"
AT_FRA1 = {"dataCenters": {"home": "fra1", "proxied": ["iad1"]}}
SHORT_NAMES = {"contacts": {"fieldLength": 3}}
TWO_DIRECTORIES = {"directories": {"POOL_2": {"name": "Two"}}}
OF_FRA1 = "Set Datacenter ID to fra1, because Qualtrics recommends fra1.qualtrics.com."
CREATE = "POST /API/v3/directories/{directoryId}/contacts"
TRANSACT = "POST /API/v3/directories/{directoryId}/transactions"
LOST_TRANSACTION = {"faults": {"script": ["reset-after"], "only": [TRANSACT]}}
DELIVERED = ["delivered"]
READING = ["read:directories", "read:mailing_lists", "read:directory_contacts"]
WRITING = ["manage:directory_contacts", "manage:contact_transactions"]
LISTING = "read:contact_transactions"


def in_pool(**directory):
    return {"directories": {"POOL_1": directory}}


def sending(*events):
    """Return a probe that sends events together and shows their outcomes."""

    async def shows(run):
        return await run.send(*events)

    return shows


def at_a_limit(*events):
    """Return a probe that sends events together and shows what was delivered, then what was not."""

    async def shows(run):
        # Which of two calls at once a limit refuses is chance.
        return sorted(await run.send(*events), key=str.lower)

    return shows


def one_by_one(*events, name=None):
    """Return a probe: send events one by one; show the last outcome, and a field of the contacts.

    Without a name it shows how many contacts there are.
    """

    async def shows(run):
        [outcome] = [await run.send(event) for event in events][-1]
        contacts = run.contacts()
        return outcome, [found[name] for found in contacts] if name else len(contacts)

    return shows


async def repeat(run, event):
    """Send an event a second time, after an outcome that was unknown; return what it comes to."""
    options = {"received_at": datetime(2026, 3, 2, tzinfo=UTC)}
    await run.live.send([event], **options)
    unknown = [{"upsertContactTransaction"}]
    [again] = await run.live.send([event], unknown=unknown, **options)
    result = again.results[0].result
    return ["delivered" if isinstance(result, Delivered) else result.code]


async def a_transaction_again(run):
    """Show what a repeated transaction comes to, and how many there are."""
    return await repeat(run, transaction()), len(run.state("transactions")["POOL_1"])


async def a_transaction_after_others(run):
    """Show what a repeated transaction comes to, and how many pages were read."""
    await run.send(*(transaction(data={"n": number}) for number in range(3)))
    outcome = await repeat(run, transaction())
    return outcome, run.calls()["GET transactions"]


def failing(*attributes, event=None):
    """Return a probe that shows attributes of a failure, "" for those of a delivered event."""

    async def shows(run):
        [result] = await run.results(event or contact())
        return [getattr(result, name, "") for name in attributes]

    return shows


def words(*expected, event=None):
    """Return a probe that shows which words the message of a failure has."""

    async def shows(run):
        message = await run.message(event or contact(firstName="Annabel"))
        return [word for word in expected if word in message]

    return shows


async def host_warnings(run):
    result = await run.authenticate()
    return [warning[warning.find("Set ") :] for warning in result.warnings]


async def account(run):
    result = await run.authenticate()
    return result.ok, result.account


async def after_deletion(run):
    await run.send(contact())
    [known] = run.contacts()
    run.delete(known["contactId"])
    return await run.send(contact(firstName="Ann")), len(run.contacts())


async def new_person(run):
    outcomes = await run.send(transaction(), transaction(), contact(firstName="Ann"))
    return set(outcomes), len(run.contacts())


async def two_calls(run):
    outcomes = [await run.send(transaction()) for _ in range(2)]
    return outcomes, len(run.state("transactions")["POOL_1"])


async def four_transactions(run):
    outcomes = await run.send(*(transaction(f"u-{number}") for number in range(4)))
    return set(outcomes), run.calls()["POST transactions"]


async def owner_of_the_transaction(run):
    outcome = await run.send(transaction())
    references = {found["contactId"]: found["extRef"] for found in run.contacts()}
    return outcome, [
        references[found["contactId"]] for found in run.state("transactions")["POOL_1"]
    ]


async def transaction_id(run):
    [result] = await run.results(transaction())
    return result.response["transactionId"][:3]


async def pages_of_choices(run):
    return await run.choices()


async def pages_of_lists(run):
    return await run.choices("mailingListId")


async def pages_of_contacts(run):
    return await run.choices("contactId")


async def granted_permissions(run):
    """Return the names of the permissions that `dkit auth` shows as granted."""
    found = await run.authenticate()
    return [permission.name for permission in found.permissions if permission.granted]


async def refused_choices(run):
    try:
        return await run.choices()
    except DeliveryError as error:
        return error.code


async def quoted_message(run):
    message = await run.message(contact(firstName="x" * 9000))
    return len(message) < 700, "xxx" in message


CASES = [
    Case(
        switch="dataCenters.home",
        config={"dataCenters": {"proxied": ["iad1"]}},
        shows=host_warnings,
        expected=[("iad1", []), ("fra1", [OF_FRA1])],
    ),
    Case(
        switch="dataCenters.proxied",
        config={"dataCenters": {"home": "fra1"}},
        shows=sending(contact()),
        expected=[(["iad1"], DELIVERED), (["az1"], ["MISDIRECTED_REQUEST"])],
    ),
    Case(
        switch="dataCenters.proxiedDelay",
        config=AT_FRA1,
        shows=sending(contact()),
        expected=[(0.0, DELIVERED), (0.05, DELIVERED)],
    ),
    Case(
        switch="dataCenters.noticeHost",
        config=AT_FRA1,
        shows=host_warnings,
        expected=[("fra1", [OF_FRA1]), ("iad1", [])],
    ),
    Case(
        switch="dataCenters.whoami",
        config=AT_FRA1,
        shows=host_warnings,
        expected=[("fra1", [OF_FRA1]), ("az1", [OF_FRA1])],
    ),
    Case(
        switch="dataCenters.proxiedPosts",
        config=AT_FRA1,
        shows=failing("code", "remedy"),
        expected=[("succeed", ["", ""]), ("fail", ["BAD_REQUEST", "settings"])],
    ),
    Case(
        switch="dataCenters.brandHosts",
        settings={"datacenter": "acme.iad1"},
        shows=sending(contact()),
        expected=[(True, DELIVERED), (False, ["MISDIRECTED_REQUEST"])],
    ),
    Case(
        switch="errors.validation",
        config=SHORT_NAMES,
        shows=words("errorCode SIM_VALIDATION", "firstName is longer"),
        expected=[
            ("SIM_VALIDATION", ["errorCode SIM_VALIDATION", "firstName is longer"]),
            (None, ["firstName is longer"]),
        ],
    ),
    Case(
        switch="errors.forbidden",
        config={"users": {"UR_000000000000001": {"directories": []}}},
        shows=failing("code", "remedy"),
        expected=[("SIM_FORBIDDEN", ["FORBIDDEN", "settings"]), (None, ["FORBIDDEN", "settings"])],
    ),
    Case(
        switch="errors.notFound",
        shows=after_deletion,
        expected=[("SIM_NOT_FOUND", (DELIVERED, 1)), (None, (DELIVERED, 1))],
    ),
    Case(
        switch="errors.tooManyRequests",
        config={"faults": {"statuses": {"429": 1.0}, "retryAfterSeconds": 600}},
        shows=failing("code", "retryable"),
        expected=[
            ("SIM_TOO_MANY_REQUESTS", ["TOO_MANY_REQUESTS", True]),
            (None, ["TOO_MANY_REQUESTS", True]),
        ],
    ),
    Case(
        switch="errors.server",
        config={"faults": {"statuses": {"503": 1.0}}},
        shows=failing("code", "remedy"),
        expected=[
            ("SIM_SERVER", ["SERVICE_UNAVAILABLE", "wait"]),
            (None, ["SERVICE_UNAVAILABLE", "wait"]),
        ],
    ),
    Case(
        switch="errors.unknownCredentialStatus",
        settings={"apiToken": "other"},
        shows=failing("code", "remedy"),
        expected=[(401, ["INVALID_AUTHENTICATION", "settings"]), (403, ["FORBIDDEN", "settings"])],
    ),
    Case(
        switch="errors.missingContactStatus",
        shows=after_deletion,
        expected=[(404, (DELIVERED, 1)), (400, (["BAD_REQUEST"], 0))],
    ),
    Case(
        switch="errors.echoedBodies",
        shows=quoted_message,
        expected=[(False, (True, False)), (True, (True, True))],
    ),
    Case(
        switch="errors.oldShape",
        config=SHORT_NAMES,
        shows=words("errorCode SIM_VALIDATION"),
        expected=[(False, ["errorCode SIM_VALIDATION"]), (True, ["errorCode SIM_VALIDATION"])],
    ),
    Case(
        switch="errors.emptyRequestIds",
        config=SHORT_NAMES,
        shows=words("requestId", "firstName is longer"),
        expected=[
            (False, ["requestId", "firstName is longer"]),
            (True, ["firstName is longer"]),
        ],
    ),
    Case(
        switch="errors.statusTexts",
        shows=sending(contact()),
        expected=[({}, DELIVERED), ({"200": "500 - Error"}, DELIVERED)],
    ),
    Case(
        switch="errors.retryAfter",
        config={"faults": {"statuses": {"429": 1.0}, "retryAfterSeconds": 600}},
        shows=failing("code", "retryable"),
        expected=[
            ("none", ["TOO_MANY_REQUESTS", True]),
            ("seconds", ["TOO_MANY_REQUESTS", True]),
            ("date", ["TOO_MANY_REQUESTS", True]),
        ],
    ),
    *(
        Case(
            switch=f"contacts.{name}Checked",
            shows=sending(contact(**{name: text})),
            expected=[(False, DELIVERED), (True, ["BAD_REQUEST"])],
        )
        for name, text in (("email", "no mail"), ("phone", "?"))
    ),
    Case(
        switch="contacts.languageChecked",
        shows=sending(contact(language="en-US")),
        expected=[(False, DELIVERED), (True, ["BAD_REQUEST"])],
    ),
    Case(
        switch="contacts.nulls",
        shows=sending(contact(data={"a": None, "b": "x"})),
        expected=[("ignore", DELIVERED), ("refuse", DELIVERED)],
    ),
    Case(
        switch="contacts.unknownKeys",
        shows=sending(contact()),
        expected=[("ignore", DELIVERED), ("refuse", DELIVERED)],
    ),
    Case(
        switch="contacts.tooLong",
        config=SHORT_NAMES,
        shows=one_by_one(contact(firstName="Annabel"), name="firstName"),
        expected=[("refuse", ("BAD_REQUEST", [])), ("cut", ("delivered", ["Ann"]))],
    ),
    Case(
        switch="contacts.fieldLength",
        shows=one_by_one(contact(firstName="Annabel"), name="firstName"),
        expected=[(1000, ("delivered", ["Annabel"])), (3, ("BAD_REQUEST", []))],
    ),
    Case(
        switch="contacts.embeddedNameLength",
        shows=one_by_one(contact(data={"n" * 201: "v"})),
        expected=[(200, ("PAYLOAD_VALIDATION_FAILED", 0)), (300, ("PAYLOAD_VALIDATION_FAILED", 0))],
    ),
    Case(
        switch="contacts.embeddedValueLength",
        shows=one_by_one(contact(data={"n": "v" * 1025})),
        expected=[
            (1024, ("PAYLOAD_VALIDATION_FAILED", 0)),
            (2000, ("PAYLOAD_VALIDATION_FAILED", 0)),
        ],
    ),
    Case(
        switch="contacts.embeddedNamesCaseSensitive",
        shows=one_by_one(contact(data={"Plan": "a", "plan": "b"}), name="embeddedData"),
        expected=[
            (False, ("delivered", [{"Plan": "b"}])),
            (True, ("delivered", [{"Plan": "a", "plan": "b"}])),
        ],
    ),
    Case(
        switch="contacts.reservedNames",
        shows=one_by_one(contact(data={"Points": "1"}), name="embeddedData"),
        expected=[(["Points"], ("BAD_REQUEST", [])), ([], ("delivered", [{"Points": "1"}]))],
    ),
    Case(
        switch="contacts.identityRequired",
        shows=sending({**contact(email=None, firstName="Ann"), "userId": ""}),
        expected=[(False, DELIVERED), (True, ["BAD_REQUEST"])],
    ),
    Case(
        switch="contacts.unmatchedRule",
        config=in_pool(contacts=[{"email": "u-1@example.com"}]),
        shows=one_by_one(contact()),
        expected=[("next", ("delivered", 1)), ("stop", ("delivered", 2))],
    ),
    Case(
        switch="contacts.putFields",
        shows=one_by_one(contact(phone="111"), contact(firstName="Ann"), name="phone"),
        expected=[("keep", ("delivered", ["111"])), ("clear", ("delivered", [None]))],
    ),
    Case(
        switch="contacts.putEmbeddedData",
        shows=one_by_one(contact(data={"a": "1"}), contact(data={"b": "2"}), name="embeddedData"),
        expected=[
            ("merge", ("delivered", [{"a": "1", "b": "2"}])),
            ("replace", ("delivered", [{"b": "2"}])),
        ],
    ),
    Case(
        switch="contacts.falseResubscribes",
        config=in_pool(contacts=[{"extRef": "u-1", "unsubscribed": True}]),
        shows=one_by_one(contact(), name="directoryUnsubscribed"),
        expected=[(True, ("delivered", [False])), (False, ("delivered", [True]))],
    ),
    Case(
        switch="search.lag",
        shows=new_person,
        expected=[(0.0, ({"delivered"}, 1)), (5.0, ({"delivered"}, 1))],
    ),
    Case(
        switch="search.depth",
        config={
            "pages": {"search": 1},
            **in_pool(mergeRules=[], contacts=[{"extRef": "u-1"}, {"extRef": "u-1"}]),
        },
        shows=sending(transaction(email=None)),
        expected=[(10_000, ["MULTIPLE_CONTACTS_FOUND"]), (1, ["BAD_REQUEST"])],
    ),
    Case(
        switch="pages.search",
        config=in_pool(mergeRules=[], contacts=[{"extRef": "u-1"}, {"extRef": "u-1"}]),
        shows=sending(transaction(email=None)),
        expected=[(100, ["MULTIPLE_CONTACTS_FOUND"]), (1, ["MULTIPLE_CONTACTS_FOUND"])],
    ),
    Case(
        switch="pages.directories",
        config=TWO_DIRECTORIES,
        shows=pages_of_choices,
        expected=[(100, ["Customers", "Two"]), (1, ["Customers", "Two"])],
    ),
    Case(
        switch="pages.mailingLists",
        config=in_pool(mailingLists={"CG_2": {"name": "Two"}}),
        shows=pages_of_lists,
        expected=[(100, ["Customers", "Two"]), (1, ["Customers", "Two"])],
    ),
    Case(
        switch="pages.contacts",
        config=in_pool(contacts=[{"extRef": "u-1"}, {"extRef": "u-2"}]),
        shows=pages_of_contacts,
        expected=[(100, ["u-1", "u-2"]), (1, ["u-1", "u-2"])],
    ),
    Case(
        switch="errors.permissionChecked",
        config={"users": {"UR_000000000000001": {"scopes": READING}}},
        shows=granted_permissions,
        expected=[
            ("first", [*READING, "XM Directory (not Lite)"]),
            ("last", [*READING, *WRITING, LISTING, "XM Directory (not Lite)"]),
        ],
    ),
    Case(
        switch=f"{USER}.scopes",
        shows=granted_permissions,
        expected=[
            (None, [*READING, *WRITING, LISTING, "XM Directory (not Lite)"]),
            (["read:directories"], ["read:directories"]),
        ],
    ),
    Case(
        switch="pages.last",
        shows=pages_of_choices,
        expected=[
            ("null", ["Customers"]),
            ("absent", ["Customers"]),
            ("placeholder", ["Customers"]),
        ],
    ),
    Case(
        switch="pages.nextHost",
        config={"pages": {"directories": 1}, **TWO_DIRECTORIES},
        shows=refused_choices,
        expected=[(None, ["Customers", "Two"]), ("fra1.qualtrics.com", "HOST_NOT_ALLOWED")],
    ),
    Case(
        switch="transactions.entriesPerCall",
        shows=four_transactions,
        expected=[(100, ({"delivered"}, 1)), (1, ({"delivered"}, 7))],
    ),
    Case(
        switch="transactions.tooManyStatus",
        config={"transactions": {"entriesPerCall": 2}},
        shows=four_transactions,
        expected=[(400, ({"delivered"}, 3)), (413, ({"delivered"}, 3))],
    ),
    Case(
        switch="transactions.unprocessedShare",
        shows=sending(transaction()),
        expected=[(0.0, DELIVERED), (1.0, ["TRANSACTION_UNPROCESSED"])],
    ),
    Case(
        switch="transactions.codeKey",
        shows=words("SIM_NOT_FOUND", event=transaction(mailing_list="CG_none")),
        expected=[("error", ["SIM_NOT_FOUND"]), ("errorCode", ["SIM_NOT_FOUND"])],
    ),
    Case(
        switch="transactions.invalidEntry",
        shows=sending(
            transaction("u-1"), transaction("u-2", mailing_list="CG_none"), transaction("u-3")
        ),
        expected=[
            ("unprocessed", ["delivered", "TRANSACTION_UNPROCESSED", "delivered"]),
            ("refuse-request", ["delivered", "BAD_REQUEST", "delivered"]),
        ],
    ),
    Case(
        switch="transactions.repeatedIds",
        shows=two_calls,
        expected=[
            ("accept", ([DELIVERED, DELIVERED], 2)),
            ("refuse", ([DELIVERED, DELIVERED], 2)),
        ],
    ),
    Case(
        switch="transactions.dateForm",
        shows=sending(transaction()),
        expected=[("spaced", DELIVERED), ("iso", ["TRANSACTION_UNPROCESSED"])],
    ),
    Case(
        switch="transactions.dataValues",
        shows=sending(transaction(data={"total": 9.5})),
        expected=[("scalars", DELIVERED), ("texts", ["TRANSACTION_UNPROCESSED"])],
    ),
    Case(
        switch="transactions.idPrefix",
        shows=transaction_id,
        expected=[("CTR_", "CTR"), ("TX-", "TX-")],
    ),
    *(
        Case(
            switch=f"transactions.{name}Required",
            shows=sending(transaction()),
            expected=[(True, DELIVERED), (False, DELIVERED)],
        )
        for name in ("mailingList", "date")
    ),
    Case(
        switch="transactions.membershipRequired",
        shows=sending(transaction()),
        expected=[(False, DELIVERED), (True, ["TRANSACTION_UNPROCESSED"])],
    ),
    Case(
        switch="workflow.status",
        shows=sending(workflow()),
        expected=[(200, DELIVERED), (202, DELIVERED)],
    ),
    Case(
        switch="workflow.body",
        shows=sending(workflow()),
        expected=[("envelope", DELIVERED), ("empty", DELIVERED)],
    ),
    Case(
        switch="workflow.tokenChecked",
        shows=sending(workflow()),
        expected=[(False, DELIVERED), (True, DELIVERED)],
    ),
    Case(
        switch="workflow.urlTokens",
        shows=sending(workflow()),
        expected=[(["s3cret-id"], DELIVERED), (["other"], ["NOT_FOUND"])],
    ),
    Case(
        switch="workflow.payloadBytes",
        shows=sending(workflow("x" * 1000)),
        expected=[(100 * 1024, DELIVERED), (100, ["PAYLOAD_TOO_LARGE"])],
    ),
    Case(
        switch="workflow.tooLargeStatus",
        config={"workflow": {"payloadBytes": 100}},
        shows=sending(workflow("x" * 1000)),
        expected=[(413, ["PAYLOAD_TOO_LARGE"]), (400, ["BAD_REQUEST"])],
    ),
    Case(
        switch="limits.brand",
        config={"limits": {"enabled": True}},
        shows=at_a_limit(contact("u-1"), contact("u-2")),
        expected=[(3000, DELIVERED * 2), (1, ["delivered", "TOO_MANY_REQUESTS"])],
    ),
    Case(
        switch="limits.routes",
        config={"limits": {"enabled": True}},
        shows=at_a_limit(contact("u-1"), contact("u-2")),
        expected=[({}, DELIVERED * 2), ({CREATE: 1}, ["delivered", "TOO_MANY_REQUESTS"])],
    ),
    Case(
        switch="limits.workflowRunsPerDay",
        config={"limits": {"enabled": True}},
        shows=at_a_limit(workflow(), workflow()),
        expected=[(300_000, DELIVERED * 2), (1, ["delivered", "TOO_MANY_REQUESTS"])],
    ),
    Case(
        switch="bodyBytes",
        shows=four_transactions,
        expected=[(5_000_000, ({"delivered"}, 1)), (300, ({"delivered"}, 3))],
    ),
    Case(
        switch="contentTypeChecked",
        shows=sending(contact()),
        expected=[(True, DELIVERED), (False, DELIVERED)],
    ),
    Case(
        switch=f"{USER}.mayListDirectories",
        shows=sending(transaction()),
        expected=[(True, DELIVERED), (False, DELIVERED)],
    ),
    Case(
        switch=f"{USER}.userName",
        shows=account,
        expected=[("olive", (True, "olive")), ("", (False, None))],
    ),
    Case(
        switch=f"{IN_POOL}.name",
        shows=pages_of_choices,
        expected=[("Customers", ["Customers"]), (None, ["POOL_1"])],
    ),
    Case(
        switch=f"{IN_POOL}.lite",
        shows=sending(transaction(), contact()),
        expected=[(False, DELIVERED * 2), (True, ["FORBIDDEN", "delivered"])],
    ),
    Case(
        switch=f"{IN_POOL}.deduplicationCriteria",
        config=in_pool(
            contacts=[
                {"extRef": "u-1", "email": "old@example.com"},
                {"email": "u-1@example.com"},
            ]
        ),
        shows=owner_of_the_transaction,
        expected=[
            ({"email": True}, (DELIVERED, [None])),
            ({"externalDataReference": True}, (DELIVERED, ["u-1"])),
        ],
    ),
    Case(
        switch=f"{IN_POOL}.mergeRules",
        shows=one_by_one(contact("u-1", email="a@b.co"), contact("u-2", email="a@b.co")),
        expected=[([["email"]], ("delivered", 1)), ([], ("delivered", 2))],
    ),
    Case(
        switch="faults.html",
        config={"faults": {"statuses": {"502": 1.0}}},
        shows=failing("code", "remedy"),
        expected=[(0.0, ["BAD_GATEWAY", "wait"]), (1.0, ["BAD_GATEWAY", "wait"])],
    ),
    *(
        Case(
            switch=f"faults.{name}",
            shows=one_by_one(contact()),
            expected=[(0.0, ("delivered", 1)), (1.0, ("CONNECTION_FAILED", contacts))],
        )
        for name, contacts in (("resetBefore", 0), ("resetAfter", 1))
    ),
    Case(
        switch="transactions.listingLag",
        config=LOST_TRANSACTION,
        shows=a_transaction_again,
        expected=[(0.0, (DELIVERED, 1)), (60.0, (["TRANSACTION_IN_DOUBT"], 1))],
    ),
    Case(
        switch="faults.appliedLate",
        config=LOST_TRANSACTION,
        shows=a_transaction_again,
        expected=[(0.0, (DELIVERED, 1)), (36_000.0, (["TRANSACTION_IN_DOUBT"], 0))],
    ),
    Case(
        switch="pages.transactions",
        config={"faults": {"script": ["ok", "reset-after"], "only": [TRANSACT]}},
        shows=a_transaction_after_others,
        expected=[(1, (DELIVERED, 4)), (100, (DELIVERED, 1))],
    ),
    Case(
        switch="faults.late",
        config={"faults": {"statuses": {"504": 1.0}}},
        shows=one_by_one(contact()),
        expected=[(0.0, ("GATEWAY_TIMEOUT", 0)), (1.0, ("GATEWAY_TIMEOUT", 1))],
    ),
]


@pytest.mark.parametrize(
    ("case", "value", "expected"),
    [
        pytest.param(case, value, expected, id=f"{case.switch}={value!r}"[:70])
        for case in CASES
        for value, expected in case.expected
    ],
)
async def test_the_destination_with_a_switch_turned(case, value, expected):
    async with open_run(case, value) as run:
        assert await case.shows(run) == expected


@pytest.mark.parametrize("status", [400, 401])
async def test_a_call_without_a_token_is_refused_credentials_whatever_the_status(status):
    """The switch `errors.missingCredentialStatus`; the destination itself always sends a token."""
    config = load_config({"errors": {"missingCredentialStatus": status}})
    policy = RequestPolicy(hosts=("*.qualtrics.com",), headers={}, secrets=())
    transport = HttpxTransport(httpx.ASGITransport(app(config)))
    context = Context(
        settings={"apiToken": "t", "datacenter": "iad1"},
        http=Client(policy, transport=transport),
        received_at=datetime(2026, 3, 2, tzinfo=UTC),
    )
    with pytest.raises(DeliveryError) as caught:
        await client.whoami(context)
    assert caught.value.code == "INVALID_AUTHENTICATION"


def test_every_switch_is_turned_both_ways():
    assert all(len(case.expected) > 1 for case in CASES)
    assert len({case.switch for case in CASES}) == len(CASES)
