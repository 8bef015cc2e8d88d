"""Chance with a seed: the same seed makes the same choices."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

UNDEFINED = {"$js": "undefined"}


class Chance:
    """What the makers of cases draw from."""

    def __init__(self, seed: str) -> None:
        self.random = random.Random(seed)  # noqa: S311 - chance, not secrecy

    def maybe(self, share: float = 0.5) -> bool:
        """Return true for this share of the draws."""
        return self.random.random() < share

    def pick(self, options: Sequence[Any]) -> Any:
        """Return one of the options."""
        return self.random.choice(options)
