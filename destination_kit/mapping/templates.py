"""Templates such as `Hello {{traits.name}}`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from destination_kit._budget import PayloadBudget
from destination_kit._javascript import to_string, trim
from destination_kit._json import MISSING, Value
from destination_kit.mapping.paths import compile_steps, follow_path, parse_path
from destination_kit.mapping.resolvers import join_text

if TYPE_CHECKING:
    from destination_kit.directive_interface import Budget

Renderer: TypeAlias = Callable[[Value], str]
_Segment: TypeAlias = tuple[str, str | None]


@dataclass(frozen=True, slots=True)
class Template:
    """A compiled template."""

    #: Event -> text.
    render: Renderer
    #: Keys of each path that the template reads.
    paths: tuple[tuple[str, ...], ...]


def compile_template(source: str, budget: Budget) -> Template:
    """Compile a template whose texts come out of a budget.

    The reference fills in `{{{ }}}` first, and scans the result again for `{{ }}`. Only a template
    with three braces leaves that second scan to each event.
    """
    triple = list(_segments(source, 3))
    # `paths_read` needs the paths of `{{ }}` before any event. So the text around `{{{ }}}` is
    # scanned here, although rendering scans again after these are filled in.
    double = list(_segments("".join(text for text, _ in triple), 2))
    paths = tuple(parse_path(path) for _, path in (*triple, *double) if path is not None)
    if len(triple) == 1:
        return Template(_renderer(double, budget), paths)
    fill = _renderer(triple, budget)
    return Template(lambda event: _fill_in(fill(event), 2, event, budget), paths)


def render_template(source: str, event: Value, budget: Budget | None = None) -> str:
    """Render a template that is known only when an event arrives."""
    budget = budget or PayloadBudget()
    return _fill_in(_fill_in(source, 3, event, budget), 2, event, budget)


def _segments(source: str, braces: int) -> Iterator[_Segment]:
    """Yield (text, path behind it); the last text has no path. Takes linear time."""
    opening, closing = "{" * braces, "}" * braces
    start = done = 0
    while (end := source.find("}", start)) >= 0:
        begin = source.find(opening, start, end)
        if 0 <= begin < end - braces and source.startswith(closing, end):
            yield source[done:begin], trim(source[begin + braces : end])
            start = done = end + braces
        else:
            start = end + 1
    yield source[done:], None


def _fill_in(source: str, braces: int, event: Value, budget: Budget) -> str:
    # An event may decide the text, and a path of one character takes as long as a value.
    budget.spend(source.count("}"))
    data = _as_object(event)
    return join_text(
        (
            text if path is None else text + _to_text(follow_path(data, path), budget)
            for text, path in _segments(source, braces)
        ),
        budget,
    )


def _renderer(segments: Iterable[_Segment], budget: Budget) -> Renderer:
    *filled, (tail, _) = segments
    if not filled:
        return lambda _event: tail
    parts = [(text, compile_steps(parse_path(path or ""))) for text, path in filled]

    def render(event: Value) -> str:
        data = _as_object(event)
        return (
            join_text((text + _to_text(find(data), budget) for text, find in parts), budget) + tail
        )

    return render


def _as_object(event: Value) -> Value:
    # An item of `@arrayPath` can be undefined. `render(template, data = {})` of the reference then
    # reads the paths from {}.
    return {} if event is MISSING else event


def _to_text(value: Value, budget: Budget) -> str:
    if type(value) is str:
        return value
    if isinstance(value, list | tuple):
        budget.spend_value(value)
    return "" if value is None or value is MISSING else to_string(value)
