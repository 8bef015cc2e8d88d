"""The list of changes without effect fits the code, and gives a reason for each."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
TEXT = (Path(__file__).parent / "harmless.toml").read_text(encoding="utf-8")
CHANGES = tomllib.loads(TEXT).get("change", [])


def test_each_change_has_a_reason_and_fits_a_line_of_its_module():
    for change in CHANGES:
        lines = (ROOT / change["path"]).read_text(encoding="utf-8").splitlines()
        assert change["before"] in {line.strip() for line in lines}, change
        assert change["after"] != change["before"], change
        assert len(change["reason"].split()) > 3, change
