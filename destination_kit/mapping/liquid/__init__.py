"""`@liquid`: templates that answer as liquidjs does, within bounds that hold.

The reference runs liquidjs 10.27.2 with some tags and filters disabled. What is said here of its
behaviour was observed with it; `make conformance` compares both. A template is read once, when an
instance is configured.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from destination_kit._javascript import to_surrogate_pairs, to_well_formed, utf16_length
from destination_kit._json import Value
from destination_kit.mapping.liquid.context import Rendering
from destination_kit.mapping.liquid.filters import DISABLED, FILTERS
from destination_kit.mapping.liquid.lexer import LiquidSyntaxError
from destination_kit.mapping.liquid.limits import LONGEST_TEMPLATE, Bounds
from destination_kit.mapping.liquid.python_liquid import Language, parse
from destination_kit.mapping.liquid.tags import TAGS
from destination_kit.mapping.liquid.utf16 import characters
from destination_kit.mapping.resolvers import ResolutionError

Render: TypeAlias = Callable[[Value], str]

_LANGUAGE = Language(TAGS, FILTERS)


class LiquidError(ValueError):
    """A template that cannot be read; its text shows the place with a caret."""


@dataclass(frozen=True, slots=True)
class Template:
    """A template, ready to render events.

    `paths` are those that it may read in an event, step by step; `ignored` names the filters that
    nobody knows, which leave their input as it is, and `disabled` those that fail the events that
    reach them.
    """

    render: Render
    paths: tuple[tuple[str, ...], ...] = ()
    ignored: tuple[str, ...] = ()
    disabled: tuple[str, ...] = ()


def compile_liquid(source: str) -> Template:
    """Compile a template; a `LiquidError` says where it cannot be read."""
    if utf16_length(source) > LONGEST_TEMPLATE:
        raise LiquidError(f"a Liquid template has at most {LONGEST_TEMPLATE:,} characters")
    try:
        run, facts = parse(to_surrogate_pairs(source), _LANGUAGE)
    except LiquidSyntaxError as fault:
        raise LiquidError(_shown(to_surrogate_pairs(source), fault)) from None
    except RecursionError:
        raise LiquidError("the parts of a Liquid template are nested too deep") from None
    names = tuple(map(characters, facts.filters))
    return Template(
        render=_renderer(run),
        paths=tuple(tuple(map(characters, each)) for each in facts.paths),
        ignored=tuple(each for each in names if each not in FILTERS),
        disabled=tuple(each for each in names if each in DISABLED),
    )


def _renderer(run: Callable[[Rendering], None]) -> Render:
    def render(event: Value) -> str:
        rendering = Rendering(
            to_surrogate_pairs(event) if isinstance(event, str) else event, Bounds()
        )
        try:
            run(rendering)
        except RecursionError:
            raise ResolutionError("the parts of a Liquid template are nested too deep") from None
        return to_well_formed(rendering.output())

    return render


def _shown(source: str, fault: LiquidSyntaxError) -> str:
    """Return the fault with its line and column, and the line with a caret under the column."""
    before = characters(source[: fault.at])
    line = before.count("\n") + 1
    column = len(before) - (before.rfind("\n") + 1)
    text = characters(source).split("\n")[line - 1]
    return f"{fault.message} (line {line}, column {column + 1})\n  {text}\n  {' ' * column}^"
