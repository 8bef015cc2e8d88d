"""`@liquid`: Liquid templates that give the results of liquidjs, within limits that hold.

The reference runs liquidjs 10.27.2 with some tags and filters disabled. `make conformance` compares
both on generated templates. A template is compiled once, when an instance is configured:
`lexer` -> `python_liquid` (blocks, `tags`) -> `expression_parser` -> closures (`expressions`).
A rendering runs them with a `context`; `values`, `operators` and `filters` have JavaScript's rules,
and `limits` bounds the work.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from destination_kit._budget import PayloadBudget
from destination_kit._caret import point_at
from destination_kit._json import Value
from destination_kit._surrogates import (
    join_surrogate_pairs,
    to_surrogate_pairs,
    to_well_formed,
    utf16_length,
)
from destination_kit.errors import ResolutionError
from destination_kit.mapping.liquid.context import RenderContext, Statement
from destination_kit.mapping.liquid.filters import DISABLED_FILTERS, FILTERS
from destination_kit.mapping.liquid.lexer import LiquidSyntaxError
from destination_kit.mapping.liquid.limits import MAX_SECONDS, MAX_TEMPLATE_LENGTH, WorkLimiter
from destination_kit.mapping.liquid.python_liquid import Language, parse_template
from destination_kit.mapping.liquid.tags import TAGS
from destination_kit.mapping.resolvers import join_text

if TYPE_CHECKING:
    from destination_kit.directive_interface import Budget

Render: TypeAlias = Callable[[Value], str]

_LANGUAGE = Language(TAGS, FILTERS)
_TOO_DEEP = "the tags or values of the Liquid template are nested too deep: nest fewer"


class LiquidError(ValueError):
    """A template is no Liquid. The text says why, with line, column and a caret under the column."""


@dataclass(frozen=True, slots=True)
class Template:
    """Compiled template."""

    #: Returns the text for an event; one that exceeds the limits raises an `ResolutionError`.
    render: Render
    #: The paths that the template may read in an event, each a tuple of keys.
    paths: tuple[tuple[str, ...], ...] = ()
    #: The filters that do not exist. They leave their input unchanged.
    unknown_filters: tuple[str, ...] = ()
    #: The filters that the reference disables. An event that reaches one fails.
    disabled_filters: tuple[str, ...] = ()


def compile_liquid(source: str, budget: Budget | None = None) -> Template:
    """Compile a template. A template that is no Liquid raises a `LiquidError`.

    Its texts and its time come out of the budget, without one out of a new one for each event.
    """
    length = utf16_length(source)
    if length > MAX_TEMPLATE_LENGTH:
        raise LiquidError(
            f"a Liquid template has at most {MAX_TEMPLATE_LENGTH:,} characters, found {length:,}"
        )
    try:
        statement, analysis = parse_template(to_surrogate_pairs(source), _LANGUAGE)
    except LiquidSyntaxError as error:
        # Positions count UTF-16 code units, of which an emoji has two. The caret counts whole
        # characters; each emoji before the error would move it by a column.
        before = join_surrogate_pairs(to_surrogate_pairs(source)[: error.position])
        message = point_at(join_surrogate_pairs(source), len(before), error.message)
        raise LiquidError(message) from None
    except RecursionError:
        raise LiquidError(_TOO_DEEP) from None
    filter_names = tuple(map(join_surrogate_pairs, analysis.filters))
    return Template(
        render=_create_render(statement, budget),
        paths=tuple(tuple(map(join_surrogate_pairs, path)) for path in analysis.paths),
        unknown_filters=tuple(name for name in filter_names if name not in FILTERS),
        disabled_filters=tuple(name for name in filter_names if name in DISABLED_FILTERS),
    )


def _create_render(statement: Statement, shared_budget: Budget | None) -> Render:
    def render(event: Value) -> str:
        budget = shared_budget or PayloadBudget()
        limiter = WorkLimiter(min(budget.liquid_seconds, MAX_SECONDS))
        # `@arrayPath` renders a template for each element of an array. If an element is text, its
        # `size` counts UTF-16 code units in liquidjs.
        context = RenderContext(
            to_surrogate_pairs(event) if isinstance(event, str) else event, limiter
        )
        try:
            statement(context)
        except RecursionError:
            raise ResolutionError(_TOO_DEEP) from None
        finally:
            budget.liquid_seconds = limiter.seconds_left()
        return to_well_formed(join_text([context.join_output()], budget))

    return render
