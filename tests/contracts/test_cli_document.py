"""docs/cli.md names every command and option of `dkit`."""

import re
import subprocess
import sys

import pytest

from destination_kit.cli.parser import COMMANDS
from tests.contracts.documents import text_of

DOCUMENT = text_of("docs/cli.md")
OF_EVERY_COMMAND = {"--help", "--json"}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_and_its_options_are_documented(command):
    assert f"`dkit {command}" in DOCUMENT
    shown = subprocess.run(
        [sys.executable, "-m", "destination_kit.cli", command, "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    options = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", shown.stdout)) - OF_EVERY_COMMAND
    assert not {option for option in options if option not in DOCUMENT}


def test_no_option_is_documented_that_does_not_exist():
    shown = "".join(
        subprocess.run(
            [sys.executable, "-m", "destination_kit.cli", command, "--help"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for command in COMMANDS
    )
    assert not {
        option
        for option in re.findall(r"(?<![\w-])--[a-z][a-z-]+", DOCUMENT)
        if option not in shown
    }
