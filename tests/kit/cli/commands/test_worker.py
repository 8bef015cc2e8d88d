"""`dkit worker` refuses what it cannot work with, before it reads a line."""

import io
import sys

import pytest

from tests.kit.dkit import dkit, instance, write


@pytest.fixture
def path(tmp_path):
    return write(tmp_path / "i.json", instance())


def test_the_instance_cannot_be_standard_input():
    ran = dkit("worker", "-")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == "dkit: standard input has the requests: name the file of INSTANCE\n"


@pytest.mark.parametrize("stream", [None, io.StringIO()])
def test_standard_input_should_be_a_pipe(path, monkeypatch, stream):
    monkeypatch.setattr(sys, "stdin", stream)
    ran = dkit("worker", path)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("dkit: standard input ")


def test_a_wrong_instance_is_misuse(tmp_path):
    path = write(tmp_path / "i.json", instance({"action": "shuot", "mapping": {}}))
    ran = dkit("worker", path)
    assert (ran.code, ran.out) == (2, "")
    assert "shuot" in ran.err


def test_a_limit_that_does_not_exist_is_misuse(path):
    ran = dkit("worker", path, "--limit", "calls=5")
    assert (ran.code, ran.err) == (2, "dkit: --limit calls: Partner has no rate limits\n")
