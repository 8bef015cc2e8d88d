"""The mutable state of a running simulator."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
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

    def create_id(self, prefix: str) -> str:
        """Return a new id: the prefix and fifteen letters or digits."""
        return prefix + "".join(self.id_random.choices(ascii_letters + digits, k=_ID_LENGTH))


@dataclass(slots=True)
class Simulation:
    """A running simulator: its state, and the configuration that a reset restores."""

    initial_config: Config
    world: World
