"""No command shows a secret: not on stdout, on stderr, in a file, or in a log of every detail."""

import json
import logging

import pytest

from destinations.qualtrics import QUALTRICS
from tests.end_to_end.conftest import SAMPLES, TOKEN, simulated
from tests.kit.dkit import dkit

KEY = "00000000-0000-4000-8000-000000000000"  # in the query of the samples' workflow URL
EVENTS = SAMPLES / "events.jsonl"
COMMANDS = {
    "list": ["list"],
    "show": ["show", "qualtrics"],
    "init": ["init", "qualtrics"],
    "check": ["check", "INSTANCE"],
    "auth": ["auth", "INSTANCE", "CONNECT"],
    "auth elsewhere": ["auth", "INSTANCE", "--connect-to", "*.qualtrics.com=http://127.0.0.1:9"],
    "choices": ["choices", "INSTANCE", "addContactToXmd", "directoryId", "CONNECT"],
    "preview": ["preview", "INSTANCE", EVENTS],
    "deliver": ["deliver", "INSTANCE", EVENTS, "CONNECT", "--results", "r", "--dead-letters", "d"],
    "deliver elsewhere": [
        *("deliver", "INSTANCE", EVENTS, "--results", "r", "--dead-letters", "d"),
        *("--connect-to", "*.qualtrics.com=http://127.0.0.1:9", "--retry-for", "0"),
    ],
    "demo": ["demo"],
    "schemas": ["schemas", "--out", "schemas"],
}


@pytest.fixture(scope="module")
def qualtrics():
    with simulated() as running:
        yield running


def literal(document):
    document["settings"]["apiToken"] = TOKEN


def misplaced(document):
    document["settings"]["datacenter"] = {"$secret": "QUALTRICS_API_TOKEN"}
    document["settings"]["apiToken"] = f"{TOKEN} {TOKEN}"


def refused(document):
    document["settings"]["apiToken"] = f"x{TOKEN}"


@pytest.mark.parametrize("change", [lambda document: None, literal, misplaced, refused])
@pytest.mark.parametrize("options", [(), ("--json",)], ids=["text", "json"])
@pytest.mark.parametrize("command", COMMANDS)
def test_no_output_holds_a_secret(
    command, options, change, qualtrics, instance, tmp_path, monkeypatch, caplog
):
    document = json.loads(instance.read_text())
    change(document)
    instance.write_text(json.dumps(document))
    folder = tmp_path / "out"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("QUALTRICS_API_TOKEN", TOKEN)
    caplog.set_level(logging.DEBUG)
    words = {"INSTANCE": [instance], "CONNECT": qualtrics.connect}
    arguments = [part for word in COMMANDS[command] for part in words.get(word, [word])]
    ran = dkit(*arguments, *options, destinations=[QUALTRICS])
    assert ran.out + ran.err
    written = [path.read_text() for path in folder.rglob("*") if path.is_file()]
    for text in (ran.out, ran.err, caplog.text, *written):
        assert TOKEN not in text
        assert KEY not in text
