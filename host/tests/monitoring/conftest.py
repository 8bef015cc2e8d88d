"""A simulated Qualtrics, and a configuration whose events it gets."""

import asyncio
import json
from importlib.resources import files

import pytest

from destination_kit import Catalog
from destinations.qualtrics.simulator import background, load_config
from host.tests.running import document


class Qualtrics:
    """The installed destination, in the place of the test's own partner."""

    def __init__(self):
        self.catalog = Catalog.installed()
        self.gate = asyncio.Event()


@pytest.fixture
def qualtrics():
    samples = files("destinations.qualtrics") / "samples"
    simulated = json.loads((samples / "simulator.json").read_text("utf-8"))
    simulated["tokens"] = {"t0ken-9f3c-e2e": "UR_000000000000001"}
    contact = json.loads((samples / "instance.json").read_text("utf-8"))
    contact["settings"] = {"apiToken": "t0ken-9f3c-e2e", "datacenter": "iad1"}
    with background(load_config(simulated)) as url:
        yield {
            "config": document(destinations={"partner": contact}),
            "connect_to": {"*.qualtrics.com": url},
            "partner": Qualtrics(),
        }
