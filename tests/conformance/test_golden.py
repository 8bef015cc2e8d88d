from __future__ import annotations

import pytest

from tests.conformance import golden, port
from tests.conformance.report import Tally, as_text

FILES = sorted(golden.CASES.glob("*.jsonl"))


def test_every_operation_has_recorded_answers():
    recorded = {case.request["op"] for path in FILES for case in golden.recorded(path)}
    assert recorded == set(port.OPS)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_recorded_answers_of_the_reference_are_ours(path):
    tally = Tally(keep=5)
    for case in golden.recorded(path):
        tally.add(case, port.verdict(case))
    assert not tally.count("different"), as_text(tally)
