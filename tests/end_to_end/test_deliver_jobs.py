"""`dkit deliver` and jobs: a plugin imports contacts into a mailing list of Qualtrics in bulk."""

import json
import os
import signal
import subprocess
from pathlib import Path
from random import Random

import pytest

from tests.end_to_end import conftest
from tests.end_to_end.conftest import DKIT, simulated

PLUGIN = Path(__file__).parents[1] / "plugins" / "qualtrics_imports"
ROWS = 25_000
pytestmark = pytest.mark.broker
DIRECTORY, LIST = "POOL_bulk", "CG_bulk"
IMPORTS = "POST /API/v3/directories/{directoryId}/mailinglists/{mailingListId}/transactioncontacts"


@pytest.fixture
def environment(tmp_path):
    """The environment of a process that finds the plugin as if it were installed."""
    metadata = tmp_path / "site" / "qualtrics_imports-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: qualtrics-imports\nVersion: 1.0\n"
    )
    entry_point = "[destination_kit]\nqualtrics-imports = qualtrics_imports\n"
    (metadata / "entry_points.txt").write_text(entry_point)
    paths = os.pathsep.join((str(metadata.parent), str(PLUGIN)))
    return conftest.environment() | {"PYTHONPATH": paths}


@pytest.fixture
def instance(tmp_path):
    subscription = {
        "action": "addContactsToMailingList",
        "useDefaultMapping": True,
        "mapping": {"directoryId": DIRECTORY, "mailingListId": LIST},
    }
    document = {
        "destination": "actions-qualtrics",
        "settings": {"apiToken": {"$secret": "QUALTRICS_API_TOKEN"}, "datacenter": "iad1"},
        "subscriptions": [subscription],
    }
    path = tmp_path / "instance.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


@pytest.fixture
def people(tmp_path):
    path = tmp_path / "people.jsonl"
    lines = (json.dumps({"type": "identify", "userId": f"u{n}"}) for n in range(ROWS))
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def deliver(arguments, environment, *, seconds=None):
    """Run `dkit deliver`; kill it after so many seconds, and return its exit code."""
    command = (*DKIT, "deliver", *map(str, arguments))
    run = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        run.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.kill(run.pid, signal.SIGKILL)
        run.communicate()
    return run.returncode


def statuses(results):
    records = map(json.loads, results.read_text(encoding="utf-8").splitlines())
    return {record["line"]: record["status"] for record in records}


DIRECTORIES = {DIRECTORY: {"mergeRules": [], "mailingLists": {LIST: {}}}}


def test_25_000_contacts_take_three_jobs(environment, instance, people, tmp_path):
    with simulated(directories=DIRECTORIES, pages={"listContacts": 1000}) as qualtrics:
        arguments = (instance, people, *qualtrics.connect, "--window", 10_000, "-q")
        assert deliver((*arguments, "--results", tmp_path / "r.jsonl"), environment) == 0
        state = qualtrics.state
    assert sum(state["calls"][IMPORTS].values()) == 3
    assert state["counts"]["contacts"] == ROWS


def test_ten_kills_lose_and_repeat_no_row(environment, instance, people, tmp_path):
    results = tmp_path / "r.jsonl"
    moments = Random(11)  # noqa: S311 - any moments will do, the same ones in each run
    with simulated(directories=DIRECTORIES, pages={"listContacts": 1000}) as qualtrics:
        arguments = (instance, people, *qualtrics.connect, "--window", 10_000)
        codes = []
        for _ in range(10):
            option = "--resume" if results.exists() else "--results"
            seconds = moments.uniform(0.7, 2.2)
            codes.append(deliver((*arguments, option, results), environment, seconds=seconds))
        assert set(codes) == {-signal.SIGKILL}
        assert deliver((*arguments, "--resume", results), environment) == 0
        counts = qualtrics.counts
    assert statuses(results) == dict.fromkeys(range(1, ROWS + 1), "delivered")
    assert counts["contacts"] == ROWS
