from __future__ import annotations

import json

import pytest

from tests.conformance import golden, port
from tests.conformance.report import Tally, as_text

# Few enough that a test is short and names the part of a file, many enough that pytest adds little.
_PER_TEST = 40


LINES = {
    path.stem: path.read_text(encoding="ascii").splitlines()
    for path in sorted(golden.CASES.glob("*.jsonl"))
}
PARTS = [
    pytest.param(lines[start : start + _PER_TEST], id=f"{name}-{start + 1}")
    for name, lines in LINES.items()
    for start in range(0, len(lines), _PER_TEST)
]


def test_every_operation_has_recorded_answers():
    recorded = {json.loads(line)["request"]["op"] for lines in LINES.values() for line in lines}
    assert recorded == set(port.OPS)


@pytest.mark.parametrize("lines", PARTS)
def test_the_recorded_answers_of_the_reference_are_ours(lines):
    tally = Tally(keep=5)
    for line in lines:
        case = golden.recorded(line)
        tally.add(case, port.verdict(case))
    assert not tally.count("different"), as_text(tally)
