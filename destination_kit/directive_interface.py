"""The directives of the mapping language, as records, and the compiler that they use."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from destination_kit._json import Json, JsonObject, Resolver, Value


class Budget(Protocol):
    """What a mapping may still make of the event that is being resolved, all directives together.

    A resolver counts what it makes before it makes it. Beyond the limits, the event fails.
    """

    #: Seconds of processor time that the Liquid templates of this payload have left.
    liquid_seconds: float

    def spend(self, values: int = 0, characters: int = 0) -> None:
        """Count values (members of objects, items of arrays) and characters of texts and keys."""
        ...

    def spend_value(self, value: object) -> None:
        """Count a value and all that is in it, as a copy of it would make them."""
        ...


class Compiler(Protocol):
    """The part of the mapping compiler that a directive uses while it is compiled.

    `steps` lead from the directive's argument to the value that is meant: the keys and indexes of
    a JSON Pointer.
    """

    @property
    def budget(self) -> Budget:
        """What resolvers may make of one event, for directives whose results can be large."""
        ...

    def compile(self, value: Json, *steps: str | int) -> Resolver:
        """Compile a nested value of the argument, with the directives in it."""
        ...

    def problem(self, message: str, *steps: str | int) -> None:
        """Report a problem of the argument. Compiling goes on, to find the others."""
        ...

    def warning(self, message: str) -> None:
        """Report what may surprise an operator; the mapping stays valid."""
        ...

    def reads(self, *path: str) -> None:
        """Report a path of the event that the directive reads by itself, key by key.

        No keys stand for the whole event. Nested values that `compile` gets report their own paths.
        """
        ...

    def for_event_at(self, path: Sequence[str] | None) -> Compiler:
        """Return the compiler of values whose resolvers get another value as their event.

        `path` leads to it in the directive's event; None stands for a value that is computed.
        """
        ...


@dataclass(frozen=True, slots=True)
class Example:
    """An example of a directive. `destination_kit.testing.check_directive` runs it."""

    #: A mapping value that uses the directive.
    mapping: Json
    #: The event that it is resolved against.
    event: JsonObject
    #: The value that results; `MISSING` where there is none.
    result: Value


@dataclass(frozen=True, slots=True)
class Directive:
    """One word of the mapping language, such as `@path`."""

    #: The key that stands for the directive in a mapping: `@`, a letter, and up to 62 letters,
    #: digits, `_` and `-`.
    name: str
    #: (argument, compiler) -> the resolver that runs for each event. It is called once, when an
    #: instance is configured. A plugin's directive gets copies of the argument and the events.
    compile: Callable[[Json, Compiler], Resolver]
    #: What the directive does, in a sentence.
    summary: str
    #: Examples, for the documentation and for the tests.
    examples: tuple[Example, ...] = ()
