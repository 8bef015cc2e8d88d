"""Context of one rendering, and the two kinds of functions that a template is compiled to.

An expression computes a value from a context. A statement writes to it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from destination_kit._json import MISSING, Value
from destination_kit.mapping.liquid.limits import WorkLimiter
from destination_kit.mapping.liquid.values import LiquidValue, get_own_property, join_texts

_BLOCK_VARIABLE: Mapping[str, LiquidValue] = {"super": ""}


@dataclass(slots=True)
class RenderContext:
    """State of one rendering of a template."""

    #: The event, unchanged: `increment` keeps its counters apart from it (D9).
    event: Value
    #: The remaining work of this rendering.
    limiter: WorkLimiter
    #: Variables that `assign` and `capture` set.
    variables: dict[str, LiquidValue] = field(default_factory=dict)
    #: Counters of `increment` and `decrement`.
    counters: dict[str, LiquidValue] = field(default_factory=dict)
    #: The next candidate of each `cycle`, by its group and number of candidates.
    cycle_positions: dict[tuple[str, int], int] = field(default_factory=dict)
    #: The texts that the template has written, in order.
    output: list[str] = field(default_factory=list)
    #: How many `block` tags are open.
    block_depth: int = 0
    #: Whether `break` or `continue` has ended the template, as both do outside of loops.
    is_ended: bool = False

    def get_variable(self, name: str) -> LiquidValue:
        """Return a variable by its name: from `assign`, then from counters, then from the event."""
        if name == "block" and self.block_depth:
            return _BLOCK_VARIABLE
        for scope in (self.variables, self.counters):
            if name in scope:
                return scope[name]
        value = get_own_property(self.event, name)
        # `findScope` of liquidjs looks up an unknown name in its empty globals. There, `readSize`
        # counts the keys, so `{{ size }}` writes 0 instead of nothing.
        return 0 if name == "size" and value is MISSING else value

    def write(self, text: str) -> None:
        """Append a text to the output."""
        self.limiter.spend(len(text))
        self.output.append(text)

    def join_output(self) -> str:
        """Return the output as one text."""
        return join_texts(self.output, "", self.limiter)


Expression: TypeAlias = Callable[[RenderContext], LiquidValue]
Statement: TypeAlias = Callable[[RenderContext], None]
#: (limiter, input, *arguments) -> output. A named argument is a list of its name and value.
Filter: TypeAlias = Callable[..., LiquidValue]


def take_arguments(count: int, apply: Filter) -> Filter:
    """Return a filter that gets exactly this many arguments: `MISSING` for each absent one.

    As in JavaScript, surplus arguments are ignored.
    """
    return lambda limiter, value, *arguments: apply(
        limiter, value, *arguments[:count], *(MISSING,) * (count - len(arguments))
    )
