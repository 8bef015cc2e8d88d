"""The console sessions of the README give what it shows."""

import re
import shlex
import subprocess

import pytest

from tests.contracts.documents import blocks
from tests.end_to_end.conftest import DKIT, environment, simulated

SESSIONS = {
    name: [part.splitlines() for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]]
    for name, block in zip(("demo", "account"), blocks("README.md", "console"), strict=True)
}
EVENTS = """\
{"type": "identify", "messageId": "m-1", "userId": "u-1", "traits": {"email": "ann@example.com"}}
{"type": "track", "messageId": "m-2", "userId": "u-1", "event": "Signed Up"}
"""
DIRECTORIES = {"POOL_1": {"mergeRules": [["extRef"]]}}
OFFLINE = ("check", "preview")
DURATION = re.compile(r"\d+\.\d s")


def shown(lines):
    """Return the lines in a form that does not depend on how long a run takes."""
    return [DURATION.sub("… s", line) for line in lines]


def assert_shows(output, expected):
    """Assert that the output has the expected lines in order; `…` stands for left out lines."""
    actual, expected = shown(output.splitlines()), shown(expected)
    if "…" not in expected:
        assert actual == expected
    position = 0
    for line in expected:
        if line != "…":
            assert line in actual[position:], f"{line!r} is missing in:\n{output}"
            position = actual.index(line, position) + 1


def test_the_demo_ends_as_the_readme_shows():
    [(command, *expected)] = SESSIONS["demo"]
    assert command == "make demo"
    ran = subprocess.run([*DKIT, "demo", "qualtrics"], capture_output=True, text=True, check=True)
    assert_shows(ran.stdout, expected)


def test_four_commands_give_what_the_readme_shows(tmp_path):
    [instance] = blocks("README.md", "json")
    (tmp_path / "instance.json").write_text(instance, encoding="utf-8")
    (tmp_path / "events.jsonl").write_text(EVENTS, encoding="utf-8")
    assert len(SESSIONS["account"]) == 4
    with simulated(directories=DIRECTORIES) as qualtrics:
        for command, *expected in SESSIONS["account"]:
            program, *arguments = shlex.split(command)
            assert program == "dkit"
            if arguments[0] not in OFFLINE:
                arguments += qualtrics.connect
            ran = subprocess.run(
                [*DKIT, *arguments],
                cwd=tmp_path,
                env=environment(),
                capture_output=True,
                text=True,
                check=True,
            )
            assert_shows(ran.stdout, expected)


@pytest.mark.parametrize("session", SESSIONS)
def test_every_session_shows_its_output(session):
    assert all(len(lines) > 1 for lines in SESSIONS[session])
