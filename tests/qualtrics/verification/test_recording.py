"""A recording shows neither secrets nor people, and its replay comes to the same findings."""

import json
from datetime import datetime
from pathlib import Path

import pytest
import vcr
import yaml

from destination_kit.verification import SessionOptions, verify
from destination_kit.verification.recording import render_cassette
from destination_kit.verification.report import create_report, finding_record
from destinations.qualtrics.verification import VERIFICATION
from tests.qualtrics.verification.conftest import (
    PEOPLE,
    configure,
    no_sleep,
    with_workflow,
)

CASSETTES = Path(__file__).parent / "cassettes"
BRAND, DIRECTORY, MAILING_LIST = "acmebrand", "POOL_Ab12Cd34Ef56Gh7", "CG_Zy98Xw76Vu54Ts3"
#: An account in which much is not as expected.
UNLIKE = {
    "directories": {
        DIRECTORY: {
            "name": "Customers of Acme",
            "isDefault": True,
            "mergeRules": [["extRef"], ["email"]],
            "mailingLists": {"CG_first": {"name": "Acme VIP"}, MAILING_LIST: {"name": "Acme"}},
            "contacts": [{**person, "lists": [MAILING_LIST]} for person in PEOPLE],
        }
    },
    "users": {"UR_000000000000001": {"userName": "ann@acme.example#acme", "brandId": BRAND}},
    "contacts": {"putEmbeddedData": "replace", "emailChecked": True, "fieldLength": 255},
    "transactions": {"entriesPerCall": 7, "tooManyStatus": 413, "codeKey": "error"},
    "errors": {"notFound": "NOTFOUNDXY", "oldShape": True},
}


def replay_options(made):
    return SessionOptions(
        run_id=made["runId"],
        max_calls=made["maxCalls"],
        parameters=made["parameters"],
        started_at=datetime.fromisoformat(made["startedAt"]),
        sleep=no_sleep,
    )


def records(outcome):
    return [finding_record(finding) for finding in outcome.findings]


async def record(simulator, **options):
    parameters = {"directory": DIRECTORY, "list": MAILING_LIST}
    outcome = await simulator.verify(with_workflow(), parameters=parameters, **options)
    report = create_report("actions-qualtrics", outcome, is_simulated=True)
    chosen = SessionOptions(
        run_id="dkit-verify-0a1b2c3d", max_calls=VERIFICATION.calls, parameters=parameters
    )
    return outcome, report, render_cassette(VERIFICATION, outcome, chosen, report)


@pytest.mark.parametrize("config", [{"directories": UNLIKE["directories"]}, UNLIKE])
async def test_a_replay_comes_to_the_same_findings(simulator, tmp_path, config):
    simulator.reset(**config)
    outcome, report, cassette = await record(simulator)
    path = tmp_path / "cassette.yaml"
    path.write_text(cassette)
    made = yaml.safe_load(cassette)["made"]
    with vcr.use_cassette(str(path), record_mode="none") as played:
        replayed = await verify(configure_for_replay(), VERIFICATION, replay_options(made))
    assert made["findings"] == report["findings"]
    assert records(replayed)[:-4] == records(outcome)[:-4]
    assert replayed.left == []
    assert played.play_count >= len(outcome.exchanges) - 1


def configure_for_replay():
    # A cassette holds no workflow's URL: it is a secret.
    return configure()


async def test_a_recording_shows_no_secret_and_nobody(simulator):
    simulator.reset(**UNLIKE)
    outcome, report, cassette = await record(simulator)
    hidden = [
        *("simulated-token", "s3cr3t", DIRECTORY, MAILING_LIST, BRAND, "ann@acme", "Acme", "Olive"),
        *("Ann", "Ann@Customer.example", "555 0100", "secretPlan", "Gold", "Operator", "u-2"),
        *(
            json.dumps(exchange.response.body["meta"]["requestId"])[1:-1]
            for exchange in outcome.exchanges
        ),
    ]
    for text in (cassette, json.dumps(report)):
        assert not [word for word in hidden if word in text]
    contact_ids = [
        exchange.response.body["result"]["id"]
        for exchange in outcome.exchanges
        if exchange.method == "POST" and "CID_" in str(exchange.response.body.get("result"))
        if "id" in exchange.response.body["result"]
    ]
    assert len(contact_ids) > 10
    assert not [identifier for identifier in contact_ids if identifier in cassette]


async def test_a_recording_says_against_what_it_was_made(simulator):
    simulator.reset(**UNLIKE)
    _, report, cassette = await record(simulator)
    assert yaml.safe_load(cassette)["made"]["against"] == report["against"] == "simulator"


@pytest.fixture
def vcr_cassette_dir():
    return str(CASSETTES)


@pytest.mark.default_cassette("simulator.yaml")
@pytest.mark.vcr(record_mode="none")
async def test_the_kept_recording_of_a_simulator_settles_the_checks_in_the_same_way(vcr):
    made = yaml.safe_load((CASSETTES / "simulator.yaml").read_text())["made"]
    outcome = await verify(configure_for_replay(), VERIFICATION, replay_options(made))
    assert json.loads(json.dumps(records(outcome))) == made["findings"]
    assert made["against"] == "simulator"
    assert vcr.play_count == len(outcome.exchanges)
