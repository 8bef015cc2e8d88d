"""What a run has made is gone at its end: after an interruption, a failure and a limit, too."""

import os
import re
import signal
from datetime import UTC, datetime, timedelta

import pytest

from destination_kit.verification import PreparationError
from destinations.qualtrics.verification import VERIFICATION
from tests.qualtrics.verification.conftest import DIRECTORY, MAILING_LIST

CONTACTS = "/API/v3/directories/{directoryId}/contacts"
WRITING = [check.name for check in VERIFICATION.checks if check.writes]


class Interrupting:
    """Sends a signal before the write with a number, or before a check with a name."""

    def __init__(self, *when, number=signal.SIGINT):
        self.when, self.number, self.writes = when, number, 0

    def approve(self, _check, _call):
        self.writes += 1
        self._signal_at(self.writes)
        return True

    def on_check(self, check):
        self._signal_at(check.name)

    def _signal_at(self, moment):
        if moment in self.when:
            os.kill(os.getpid(), self.number)


@pytest.mark.parametrize("check", WRITING[::4])
async def test_an_interrupted_run_leaves_nothing(simulator, check):
    before, interrupting = simulator.state, Interrupting(check)
    outcome = await simulator.verify(on_check=interrupting.on_check)
    assert outcome.interrupted
    assert len(outcome.findings) < len(VERIFICATION.checks)
    assert simulator.state == before
    assert len(outcome.left) <= 1  # the request in flight


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("write", [1, 2, 3, 20, 38])
async def test_a_write_without_a_response_is_removed_too(simulator, write, number):
    before, interrupting = simulator.state, Interrupting(write, number=number)
    outcome = await simulator.verify(approve=interrupting.approve)
    assert outcome.interrupted
    assert simulator.state == before
    assert len(outcome.left) <= 1  # the request in flight


async def test_a_second_signal_ends_the_removal_and_names_what_is_left(simulator):
    simulator.reset(latency=0.02)

    async def signal_twice(_seconds):
        os.kill(os.getpid(), signal.SIGINT)

    outcome = await simulator.verify(sleep=signal_twice)
    left = [contact["extRef"] for contact in simulator.state["contacts"][DIRECTORY]]
    named = re.findall(r"extRef (\S+),", "\n".join(outcome.left))
    assert outcome.interrupted
    assert set(left) - {"u-1", "u-2"} <= set(named)


async def test_contacts_whose_creation_got_no_response_are_searched_for(simulator):
    simulator.reset(faults={"resetAfter": 1.0, "only": [f"POST {CONTACTS}"]})
    before = simulator.state
    outcome = await simulator.verify()
    assert (simulator.state, outcome.left) == (before, [])
    assert outcome.calls > 30


async def test_what_cannot_be_removed_is_named_with_what_to_do(simulator):
    simulator.reset(faults={"statuses": {"403": 1.0}, "only": [f"DELETE {CONTACTS}/{{contactId}}"]})
    outcome = await simulator.verify()
    state = simulator.state
    contacts = {contact["extRef"] for contact in state["contacts"][DIRECTORY]} - {"u-1", "u-2"}
    named = set(re.findall(r"search the directory for extRef (\S+), and delete", str(outcome.left)))
    assert {contact for contact in contacts if contact} == named
    assert "firstName dkit-verify-0a1b2c3d-identity" in str(outcome.left)
    assert not state["transactions"][DIRECTORY]


async def test_what_search_does_not_find_yet_is_named(simulator):
    faults = {"resetAfter": 1.0, "only": [f"POST {CONTACTS}"]}
    simulator.reset(search={"lag": 3600}, faults=faults)
    outcome = await simulator.verify()
    assert any("extRef dkit-verify-0a1b2c3d-update" in sentence for sentence in outcome.left)


async def test_a_contact_that_is_older_than_the_run_is_not_deleted(simulator):
    later = datetime.now(UTC) + timedelta(hours=1)
    outcome = await simulator.verify(started_at=later)
    calls = simulator.call("GET", "/_sim/state?part=calls")["calls"]
    assert outcome.left
    assert all("do not delete it" in sentence for sentence in outcome.left)
    assert f"DELETE {CONTACTS}/{{contactId}}" not in calls


@pytest.mark.parametrize("max_calls", [5, 12, 40, 77, 120])
async def test_a_run_makes_no_more_calls_than_it_may(simulator, max_calls):
    before = simulator.state
    outcome = await simulator.verify(max_calls=max_calls)
    assert outcome.calls <= max_calls
    assert (simulator.state, outcome.left) == (before, [])
    assert "--max-calls" in [finding.reason for finding in outcome.findings][-1]


async def test_each_check_declares_the_calls_that_it_makes(simulator):
    simulator.reset(contacts={"fieldLength": 3001, "embeddedNameLength": 601})
    counts = []
    outcome = await simulator.verify(on_check=lambda check: counts.append(check.calls))
    assert outcome.calls <= VERIFICATION.prepare_calls + sum(counts) == VERIFICATION.calls


async def test_a_refused_write_settles_nothing_and_reads_go_on(simulator):
    before = simulator.state
    outcome = await simulator.verify(approve=lambda check, call: False)
    verdicts = {finding.check.name: finding.verdict for finding in outcome.findings}
    calls = simulator.call("GET", "/_sim/state?part=calls")["calls"]
    assert verdicts["unknown-directory"] == "holds"
    assert verdicts["search-lag"] == "unsettled"
    assert f"POST {CONTACTS}" not in calls
    assert simulator.state == before


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"directory": "POOL_no", "list": MAILING_LIST}, "the directory POOL_no cannot be used"),
        ({"directory": DIRECTORY, "list": "CG_no"}, "the mailing list CG_no cannot be used"),
    ],
)
async def test_a_run_does_not_begin_in_a_place_that_is_not_there(simulator, parameters, message):
    with pytest.raises(PreparationError, match=message):
        await simulator.verify(parameters=parameters)


async def test_a_run_does_not_begin_with_a_token_that_is_refused(simulator):
    simulator.reset(tokens={"other": "UR_000000000000001", "simulated-token": None})
    with pytest.raises(PreparationError, match="does not accept the API token: status 401, DCD_7"):
        await simulator.verify()
