"""`dkit simulate` runs the simulator of a partner."""

import json
import re
import sys
from dataclasses import fields

import pytest

from destinations.qualtrics.simulator import load_config
from destinations.qualtrics.simulator.config import Config
from tests.contracts.documents import blocks, text_of
from tests.kit.dkit import dkit


def test_a_simulator_says_where_it_is_and_how_to_reach_it(partner):
    ran = dkit("simulate", "partner", "--port", 5, destinations=[partner])
    assert ran.code == 0
    assert "http://127.0.0.1:4242; Ctrl-C ends it" in ran.out
    assert "It knows:         what to know" in ran.out
    assert "--connect-to '*.partner.example=http://127.0.0.1:4242'" in ran.out
    assert sys.modules[partner.simulator].served == [({}, 5)]


def test_a_simulator_says_so_in_json_and_takes_a_configuration(partner, tmp_path):
    (tmp_path / "c.toml").write_text("latency = 1\n")
    options = ("--config", tmp_path / "c.toml", "--json")
    ran = dkit("simulate", "partner", *options, destinations=[partner])
    assert ran.json == {
        "url": "http://127.0.0.1:4242",
        "hint": "what to know",
        "connectTo": ["*.partner.example=http://127.0.0.1:4242"],
    }
    assert sys.modules[partner.simulator].served == [({"latency": 1}, 0)]


def test_a_bad_configuration_and_a_taken_port_are_misuse(partner, tmp_path):
    (tmp_path / "c.json").write_text('{"bad": 1}')
    ran = dkit("simulate", "partner", "--config", tmp_path / "c.json", destinations=[partner])
    assert (ran.code, ran.err) == (2, f"dkit: {tmp_path}/c.json: /bad: no such switch\n")
    ran = dkit("simulate", "partner", "--port", 1, destinations=[partner])
    assert (ran.code, ran.err) == (2, "dkit: cannot listen on port 1: Address already in use\n")


@pytest.mark.parametrize("port", ["70000", "x"])
def test_a_port_that_is_none_is_misuse(partner, port):
    assert dkit("simulate", "partner", "--port", port, destinations=[partner]).code == 2


def test_the_documented_configuration_is_one_of_qualtrics():
    [document] = [block for block in blocks("docs/cli.md", "json") if "mergeRules" in block]
    config = load_config(json.loads(document))
    assert list(config.directories) == ["POOL_mine"]


def test_every_key_of_the_configuration_of_qualtrics_is_documented():
    text = text_of("docs/cli.md")
    camel = (
        re.sub(r"_(.)", lambda found: found[1].upper(), field.name) for field in fields(Config)
    )
    assert not [key for key in camel if f"`{key}`" not in text and f'"{key}":' not in text]
