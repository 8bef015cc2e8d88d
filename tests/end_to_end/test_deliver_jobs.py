"""`dkit deliver` and jobs: contacts and transactions are imported into Qualtrics in bulk."""

import json
import os
import signal
import subprocess
from random import Random
from time import sleep

import pytest

from tests.end_to_end.conftest import DKIT, TOKEN, environment, simulated
from tests.qualtrics_bulk.conftest import create_batch

ROWS = 25_000
pytestmark = pytest.mark.broker
DIRECTORY, LIST = "POOL_bulk", "CG_bulk"
IMPORTS = "POST /API/v3/directories/{directoryId}/mailinglists/{mailingListId}/transactioncontacts"
DIRECTORIES = {DIRECTORY: {"mergeRules": [], "mailingLists": {LIST: {}}}}


def write_instance(folder, **mapping):
    subscription = {
        "action": "addContactsToMailingList",
        "useDefaultMapping": True,
        "mapping": {"directoryId": DIRECTORY, "mailingListId": LIST, **mapping},
    }
    document = {
        "destination": "actions-qualtrics",
        "settings": {"apiToken": {"$secret": "QUALTRICS_API_TOKEN"}, "datacenter": "iad1"},
        "subscriptions": [subscription],
    }
    path = folder / "instance.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def write_people(folder, count):
    path = folder / "people.jsonl"
    lines = (
        json.dumps({"type": "identify", "userId": f"u{n}", "messageId": f"m{n}", "order": {"n": n}})
        for n in range(count)
    )
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def start(arguments):
    # An attempt that its deadline ends on a busy machine leaves its import in doubt for minutes.
    command = (*DKIT, "deliver", "--deadline", "120", *map(str, arguments))
    return subprocess.Popen(
        command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )


def kill_after(seconds, arguments, results):
    """Run `dkit deliver`, kill it so many seconds after it has begun, and return its exit code."""
    run = start((*arguments, "--resume" if results.exists() else "--results", results))
    while not results.exists():
        sleep(0.05)
    try:
        run.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.kill(run.pid, signal.SIGKILL)
        run.communicate()
    return run.returncode


def deliver(arguments):
    run = start(arguments)
    output, _ = run.communicate()
    assert run.returncode == 0, output.decode()


def statuses(results):
    records = map(json.loads, results.read_text(encoding="utf-8").splitlines())
    return {record["line"]: record["status"] for record in records}


def all_delivered(count):
    return dict.fromkeys(range(1, count + 1), "delivered")


@pytest.mark.timeout(600)
def test_25_000_contacts_take_three_jobs(tmp_path):
    instance, people = write_instance(tmp_path), write_people(tmp_path, ROWS)
    with simulated(directories=DIRECTORIES, pages={"listContacts": 1000}) as qualtrics:
        arguments = (instance, people, *qualtrics.connect, "--window", 10_000, "-q")
        deliver((*arguments, "--results", tmp_path / "r.jsonl"))
        state = qualtrics.state
    assert sum(state["calls"][IMPORTS].values()) == 3
    assert state["counts"]["contacts"] == ROWS


@pytest.mark.timeout(900)
def test_ten_kills_lose_and_repeat_no_row(tmp_path):
    """Each row has a contact and a transaction, in a directory that merges nothing."""
    results = tmp_path / "r.jsonl"
    people = write_people(tmp_path, ROWS)
    moments = Random(11)  # noqa: S311 - any moments will do, the same ones in each run
    pages = {"listContacts": 1000, "transactions": 1000}
    with simulated(directories=DIRECTORIES, pages=pages) as qualtrics:
        batch_id = create_batch(qualtrics.url, DIRECTORY, TOKEN)
        transaction = {"transactionData": {"@path": "$.order"}, "transactionFields": ["n"]}
        instance = write_instance(tmp_path, transactionBatchId=batch_id, **transaction)
        arguments = (instance, people, *qualtrics.connect, "--window", 10_000)
        codes = [kill_after(moments.uniform(0.5, 5.0), arguments, results) for _ in range(10)]
        assert set(codes) == {-signal.SIGKILL}
        deliver((*arguments, "--resume", results))
        state = qualtrics.state
    assert statuses(results) == all_delivered(ROWS)
    assert state["counts"]["contacts"] == state["counts"]["transactions"] == ROWS
    assert len(state["mailingLists"][DIRECTORY][LIST]["contacts"]) == ROWS


@pytest.mark.timeout(300)
def test_a_kill_while_qualtrics_works_on_the_import_repeats_no_row(tmp_path):
    """The import is in the store, and not yet in the results; its rows are no members yet."""
    instance, people, results = write_instance(tmp_path), write_people(tmp_path, 500), "r.jsonl"
    settings = {"directories": DIRECTORIES, "imports": {"duration": 8.0}}
    with simulated(**settings) as qualtrics:
        store = ("--store", tmp_path / "store.json")
        arguments = (instance, people, *qualtrics.connect, *store)
        run = start((*arguments, "--results", tmp_path / results))
        while IMPORTS not in qualtrics.state["calls"]:
            sleep(0.1)
        sleep(1.0)  # the response is written down within milliseconds
        os.kill(run.pid, signal.SIGKILL)
        run.communicate()
        assert statuses(tmp_path / results) == {}
        assert qualtrics.counts["contacts"] == 0
        deliver((*arguments, "--resume", tmp_path / results))
        state = qualtrics.state
    assert state["calls"][IMPORTS] == {"202": 1}
    assert state["counts"]["contacts"] == 500
    assert statuses(tmp_path / results) == all_delivered(500)
