"""A compiled mapping: its resolver, problems, warnings and the paths that it reads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, TypeVar

from destination_kit._budget import BudgetError, PayloadBudget, PayloadLimits
from destination_kit._javascript import PROTOTYPE_KEY
from destination_kit._json import MISSING, pointer
from destination_kit._python_values import NotJsonError
from destination_kit.errors import MappingError, Problem, ResolutionError
from destination_kit.mapping.compiler import Findings, Scope
from destination_kit.mapping.copying import locate_refused
from destination_kit.mapping.directives import DIRECTIVES
from destination_kit.mapping.resolvers import Constant, FailingResolver
from destination_kit.mapping.root_directive import Root, expand_root, locate_in_source
from destination_kit.mapping.validation import (
    MAX_BYTES,
    TOO_LARGE,
    Location,
    check_size,
    directive_name,
    validate,
)

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject, Resolver, Value
    from destination_kit.directive_interface import Directive

T = TypeVar("T")

# A mapping of these alone needs no budget while it runs.
_SHARING_DIRECTIVES: Final = frozenset({"@path", "@if", "@literal"})
# It alone of ours uses what it has made more than once, and counts it only where it makes it.
_TRANSFORM: Final = "@transform"


@dataclass(frozen=True, slots=True)
class CompiledMapping:
    """The result of compiling a mapping once."""

    #: Event -> value. The value shares containers with event and mapping, and may hold `MISSING`.
    #: Not for use if there are problems.
    resolve: Resolver
    #: Faults, with JSON Pointers into the mapping as it was given.
    problems: tuple[Problem, ...] = ()
    #: Surprises in a valid mapping, with the same JSON Pointers.
    warnings: tuple[Problem, ...] = ()
    #: Paths of the event that the mapping may read, such as `traits.email`; see `paths_read`.
    paths_read: tuple[str, ...] = ()
    #: The fields that each resolved value has: the scalar that the mapping gives, else `MISSING`.
    #: None if a directive makes the whole value.
    shape: Mapping[str, Value] | None = None
    #: What `resolve` may make of one event.
    budget: PayloadBudget = field(default_factory=PayloadBudget)
    #: How often, at most, each value of the event comes in the payload; 0 where that is unknown.
    copies: int = 0
    #: Whether a directive counts what it makes.
    is_spending: bool = True

    def raise_problems(self) -> None:
        """Raise a `MappingError` with all problems, if there are any."""
        if self.problems:
            raise MappingError(self.problems)

    def finish_with(self, finish: Callable[[Value], T]) -> Callable[[JsonObject, int], T]:
        """Return the function (event, its bytes, about) -> `finish(resolved value)`.

        A caller that does not know the bytes gives `UNMEASURED`.

        `finish` must copy: the value that it gets shares containers with event and mapping. The
        function raises `PayloadValidationError` for an event that cannot be resolved, or of which
        the mapping makes more than its budget allows.
        """
        # The catalog passes a validator that copies while it checks. With a copy made here, each
        # payload would be walked twice.
        resolve, budget, is_spending = self.resolve, self.budget, self.is_spending
        # To measure a payload takes as long as to make it (1.2 and 1.4 µs), so it is left out where
        # an event has too few bytes for too many values: a byte for two values, as in `[]`.
        largest_unmeasured = budget.most_values // (2 * self.copies) if self.copies else -1

        def apply(event: JsonObject, size: int) -> T:
            resolved: Value = MISSING
            try:
                if is_spending:
                    budget.reset()
                resolved = resolve(event)
                if size > largest_unmeasured:
                    budget.check_payload(resolved)
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


def _locate(problems: Iterable[Problem], mapping: Json) -> tuple[Problem, ...]:
    """Return problems with paths into the mapping as it was given."""
    return tuple(
        replace(problem, path=locate_in_source(problem.path, mapping)) for problem in problems
    )


def analyze_mapping(
    mapping: Json,
    *,
    directives: Mapping[str, Directive] = DIRECTIVES,
    max_bytes: int = MAX_BYTES,
    limits: PayloadLimits = PayloadLimits(),  # noqa: B008 - the limits are frozen
) -> CompiledMapping:
    """Compile a mapping in one pass; faults of the mapping are in `problems`, not raised."""
    # Every later step recurses into the mapping. Without this check before them, a mapping of 300
    # levels would raise a RecursionError instead of returning a problem.
    if problems := check_size(mapping, max_bytes):
        return CompiledMapping(Constant(MISSING), problems)
    root = expand_root(mapping)
    if isinstance(root, FailingResolver):
        return CompiledMapping(root, root.problems)
    findings, budget = Findings(validate(root, Location(directives))), PayloadBudget(limits)
    resolve = Scope(directives, findings, budget).compile(root)
    if isinstance(resolve, FailingResolver):
        findings.problems.extend(_independent_problems(resolve, findings.problems))
    is_spending = not findings.directives <= _SHARING_DIRECTIVES
    if is_spending and not findings.problems:
        findings.problems.extend(_find_unbounded_growth(resolve, findings, budget))
    return CompiledMapping(
        resolve=resolve,
        problems=_locate(findings.problems, mapping),
        warnings=_locate(findings.warnings, mapping),
        paths_read=tuple(dict.fromkeys(".".join(path) for path in findings.paths)),
        shape=_shape(root),
        budget=budget,
        copies=_count_copies(findings),
        is_spending=is_spending,
    )


def _count_copies(findings: Findings) -> int:
    """Return how often a value of the event comes in the payload at most; 0 where it is unknown."""
    if not findings.directives <= DIRECTIVES.keys() - {_TRANSFORM}:
        return 0
    # A value comes once for each path that leads to it or to a container around it.
    return max(
        (
            sum(findings.reads[path[:end]] for end in range(len(path) + 1))
            for path in findings.reads
        ),
        default=1,
    )


def _find_unbounded_growth(
    resolve: Resolver, findings: Findings, budget: PayloadBudget
) -> list[Problem]:
    """Return the problem of a mapping that exceeds its budget for the smallest events."""
    # Nested `@transform`s double what they get at each level: 22 of them (1.9 KB of mapping) made
    # 4.6 GB of an event of 28 bytes. To run them with the budget finds every way to do that.
    for event in ({}, _fill_paths(findings.paths)):
        budget.reset()
        try:
            budget.check_payload(resolve(event))
        except BudgetError as error:
            message = f"cannot end well: even with one character at each path, {error.message}"
            return [Problem(pointer(*error.steps[:1]), TOO_LARGE, message)]
        # A mapping may fail for these events and not for others. A directive of a plugin may raise
        # anything.
        except Exception:  # noqa: BLE001, S110
            pass
    return []


def _fill_paths(paths: Iterable[tuple[str, ...]]) -> dict[str, Any]:
    """Return an event with text at the end of each path."""
    event: dict[str, Any] = {}
    for path in paths:
        parent = event
        for key in path[:-1]:
            child = parent.get(key)
            if not isinstance(child, dict):
                child = parent[key] = {}
            parent = child
        for key in path[-1:]:
            parent.setdefault(key, "x")
    return event


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
