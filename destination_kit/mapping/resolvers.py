"""What compiling a mapping yields: functions, the trouble that they raise, and the sure refusal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NoReturn

from destination_kit._json import MISSING, pointer
from destination_kit.errors import PayloadValidationError, Problem

if TYPE_CHECKING:
    from destination_kit._json import JsonObject, Resolver, Value
    from destination_kit.definitions import Compiler

ALWAYS_FAILS = "ALWAYS_FAILS"
MAX_TEXT_LENGTH = 2_000_000  # characters: what directives feed into each other can grow like 2^n


class ResolutionError(PayloadValidationError):
    """A mapping cannot be applied to this event; `steps` lead to the field that it was about."""

    def __init__(self, message: str, steps: tuple[str | int, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.steps = steps

    def placed(self) -> ResolutionError:
        """Return the same failure with its place in the message."""
        if not self.steps:
            return self
        return ResolutionError(f"{pointer(*self.steps)}: {self.message}")


@dataclass(frozen=True, slots=True)
class Constant:
    """The resolver of a literal."""

    value: Value

    def __call__(self, _event: JsonObject) -> Value:
        """Return the literal, whatever the event."""
        return self.value


@dataclass(frozen=True, slots=True)
class FailingResolver:
    """A resolver that is known to fail for every event that reaches it.

    One that reaches the root of a mapping is a problem of the mapping; one in a branch that some
    events avoid fails only those that take it.
    """

    problems: tuple[Problem, ...]

    def __call__(self, _event: JsonObject) -> NoReturn:
        """Fail."""
        raise ResolutionError(self.problems[0].message)

    def at(self, path: str) -> FailingResolver:
        """Place the problems that have no place yet."""
        return FailingResolver(
            tuple(each if each.path else replace(each, path=path) for each in self.problems)
        )


def fail_always(message: str) -> FailingResolver:
    """Return the refusal of a directive, which the compiler places."""
    return FailingResolver((Problem("", ALWAYS_FAILS, message),))


def compile_option(options: JsonObject, name: str, compiler: Compiler) -> Resolver:
    """Compile one option of a directive; an absent one resolves to `MISSING`."""
    return compiler.compile(options[name], name) if name in options else Constant(MISSING)


def unless_failing(resolve: Resolver, *needs: Resolver) -> Resolver:
    """Return `resolve`, or one refusal where something that it always calls is refused."""
    refused = [each for each in needs if isinstance(each, FailingResolver)]
    if not refused:
        return resolve
    return FailingResolver(tuple(problem for each in refused for problem in each.problems))


def join_text(parts: Iterable[str]) -> str:
    """Join the parts of a text; one beyond `LONGEST_TEXT` characters is an `UnfitEventError`."""
    kept, size = [], 0
    for part in parts:
        size += len(part)
        if size > MAX_TEXT_LENGTH:
            raise ResolutionError(f"a text grew beyond {MAX_TEXT_LENGTH:,} characters")
        kept.append(part)
    return "".join(kept)
