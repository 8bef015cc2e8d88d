"""`dkit verify` checks what a destination relies on, and writes what it has found."""

import json
import os
import pty
import re
import signal
import subprocess
import sys
from dataclasses import replace

import pytest
import yaml

from destinations.qualtrics import QUALTRICS
from destinations.qualtrics.simulator import background, load_config
from tests.kit.dkit import PARTNER, dkit, write

DIRECTORY, MAILING_LIST = "POOL_Ab12Cd34Ef56Gh7", "CG_Zy98Xw76Vu54Ts3"
PLACE = ("--directory", DIRECTORY, "--list", MAILING_LIST)
CONFIG = {
    "directories": {
        DIRECTORY: {
            "isDefault": True,
            "mergeRules": [["extRef"], ["email"]],
            "mailingLists": {MAILING_LIST: {"name": "Acme"}},
        }
    }
}
DOCUMENT = {
    "destination": "actions-qualtrics",
    "settings": {"apiToken": {"$secret": "QUALTRICS_TOKEN"}, "datacenter": "iad1"},
    "subscriptions": [],
}


@pytest.fixture
def document(tmp_path, monkeypatch):
    monkeypatch.setenv("QUALTRICS_TOKEN", "simulated-token")
    return write(tmp_path / "instance.json", DOCUMENT)


@pytest.fixture
def simulate():
    """Return a function: configuration -> the options that lead to a simulator."""
    running = []

    def start(**config):
        simulator = background(load_config({**CONFIG, **config}))
        running.append(simulator)
        return ("--connect-to", f"*.qualtrics.com={simulator.__enter__()}")

    yield start
    for simulator in running:
        simulator.__exit__(None, None, None)


def verify(document, *options):
    return dkit("verify", "qualtrics", document, *PLACE, *options, destinations=[QUALTRICS])


def test_a_partner_as_expected_is_all_well(document, simulate):
    ran = verify(document, "--yes", *simulate())
    assert ran.code == 0, ran.err
    assert re.search(r"search-lag +holds +at most 10 +0\n", ran.out)
    assert re.search(r"checks of Qualtrics, \d+ of which write \(directory POOL_", ran.err)
    assert re.search(r"at most \d+ calls.* marked dkit-verify-[0-9a-f]{8}", ran.err)


def test_a_difference_is_a_finding_with_its_switch(document, simulate):
    ran = verify(document, "--yes", *simulate(contacts={"putEmbeddedData": "replace"}))
    assert ran.code == 1
    assert "update-embedded-data differs: PUT merges embedded data" in ran.out
    assert "contacts.putEmbeddedData" in ran.out


def test_the_result_is_json(document, simulate):
    ran = verify(document, "--yes", "--json", *simulate(contacts={"emailChecked": True}))
    verdicts = {finding["check"]: finding["verdict"] for finding in ran.json["findings"]}
    assert ran.code == 1
    assert [check for check, verdict in verdicts.items() if verdict == "differs"] == [
        "email-format"
    ]
    assert (ran.json["left"], ran.json["complete"], ran.json["files"]) == ([], True, [])


def test_the_files_are_a_report_a_configuration_and_a_recording(document, simulate, tmp_path):
    names = ("report.json", "simulator.json", "cassette.yaml")
    report, config, cassette = (tmp_path / name for name in names)
    files = ("--report", report, "--simulator-config", config, "--record", cassette)
    ran = verify(document, "--yes", *files, *simulate(search={"lag": 0.2}))
    written = json.loads(report.read_text())
    assert (ran.code, written["against"], written["left"]) == (0, "simulator", 0)
    loaded = load_config(json.loads(config.read_text()))
    assert 0 < loaded.search.lag <= 1
    assert yaml.safe_load(cassette.read_text())["made"]["runId"] in ran.err
    for path in (report, config, cassette):
        text = path.read_text()
        hidden = ("simulated-token", DIRECTORY, MAILING_LIST, "operator@", "Olive")
        assert not [word for word in hidden if word in text]


def test_a_file_that_exists_is_kept_and_nothing_is_sent(document, tmp_path):
    (tmp_path / "report.json").write_text("mine")
    ran = verify(document, "--yes", "--report", tmp_path / "report.json")
    assert ran.code == 2
    assert "report.json exists: name another file with --report" in ran.err
    assert (tmp_path / "report.json").read_text() == "mine"
    ran = verify(document, "--yes", "--record", tmp_path / "no" / "c.yaml")
    assert (ran.code, "there is no such folder" in ran.err) == (2, True)


def test_without_a_terminal_it_writes_nothing_unless_it_may(document):
    ran = verify(document)
    assert (ran.code, ran.out) == (2, "")
    assert "--yes allows every write" in ran.err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), "name what the run may use: --with directory=POOL_… (a directory that is meant"),
        (("--directory", DIRECTORY), "--with list=CG_… (a mailing list of that directory)"),
        (("--with", "directory"), "--with directory: should be NAME=VALUE"),
        ((*PLACE, "--with", "lst=CG_1"), "it has no such name; did you mean 'list'?"),
        (("--directory", "../x", "--list", "CG_1"), "should look like POOL_…"),
    ],
)
def test_the_place_of_the_run_is_named(document, options, message):
    ran = dkit("verify", "qualtrics", document, *options, "--yes", destinations=[QUALTRICS])
    assert (ran.code, message in ran.err) == (2, True), ran.err


def test_a_refused_token_and_an_unknown_directory_are_misuse(document, simulate, monkeypatch):
    connection = simulate()
    ran = dkit(
        *("verify", "qualtrics", document, "--directory", "POOL_none", "--list", "CG_1", "--yes"),
        *connection,
        destinations=[QUALTRICS],
    )
    assert (ran.code, "the directory POOL_none cannot be used: status 404" in ran.err) == (2, True)
    monkeypatch.setenv("QUALTRICS_TOKEN", "wrong-token")
    ran = verify(document, "--yes", *connection)
    assert (ran.code, "does not accept the API token" in ran.err) == (2, True)
    assert "wrong-token" not in ran.err + ran.out


def test_a_destination_without_checks_is_misuse(document):
    ran = dkit("verify", "partner", document, "--yes", destinations=[PARTNER])
    assert ran.code == 2
    assert "actions-partner has no verification" in ran.err


def test_what_is_left_is_named_and_a_failure(document, simulate):
    route = "DELETE /API/v3/directories/{directoryId}/contacts/{contactId}"
    connection = simulate(faults={"statuses": {"403": 1.0}, "only": [route]})
    ran = verify(document, "--yes", "--max-calls", "40", *connection)
    assert ran.code == 1
    assert re.search(r"left: a contact may be left: search the directory for extRef dkit-", ran.err)


def test_a_partner_that_cannot_be_reached_is_a_failure(document):
    ran = verify(document, "--yes", "--connect-to", "*.qualtrics.com=http://127.0.0.1:1")
    assert ran.code == 1
    assert "could not connect" in ran.err
    assert "please report" not in ran.err


def test_a_destination_of_another_slug_is_misuse(document):
    other = replace(PARTNER, verification="destinations.qualtrics.verification")
    ran = dkit("verify", "partner", document, *PLACE, "--yes", destinations=[other, QUALTRICS])
    assert ran.code == 2


class Terminal:
    """The command with a terminal as its input."""

    def __init__(self, document, *options):
        self.input, child = pty.openpty()
        command = [sys.executable, "-m", "destination_kit.cli", "verify", "qualtrics"]
        self.process = subprocess.Popen(
            [*command, str(document), *PLACE, *options],
            stdin=child,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        os.close(child)

    def read_question(self):
        text = ""
        while not text.endswith("[a]ll: "):
            character = self.process.stderr.read(1)
            assert character, f"it ended after {text}"
            text += character
        return text.rpartition("\n")[2]

    def answer(self, line):
        os.write(self.input, f"{line}\n".encode())

    def end(self):
        out, err = self.process.communicate(timeout=60)
        os.close(self.input)
        return self.process.returncode, out, err


def test_each_write_is_asked_for(document, simulate):
    terminal = Terminal(document, *simulate())
    question = terminal.read_question()
    assert question.startswith("update-embedded-data writes a contact, and an update of it. POST /")
    terminal.answer("y")
    assert "PUT /API/v3/directories" in terminal.read_question()
    terminal.answer("n")
    assert terminal.read_question().startswith("opt-in writes")
    terminal.answer("c")
    assert terminal.read_question().startswith("search-lag writes")
    terminal.answer("a")
    code, out, _ = terminal.end()
    assert code == 0
    assert "update-embedded-data unsettled" in out
    assert "a write was not allowed" in out


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_at_a_question_removes_what_was_made(document, simulate, number):
    connection = simulate()
    terminal = Terminal(document, *connection)
    terminal.read_question()
    terminal.answer("y")
    terminal.read_question()
    terminal.process.send_signal(number)
    code, out, err = terminal.end()
    assert code == 1
    assert "interrupted" in err
    assert "left:" not in err
    assert "Traceback" not in err + out
