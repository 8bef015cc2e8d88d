"""A compiled mapping: its resolver, problems, warnings and the paths that it reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from destination_kit._javascript import PROTOTYPE_KEY
from destination_kit._json import MISSING
from destination_kit._python_values import NotJsonError
from destination_kit.errors import MappingError, Problem
from destination_kit.mapping.compiler import Findings, Scope
from destination_kit.mapping.copying import locate_refused
from destination_kit.mapping.directives import DIRECTIVES
from destination_kit.mapping.resolvers import Constant, FailingResolver, ResolutionError
from destination_kit.mapping.root_directive import Root, expand_root, locate_in_source
from destination_kit.mapping.validation import (
    MAX_BYTES,
    Location,
    check_size,
    directive_name,
    validate,
)

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject, Resolver, Value
    from destination_kit.directive_interface import Directive

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class CompiledMapping:
    """The result of compiling a mapping once."""

    #: Event -> value. The value shares containers with event and mapping, and may hold `MISSING`.
    #: Not for use if there are problems.
    resolve: Resolver
    #: Faults, with JSON Pointers into the mapping as it was given.
    problems: tuple[Problem, ...] = ()
    #: One sentence for each surprise in a valid mapping, with a JSON Pointer in front.
    warnings: tuple[str, ...] = ()
    #: Paths of the event that the mapping may read, such as `traits.email`; see `paths_read`.
    paths_read: tuple[str, ...] = ()
    #: The fields that each resolved value has: the scalar that the mapping gives, else `MISSING`.
    #: None if a directive makes the whole value.
    shape: Mapping[str, Value] | None = None

    def raise_problems(self) -> None:
        """Raise a `MappingError` with all problems, if there are any."""
        if self.problems:
            raise MappingError(self.problems)

    def finish_with(self, finish: Callable[[Value], T]) -> Callable[[JsonObject], T]:
        """Return the function from an event to `finish(resolved value)`.

        `finish` must copy: the value that it gets shares containers with event and mapping. The
        function raises `PayloadValidationError` for an event that cannot be resolved.
        """
        # The catalog passes a validator that copies while it checks. With a copy made here, each
        # payload would be walked twice.
        resolve = self.resolve

        def apply(event: JsonObject) -> T:
            resolved: Value = MISSING
            try:
                resolved = resolve(event)
                return finish(resolved)
            except ResolutionError as failure:
                raise failure.with_location() from None
            except NotJsonError as error:
                steps = error.steps or locate_refused(resolved) or ()
                raise ResolutionError(str(error), steps).with_location() from None
            # `@json` and `@flatten` recurse into a value of the event, which may have more levels
            # than the 1,000 frames that Python allows. A RecursionError would reach the host; this
            # error fails one event.
            except RecursionError:
                raise ResolutionError("a value is nested too deep") from None

        return apply


def analyze_mapping(
    mapping: Json,
    *,
    directives: Mapping[str, Directive] = DIRECTIVES,
    max_bytes: int = MAX_BYTES,
) -> CompiledMapping:
    """Compile a mapping in one pass; faults of the mapping are in `problems`, not raised."""
    # Every later step recurses into the mapping. Without this check before them, a mapping of 300
    # levels would raise a RecursionError instead of returning a problem.
    if problems := check_size(mapping, max_bytes):
        return CompiledMapping(Constant(MISSING), problems)
    root = expand_root(mapping)
    if isinstance(root, FailingResolver):
        return CompiledMapping(root, root.problems)
    findings = Findings(validate(root, Location(directives)))
    resolve = Scope(directives, findings).compile(root)
    if isinstance(resolve, FailingResolver):
        findings.problems.extend(_independent_problems(resolve, findings.problems))
    return CompiledMapping(
        resolve=resolve,
        problems=tuple(
            replace(problem, path=locate_in_source(problem.path, mapping))
            for problem in findings.problems
        ),
        warnings=tuple(
            f"{locate_in_source(path, mapping)}: {sentence}" for path, sentence in findings.warnings
        ),
        paths_read=tuple(dict.fromkeys(".".join(path) for path in findings.paths)),
        shape=_shape(root),
    )


def _independent_problems(failing: FailingResolver, known: list[Problem]) -> list[Problem]:
    """Return the problems without a known cause at the same value or inside it."""
    # Most values that static validation rejects also fail to compile. A second message for the same
    # value would only repeat the first.
    return [
        problem
        for problem in failing.problems
        if not any(f"{cause.path}/".startswith(f"{problem.path}/") for cause in known)
    ]


def _shape(root: Root) -> Mapping[str, Value] | None:
    if not isinstance(root, Mapping) or directive_name(root) is not None:
        return None
    return {
        field: MISSING if isinstance(value, Mapping | list | tuple) else value
        for field, value in root.items()
        if field != PROTOTYPE_KEY
    }
