"""Everything that changes while a simulator runs."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from string import ascii_letters, digits
from typing import TYPE_CHECKING, Final

from destinations.qualtrics.simulator.rate_limits import Meter
from destinations.qualtrics.simulator.store import Store

if TYPE_CHECKING:
    from destinations.qualtrics.simulator.config import Config
    from destinations.qualtrics.simulator.record_loader import Json

ID_LENGTH: Final = 15


@dataclass(slots=True)
class World:
    """Everything that changes while a simulator runs."""

    config: Config
    clock: Callable[[], float]
    ids: Random
    chance: Random
    stores: dict[str, Store] = field(default_factory=dict)
    runs: list[Mapping[str, Json]] = field(default_factory=list)
    calls: dict[str, Counter[str]] = field(default_factory=dict)
    meter: Meter = field(default_factory=Meter)
    script: deque[str] = field(default_factory=deque)

    def new_id(self, prefix: str) -> str:
        """Return a fresh id: the prefix and fifteen letters or digits."""
        return prefix + "".join(self.ids.choices(ascii_letters + digits, k=ID_LENGTH))
