"""The verification finds each behaviour that differs, and nothing else, and leaves no trace."""

import asyncio
from dataclasses import replace

import pytest

from destination_kit import Budgets
from destination_kit.verification.report import create_simulator_config
from destinations.qualtrics.simulator import load_config
from destinations.qualtrics.verification import VERIFICATION
from tests.qualtrics.verification.conftest import DIRECTORY, with_workflow

#: Configuration of the simulator -> the findings that it changes: check -> (verdict, answer).
DEVIATIONS = [
    (
        {"contacts": {"putEmbeddedData": "replace"}},
        {"update-embedded-data": ("differs", "replace")},
    ),
    ({"contacts": {"falseResubscribes": False}}, {"opt-in": ("differs", False)}),
    ({"search": {"lag": 3600}}, {"search-lag": ("differs", 60.0)}),
    ({"contacts": {"emailChecked": True}}, {"email-format": ("differs", True)}),
    ({"contacts": {"phoneChecked": True}}, {"phone-format": ("differs", True)}),
    ({"contacts": {"languageChecked": True}}, {"language-code": ("differs", True)}),
    ({"contacts": {"nulls": "ignore"}}, {"null-fields": ("noted", "ignore")}),
    ({"contacts": {"unknownKeys": "ignore"}}, {"unknown-members": ("noted", "ignore")}),
    ({"contacts": {"fieldLength": 255}}, {"field-length": ("differs", 255)}),
    ({"contacts": {"fieldLength": 2049}}, {"field-length": ("holds", 2049)}),
    ({"contacts": {"embeddedNameLength": 100}}, {"embedded-name-length": ("differs", 100)}),
    ({"contacts": {"embeddedValueLength": 1000}}, {"embedded-value-length": ("differs", 1000)}),
    ({"contacts": {"embeddedValueLength": 9000}}, {"embedded-value-length": ("holds", 4096)}),
    ({"contacts": {"embeddedNamesCaseSensitive": True}}, {"embedded-name-case": ("differs", True)}),
    ({"contacts": {"reservedNames": ["Points"]}}, {"reserved-names": ("noted", ["Points"])}),
    ({"contacts": {"identityRequired": True}}, {"identity-required": ("differs", True)}),
    (
        {"contacts": {"unmatchedRule": "stop"}},
        {"merging": ("differs", "extRef, and then no further rule")},
    ),
    ({"contacts": {"lookupPrefix": "MLRP_"}}, {"contact-lookup-id": ("noted", "MLRP_")}),
    (
        {"directories": {DIRECTORY: {"mergeRules": [["extRef"]]}}},
        {"merging": ("holds", "extRef")},
    ),
    ({"directories": {DIRECTORY: {"mergeRules": []}}}, {"merging": ("holds", "neither")}),
    (
        {"directories": {DIRECTORY: {"deduplicationCriteria": {"externalDataReference": True}}}},
        {"reported-criteria": ("differs", False)},
    ),
    ({"transactions": {"entriesPerCall": 7}}, {"entries-per-call": ("differs", 7)}),
    ({"transactions": {"entriesPerCall": 437}}, {"entries-per-call": ("holds", 437)}),
    ({"transactions": {"tooManyStatus": 413}}, {"too-many-status": ("holds", 413)}),
    ({"transactions": {"partialStatus": 207}}, {"refused-entry-status": ("holds", 207)}),
    ({"transactions": {"codeKey": "errorCode"}}, {"refused-entry-code": ("holds", "errorCode")}),
    ({"transactions": {"membershipRequired": True}}, {"list-membership": ("differs", True)}),
    ({"transactions": {"mailingListRequired": False}}, {"transaction-list": ("noted", False)}),
    ({"transactions": {"dateRequired": False}}, {"transaction-date": ("noted", False)}),
    ({"transactions": {"idPrefix": "TX_"}}, {"transaction-id": ("noted", "TX_")}),
    (
        {"dataCenters": {"home": "sjc1", "proxied": ["iad1"]}},
        {"data-center-notice": ("differs", "sjc1")},
    ),
    ({"dataCenters": {"whoami": "az1"}}, {"whoami-data-center": ("noted", "another")}),
    (
        {"errors": {"unauthorized": "AUTH_6"}},
        {"unknown-token": ("differs", {"status": 401, "code": "AUTH_6"})},
    ),
    (
        {"errors": {"notFound": "DIR_4"}},
        {"missing-contact": ("holds", {"status": 404, "code": "DIR_4"})},
    ),
    (
        {"errors": {"validation": "ATP_2"}},
        {"invalid-request": ("differs", {"status": 400, "code": "ATP_2"})},
    ),
    (
        {"errors": {"unknownDirectoryStatus": 403, "forbidden": "AUTH_7"}},
        {"unknown-directory": ("holds", {"status": 403, "code": "AUTH_7"})},
    ),
    ({"errors": {"oldShape": True}}, {"older-error-keys": ("noted", True)}),
    ({"errors": {"emptyRequestIds": True}}, {"empty-request-ids": ("noted", True)}),
    ({"pages": {"last": "absent"}}, {"last-page": ("holds", "absent")}),
    ({"pages": {"last": "placeholder"}}, {"last-page": ("holds", "placeholder")}),
    ({"pages": {"oversize": "clamp"}}, {"page-size": ("noted", "clamp")}),
    ({"pages": {"nextHost": "other.qualtrics.com"}}, {"next-page-host": ("differs", "another")}),
    (
        {"workflow": {"status": 202, "body": "empty"}},
        {"workflow-response": ("holds", {"status": 202, "body": "empty"})},
    ),
    (
        {"limits": {"enabled": True, "timeScale": 20}},
        {
            "retry-after": ("holds", "seconds"),
            "too-many-requests-code": ("noted", "SIM_TOO_MANY_REQUESTS"),
        },
    ),
    (
        {
            "limits": {"enabled": True, "timeScale": 20},
            "errors": {"retryAfter": "none", "tooManyRequests": "RATE_9"},
        },
        {"retry-after": ("holds", "none"), "too-many-requests-code": ("noted", "RATE_9")},
    ),
    (
        {"limits": {"enabled": True, "timeScale": 20}, "errors": {"retryAfter": "date"}},
        {
            "retry-after": ("holds", "date"),
            "too-many-requests-code": ("noted", "SIM_TOO_MANY_REQUESTS"),
        },
    ),
]


def answers(outcome):
    return {finding.check.name: (finding.verdict, finding.seen) for finding in outcome.findings}


@pytest.fixture(scope="module")
def usual(server):
    server.reset()
    return answers(asyncio.run(server.verify(with_workflow())))


async def test_refused_posts_settle_nothing_instead_of_wrongly(simulator):
    proxied = {"home": "sjc1", "proxied": ["iad1"], "proxiedPosts": "fail"}
    simulator.reset(dataCenters=proxied)
    before = simulator.state
    outcome = await simulator.verify()
    found = answers(outcome)
    differs = {name for name, (verdict, _) in found.items() if verdict == "differs"}
    assert differs == {"data-center-notice"}
    assert {found[check.name][0] for check in VERIFICATION.checks if check.writes} == {"unsettled"}
    assert simulator.state == before


async def test_the_rate_limits_of_the_partner_are_kept(simulator):
    simulator.reset(limits={"enabled": True})
    instance = replace(with_workflow(), budgets=Budgets())
    outcome = await simulator.verify(instance)
    counts = simulator.call("GET", "/_sim/state?part=calls")["calls"]
    refused = [route for route, outcomes in counts.items() if "429" in outcomes]
    assert [route.rpartition("/")[2] for route in refused] == ["{exportId}"]
    assert outcome.left == []


def test_enough_deviations_are_seeded():
    changed = {name for _, changes in DEVIATIONS for name in changes}
    assert changed == {check.name for check in VERIFICATION.checks}


async def test_nothing_differs_where_the_partner_is_as_expected(usual):
    assert "differs" not in {verdict for verdict, _ in usual.values()}
    unsettled = {name for name, (verdict, _) in usual.items() if verdict == "unsettled"}
    assert unsettled == {"retry-after", "too-many-requests-code"}


@pytest.mark.parametrize(("config", "changes"), DEVIATIONS, ids=lambda value: str(value)[:60])
async def test_each_deviation_is_found_and_nothing_else(simulator, usual, config, changes):
    simulator.reset(**config)
    before = simulator.state
    outcome = await simulator.verify(with_workflow())
    found = answers(outcome)
    assert {name: answer for name, answer in found.items() if answer != usual[name]} == changes
    assert (simulator.state, outcome.left) == (before, [])
    assert outcome.calls <= VERIFICATION.calls


#: A partner in which much is different at once.
UNLIKE = {
    "contacts": {
        "putEmbeddedData": "replace",
        "falseResubscribes": False,
        "emailChecked": True,
        "languageChecked": True,
        "fieldLength": 255,
        "embeddedNamesCaseSensitive": True,
        "reservedNames": ["Points"],
        "identityRequired": True,
        "unmatchedRule": "stop",
        "lookupPrefix": "MLRP_",
    },
    "transactions": {"entriesPerCall": 7, "tooManyStatus": 413, "membershipRequired": True},
    "errors": {"notFound": "DIR_4", "oldShape": True, "unauthorized": "AUTH_6"},
    "pages": {"last": "absent", "oversize": "clamp", "nextHost": "other.qualtrics.com"},
    "search": {"lag": 3600},
    "workflow": {"status": 202, "body": "empty"},
}


@pytest.mark.parametrize(
    "config",
    [
        UNLIKE,
        {"dataCenters": {"home": "sjc1", "proxied": ["iad1"]}},
        {"errors": {"forbidden": "A"}},
    ],
)
async def test_the_configuration_of_a_run_behaves_as_the_partner(simulator, config):
    simulator.reset(**config)
    outcome = await simulator.verify(with_workflow())
    written = create_simulator_config(VERIFICATION, outcome)
    load_config(written)
    simulator.reset(**written)
    assert answers(await simulator.verify(with_workflow())) == answers(outcome)
