"""docs/cli.md names every command and option of `dkit`."""

import re
import subprocess
import sys

import pytest

from destination_kit.cli.parser import COMMANDS
from tests.contracts.documents import text_of

DOCUMENT = text_of("docs/cli.md")
OF_EVERY_COMMAND = {"--help", "--json"}
QUEUE = [
    ("queue", name) for name in ("status", "list", "show", "replay", "drop", "purge", "export")
]
#: Commands of the kit, and those that the host adds, as words.
EVERY_COMMAND = [*((name,) for name in COMMANDS), ("serve",), *QUEUE]


@pytest.mark.parametrize("command", EVERY_COMMAND, ids=" ".join)
def test_a_command_and_its_options_are_documented(command):
    assert f"`dkit {' '.join(command)}" in DOCUMENT
    shown = subprocess.run(
        [sys.executable, "-m", "destination_kit.cli", *command, "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    options = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", shown.stdout)) - OF_EVERY_COMMAND
    assert not {option for option in options if option not in DOCUMENT}


def test_no_option_is_documented_that_does_not_exist():
    shown = "".join(
        subprocess.run(
            [sys.executable, "-m", "destination_kit.cli", *command, "--help"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for command in EVERY_COMMAND
    )
    assert not {
        option
        for option in re.findall(r"(?<![\w-])--[a-z][a-z-]+", DOCUMENT)
        if option not in shown
    }
