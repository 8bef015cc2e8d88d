from __future__ import annotations

import pytest

from tests.conformance import golden, port, wire
from tests.conformance.report import Tally, as_text

FILES = sorted(golden.CASES.glob("*.jsonl"))


def test_every_operation_has_recorded_answers():
    recorded = {line["request"]["op"] for path in FILES for line in lines_of(path)}
    assert recorded == set(port.OPS)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_recorded_answers_of_the_reference_are_ours(path):
    tally = Tally(keep=5)
    for line in lines_of(path):
        ours = port.answer(wire.dumps(line["request"]))
        messages = line["request"], line["answer"], ours
        tally.add(messages, port.verdict(*messages))
    assert not tally.count("different"), as_text(tally)


def lines_of(path):
    lines = path.read_text(encoding="ascii").splitlines()
    return [wire.encode(wire.loads(line)) for line in lines]
