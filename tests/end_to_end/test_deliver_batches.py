"""`dkit deliver` and its batches, counted by the simulated Qualtrics itself."""

import json
import os
import signal
from urllib.request import urlopen

from tests.end_to_end.conftest import DIRECTORY, LIST, dkit, lines_of, simulated, start
from tests.end_to_end.test_deliver import has_lines, wait_until

WITHOUT_RULES = {DIRECTORY: {"mailingLists": {LIST: {}}}}
TRANSACTIONS = "POST /API/v3/directories/{directoryId}/transactions"
SEARCH = "POST /API/v3/directories/{directoryId}/contacts/search"
CONTACTS = "POST /API/v3/directories/{directoryId}/contacts"


def calls(qualtrics) -> dict[str, int]:
    with urlopen(f"{qualtrics.url}/_sim/state?part=calls") as answer:  # noqa: S310 - our own server
        return {name: sum(each.values()) for name, each in json.load(answer)["calls"].items()}


def test_many_events_share_few_calls_and_each_person_is_one_contact(transactions, purchases):
    with simulated(search={"lag": 3.0}, directories=WITHOUT_RULES) as qualtrics:
        ran = dkit("deliver", transactions, purchases(600, 8), *qualtrics.connect)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        counts, made = qualtrics.counts, calls(qualtrics)
    assert (counts["contacts"], counts["transactions"]) == (8, 600)
    assert made[TRANSACTIONS] <= 8
    assert made[CONTACTS] == 8
    assert made[SEARCH] <= 16


def test_without_batches_every_transaction_has_its_own_call(transactions, purchases):
    with simulated() as qualtrics:
        events = purchases(30, 3)
        ran = dkit("deliver", transactions, events, "--no-batch", *qualtrics.connect)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        assert calls(qualtrics)[TRANSACTIONS] == 30
        assert qualtrics.counts["contacts"] == 3


def test_entries_that_were_not_processed_fail_exactly_their_events(
    transactions, purchases, tmp_path
):
    results = tmp_path / "r.jsonl"
    with simulated(transactions={"unprocessedShare": 0.1}) as qualtrics:
        dkit(
            *("deliver", transactions, purchases(300, 5), *qualtrics.connect),
            *("--results", results),
        )
        with urlopen(f"{qualtrics.url}/_sim/state?part=transactions") as answer:  # noqa: S310 - the same
            stored = json.load(answer)["transactions"][DIRECTORY]
    found = [json.loads(line) for line in results.read_text(encoding="utf-8").splitlines()]
    delivered = {each["line"] for each in found if each["status"] == "delivered"}
    assert {int(each["data"]["n"]) + 1 for each in stored} == delivered
    assert len(found) == 300
    assert 0 < len(delivered) < 300
    codes = {one["code"] for each in found for one in each["results"] if "code" in one}
    assert codes == {"TRANSACTION_UNPROCESSED"}


def test_a_killed_run_goes_on_after_its_last_whole_result(transactions, purchases, tmp_path):
    results, events = tmp_path / "r.jsonl", purchases(1500, 5)
    with simulated(latency=0.1, directories=WITHOUT_RULES) as qualtrics:
        arguments = ("deliver", transactions, events, *qualtrics.connect)
        run = start(*arguments, "--results", results)
        wait_until(has_lines(results))
        os.kill(run.pid, signal.SIGKILL)
        run.communicate()
        before = results.read_text(encoding="utf-8").count("\n")
        ran = dkit(*arguments, "--resume", results)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        assert f"{before:,} line" in ran.stderr
        assert before < 1500
        assert lines_of(results) == list(range(1, 1501))
        assert qualtrics.counts["contacts"] == 5
