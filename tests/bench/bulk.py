"""Benchmark of bulk imports: 100,000 contacts by jobs of 10,000, beside one call per contact.

    python -m tests.bench.bulk [--quick] [--json FILE] [--only CASE]

The simulated Qualtrics keeps the documented limits in real minutes, and works for 45 seconds on
each job, one job of a mailing list after the other. The exit code is 1 where a goal is missed.
`--quick` imports a twentieth of the contacts.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests.bench.harness import (
    DIRECTORY,
    IMPORT,
    LIMITS,
    LIST,
    Bench,
    Case,
    Row,
    run_cases,
    simulated,
    state,
)

JOB_SECONDS = 45.0
MOST_MINUTES = 15.0
_IMPORTS = "/API/v3/directories/{directoryId}/mailinglists/{mailingListId}/transactioncontacts"
#: A job at a time, and time for it on a busy machine too.
OPTIONS = ("--window", 10_000, "--deadline", 300)


def contacts_in_bulk(bench: Bench) -> Iterator[Row]:
    """100,000 new contacts with embedded data into one mailing list, documented limits on."""
    count = bench.count(100_000)
    directory = {"mergeRules": [["extRef"]], "mailingLists": {LIST: {}}}
    switches: dict[str, Any] = {
        "directories": {DIRECTORY: directory},
        "limits": {"enabled": True},
        "imports": {"duration": JOB_SECONDS},
    }
    with simulated(**switches) as url:
        file = bench.write(person(number) for number in range(count))
        run = bench.deliver(url, file, *OPTIONS, actions=[IMPORT])
        calls, counts = state(url, "calls"), state(url, "counts")
        members = len(state(url, "mailingLists")[DIRECTORY][LIST]["contacts"])
    jobs = sum(calls[f"POST {_IMPORTS}"].values())
    refused = sum(outcomes.get("429", 0) for outcomes in calls.values())
    fewest = -(-count // 10_000)
    minutes = run.seconds / 60
    yield Row(
        "minutes of the simulator", minutes, f"under {MOST_MINUTES:g}", minutes < MOST_MINUTES
    )
    yield Row("minutes with a call per contact", count / LIMITS["contacts"])
    yield Row("jobs", jobs, f"{fewest}", jobs == fewest)
    yield Row("calls", counts["calls"])
    yield Row("calls refused with 429", refused, "0", not refused)
    yield Row(f"contacts of {count:,}", counts["contacts"], "all", counts["contacts"] == count)
    yield Row("members of the mailing list", members, "all", members == count)
    yield Row("failed", len(run.failed), "0", not run.failed)
    yield Row("megabytes at most", run.megabytes)
    yield Row("seconds of processor time", run.processor)


def person(number: int) -> Mapping[str, Any]:
    """Return an identify event of a person."""
    traits = {"email": f"u-{number}@example.com", "firstName": "Ann", "lastName": f"N{number}"}
    data = {"plan": "pro", "seats": number % 9}
    return {"type": "identify", "userId": f"u-{number}", "traits": traits, "properties": data}


CASES: Sequence[Case] = (contacts_in_bulk,)

if __name__ == "__main__":
    sys.exit(run_cases({case.__name__: case for case in CASES}, "tests.bench.bulk"))
