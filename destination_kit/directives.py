"""What a word of the mapping language is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from destination_kit._json import Json, JsonObject, Resolver


class Compiler(Protocol):
    """What a directive may ask of the mapping compiler while it is compiled.

    `steps` lead from the directive's argument to the place that is meant.
    """

    def compile(self, value: Json, *steps: str | int) -> Resolver:
        """Compile a nested value of the argument; `@` directives in it are found and compiled."""
        ...

    def problem(self, message: str, *steps: str | int) -> None:
        """Report what is wrong at a place of the argument; compiling goes on to find more."""
        ...


@dataclass(frozen=True, slots=True)
class Example:
    """A mapping value, an event, and what the one makes of the other. Examples run as tests."""

    mapping: Json
    event: JsonObject
    result: Json


@dataclass(frozen=True, slots=True)
class Directive:
    """One word of the mapping language.

    `name` starts with `@`. `compile` gets the directive's argument once, when an instance is
    configured, and returns the function that runs for each event.
    """

    name: str
    compile: Callable[[Json, Compiler], Resolver]
    summary: str
    examples: tuple[Example, ...] = ()
