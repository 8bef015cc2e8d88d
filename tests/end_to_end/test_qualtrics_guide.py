"""The console sessions of the Qualtrics guides, followed word by word against a simulator."""

import re
import shlex
import subprocess

import pytest

from destinations.qualtrics.simulator import background, load_config
from tests.contracts.documents import blocks
from tests.end_to_end.conftest import DKIT, environment
from tests.end_to_end.test_readme import assert_shows

pytestmark = pytest.mark.slow

#: Guide -> the file of its first events, and the commands that it shows.
GUIDES = {
    "docs/qualtrics.md": (
        "events.jsonl",
        ["auth", "choices", "choices", "check", "preview", "deliver", "choices"],
    ),
    "docs/qualtrics-bulk.md": ("people.jsonl", ["choices", "choices", "deliver", "hook"]),
}
TOKEN = "simulated-token"
OFFLINE = ("check", "preview")
#: The ids of contacts and transaction batches differ from run to run.
NEW_ID = re.compile(r"(CID|BT)_\w{15}")


def sessions(guide):
    for block in blocks(guide, "console"):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, *expected = part.splitlines()
            yield shlex.split(command), expected


@pytest.mark.parametrize("guide", GUIDES)
def test_a_reader_gets_what_the_guide_shows(tmp_path, guide):
    events, names = GUIDES[guide]
    (tmp_path / "instance.json").write_text(blocks(guide, "json")[0], encoding="utf-8")
    (tmp_path / events).write_text(blocks(guide, "jsonl")[0], encoding="utf-8")
    commands = list(sessions(guide))
    assert [command[1] for command, _ in commands] == names
    with background(load_config({})) as url:
        for [program, *arguments], expected in commands:
            assert program == "dkit"
            if arguments[0] not in OFFLINE:
                arguments += ["--connect-to", f"*.qualtrics.com={url}"]
            ran = subprocess.run(
                [*DKIT, *arguments],
                cwd=tmp_path,
                env=environment(TOKEN),
                # A terminal shows notices too, which go to standard error.
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
                timeout=60,
            )
            assert ran.returncode == 0, ran.stdout
            assert TOKEN not in ran.stdout
            hidden = [NEW_ID.sub(r"\1_" + 15 * "x", line) for line in expected]
            assert_shows(NEW_ID.sub(r"\1_" + 15 * "x", ran.stdout), hidden)
