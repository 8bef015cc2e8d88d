"""The console sessions of the guide of Qualtrics, followed word by word against a simulator."""

import re
import shlex
import subprocess

from destinations.qualtrics.simulator import background, load_config
from tests.contracts.documents import blocks
from tests.end_to_end.conftest import DKIT, environment
from tests.end_to_end.test_readme import assert_shows

GUIDE = "docs/qualtrics.md"
TOKEN = "simulated-token"
OFFLINE = ("check", "preview")
#: A contact's id differs from run to run.
CONTACT_ID = re.compile(r"CID_\w{15}")


def sessions():
    for block in blocks(GUIDE, "console"):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, *expected = part.splitlines()
            yield shlex.split(command), expected


def test_a_reader_gets_what_the_guide_shows(tmp_path):
    (tmp_path / "instance.json").write_text(blocks(GUIDE, "json")[0], encoding="utf-8")
    (tmp_path / "events.jsonl").write_text(blocks(GUIDE, "jsonl")[0], encoding="utf-8")
    commands = list(sessions())
    assert [command[1] for command, _ in commands] == [
        *("auth", "choices", "choices", "check", "preview", "deliver", "choices")
    ]
    with background(load_config({})) as url:
        for [program, *arguments], expected in commands:
            assert program == "dkit"
            if arguments[0] not in OFFLINE:
                arguments += ["--connect-to", f"*.qualtrics.com={url}"]
            ran = subprocess.run(
                [*DKIT, *arguments],
                cwd=tmp_path,
                env=environment(TOKEN),
                capture_output=True,
                text=True,
                check=False,
                timeout=60,
            )
            assert ran.returncode == 0, ran.stderr
            assert TOKEN not in ran.stdout + ran.stderr
            hidden = [CONTACT_ID.sub("CID_" + 15 * "x", line) for line in expected]
            assert_shows(CONTACT_ID.sub("CID_" + 15 * "x", ran.stdout), hidden)
