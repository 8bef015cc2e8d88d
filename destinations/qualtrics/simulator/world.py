"""The mutable state of a running simulator."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from operator import itemgetter
from random import Random
from string import ascii_letters, digits
from typing import TYPE_CHECKING, Final

from destinations.qualtrics.simulator.import_schedule import ImportSchedule
from destinations.qualtrics.simulator.rate_limits import TokenBuckets
from destinations.qualtrics.simulator.store import DirectoryStore

if TYPE_CHECKING:
    from destinations.qualtrics.simulator.config import Config
    from destinations.qualtrics.simulator.json_types import Json

# Contact ids of Qualtrics have 15 characters after the prefix
# (https://api.qualtrics.com/c79e78a949572-search-directory-contacts). With other lengths, tests
# would miss a client that checks or cuts the ids.
_ID_LENGTH: Final = 15


@dataclass(slots=True)
class World:
    """The mutable state of a running simulator."""

    config: Config
    #: The current time in seconds since 1970.
    clock: Callable[[], float]
    #: The source of ids, apart from `random`: a fault must not change the ids that follow.
    id_random: Random
    #: The source of latency, faults and unprocessed transactions.
    random: Random
    #: Data by directory id.
    stores: dict[str, DirectoryStore] = field(default_factory=dict)
    imports: ImportSchedule = field(default_factory=ImportSchedule)
    #: The accepted workflow events, oldest first.
    workflow_runs: list[Mapping[str, Json]] = field(default_factory=list)
    #: Number of requests by route, then by outcome: a status or a kind of reset.
    request_counts: dict[str, Counter[str]] = field(default_factory=dict)
    token_buckets: TokenBuckets = field(default_factory=TokenBuckets)
    #: The rest of `faults.script`.
    fault_script: deque[str] = field(default_factory=deque)
    #: Writes without a response that have yet to take effect, each with its time.
    late_writes: list[tuple[float, Callable[[], object]]] = field(default_factory=list)

    def apply_late_writes(self) -> None:
        """Let the late writes take effect whose time has come, in the order of their times."""
        clock, now = self.clock, self.clock()
        due = sorted((write for write in self.late_writes if write[0] <= now), key=itemgetter(0))
        self.late_writes = [write for write in self.late_writes if write[0] > now]
        for time, write in due:
            # Requests alone call this, so a write is due for some time already. What it stores must
            # have the time at which it was due, from which its own lag counts.
            self.clock = partial(float, time)
            try:
                write()
            finally:
                self.clock = clock

    def create_id(self, prefix: str) -> str:
        """Return a new id: the prefix and fifteen letters or digits."""
        return prefix + "".join(self.id_random.choices(ascii_letters + digits, k=_ID_LENGTH))


@dataclass(slots=True)
class Simulation:
    """A running simulator: its state, and the configuration that a reset restores."""

    initial_config: Config
    world: World
