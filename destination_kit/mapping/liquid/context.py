"""One rendering of a template, and what the parts of a template are: functions of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from destination_kit._json import MISSING, Value
from destination_kit.mapping.liquid.limits import Bounds
from destination_kit.mapping.liquid.values import Draft, join, own

_BLOCK: Mapping[str, Draft] = {"super": ""}


@dataclass(slots=True)
class Rendering:
    """One rendering of a template: the event, what tags have set, and what has been written.

    `ended` is true after `break` or `continue`, which outside of loops end the whole template.
    """

    event: Value
    bounds: Bounds
    assigned: dict[str, Draft] = field(default_factory=dict)
    counted: dict[str, Draft] = field(default_factory=dict)
    cycles: dict[tuple[str, int], int] = field(default_factory=dict)
    written: list[str] = field(default_factory=list)
    blocks: int = 0
    ended: bool = False

    def find(self, name: str) -> Draft:
        """Return a variable: what the template has set before what the event holds.

        A `size` that nobody has set is 0, as liquidjs has it.
        """
        if name == "block" and self.blocks:
            return _BLOCK
        for scope in (self.assigned, self.counted):
            if name in scope:
                return scope[name]
        found = own(self.event, name)
        return 0 if name == "size" and found is MISSING else found

    def write(self, said: str) -> None:
        """Add to what has been written."""
        self.bounds.spend(len(said))
        self.written.append(said)

    def output(self) -> str:
        """Return what has been written since it was last empty."""
        return join(self.written, "", self.bounds)


Expression: TypeAlias = Callable[[Rendering], Draft]


Filter: TypeAlias = Callable[..., Draft]
"""(bounds, input, *arguments) -> output; an argument with a name is a list of name and value."""


@dataclass(slots=True)
class Facts:
    """What is known of a template before any event: the paths it reads, the filters it names."""

    paths: dict[tuple[str, ...], None] = field(default_factory=dict)
    filters: dict[str, None] = field(default_factory=dict)
    blocks: int = 0
    _own: set[str] = field(default_factory=set)

    def read(self, path: tuple[str, ...]) -> None:
        """Note a path, unless it leads to what the template has set for certain before."""
        if path and path[0] not in self._own:
            self.paths[path] = None

    def set(self, name: str) -> None:
        """Note that the template sets a variable; in a block that is not certain."""
        if not self.blocks:
            self._own.add(name)

    def forget(self, count: int) -> None:
        """Leave out all but the first paths."""
        while len(self.paths) > count:
            self.paths.popitem()
