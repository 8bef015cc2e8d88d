"""Benchmark of dynamic choices: the time of each page where Qualtrics has 5,000 entries.

    python -m tests.bench.choices

The simulated Qualtrics answers at once, so the times are those of our side and of its own work; a
request to Qualtrics takes longer. The goal is 300 ms a page. The processor time (`cpu`), which both
sides spend, does not depend on what else the machine does.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from statistics import median
from time import perf_counter, process_time

from destination_kit import Catalog, Json, Live
from destinations.qualtrics import QUALTRICS
from destinations.qualtrics.simulator import background, load_config

COUNT = 5_000
GOAL = 300
#: Seconds between two pages; a person takes longer. Without them Qualtrics' limit for searches (490 a
#: minute, 49 at once) holds back the last of the 50 requests for all keys, by 0.6 s in all.
_PAUSE = 0.2
_POOL = "POOL_1"
#: Field -> the text to search for.
_CASES = (
    ("directoryId", ""),
    ("directoryId", "499"),
    ("mailingListId", ""),
    ("mailingListId", "499"),
    ("embeddedData.__keys__", ""),
    ("embeddedData.__keys__", "499"),
    ("language", ""),
    ("contactId", ""),
    ("contactId", "Ode"),
)


def _account() -> Mapping[str, Json]:
    names = [f"Name {number:04}" for number in range(COUNT)]
    contacts: list[Json] = [
        {"extRef": name, "lastName": "Ode", "embeddedData": {"plan": "pro", f"key {name}": "x"}}
        for name in names
    ]
    pool: dict[str, Json] = {
        "name": "Customers",
        "mailingLists": {f"CG_{name[5:]}": {"name": name} for name in names},
        "contacts": contacts,
    }
    others: dict[str, Json] = {f"POOL_o{name[5:]}": {"name": name} for name in names[1:]}
    return {"directories": {_POOL: pool, **others}}


@asynccontextmanager
async def _open(url: str) -> AsyncIterator[Live]:
    settings = {"apiToken": "simulated-token", "datacenter": "iad1"}
    document = {"destination": "actions-qualtrics", "settings": settings}
    instance = Catalog.of(QUALTRICS).configure(document)
    async with instance.open(connect_to={"*.qualtrics.com": url}) as live:
        yield live


async def _measure(url: str, field: str, search: str) -> list[tuple[float, float]]:
    """Return the milliseconds of each page and those of the processor; the first page is cold."""
    times: list[tuple[float, float]] = []
    page: str | None = None
    async with _open(url) as live:
        await live.authenticate()  # opens the connections, and finds out whose limits count
        while not times or page is not None:
            start, started = perf_counter(), process_time()
            found = await live.choices(
                "upsertContactTransaction",
                field,
                mapping={"directoryId": _POOL},
                search=search,
                page=page,
            )
            spent = perf_counter() - start, process_time() - started
            times.append((1000 * spent[0], 1000 * spent[1]))
            page = found.next_page
            await asyncio.sleep(_PAUSE)
    return times


def main() -> None:
    """Write a row for each field, with the pages and their times."""
    print(f"{COUNT:,} entries; goal: {GOAL} ms a page")
    print(f"{'field':24}{'search':8}{'pages':>6}{'first':>9}{'median':>9}{'worst':>9}{'cpu':>9}")
    with background(load_config(_account())) as url:
        for field, search in _CASES:
            times = asyncio.run(_measure(url, field, search))
            walls, processor = zip(*times, strict=True)
            figures = (walls[0], median(walls), max(walls), max(processor))
            shown = "".join(f"{figure:7.1f}ms" for figure in figures)
            verdict = "" if figures[2] <= GOAL else "  over the goal"
            print(f"{field:24}{search:8}{len(times):6}{shown}{verdict}")


if __name__ == "__main__":
    main()
