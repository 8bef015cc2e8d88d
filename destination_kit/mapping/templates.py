"""Templates such as `Hello {{traits.name}}`, and the text that they become."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

from destination_kit._javascript import to_string, trim
from destination_kit._json import MISSING, Value
from destination_kit.mapping.paths import compile_path, follow_path
from destination_kit.mapping.resolvers import join_text

Renderer: TypeAlias = Callable[[Value], str]


def compile_template(template: str) -> Renderer:
    """Compile a template whose text is known.

    `{{{ }}}` is filled in first, and the result is read again for `{{ }}`: that scan alone is left
    to each event, and only where a template has the former.
    """
    first = list(_pieces(template, 3))
    if len(first) == 1:
        return _renderer(_pieces(template, 2))
    fill = _renderer(first)
    return lambda event: _fill_in(fill(event), 2, event)


def render_template(template: str, event: Value) -> str:
    """Fill in a template that only the event tells."""
    return _fill_in(_fill_in(template, 3, event), 2, event)


def template_paths(template: str) -> Iterator[str]:
    """Yield the paths that a template reads."""
    first = list(_pieces(template, 3))
    rest = "".join(before for before, _ in first)
    for _, path in (*first, *_pieces(rest, 2)):
        if path is not None:
            yield path


def _pieces(template: str, braces: int) -> Iterator[tuple[str, str | None]]:
    """Split into (text, path behind it); the last text has no path. Takes linear time."""
    opening, closing = "{" * braces, "}" * braces
    start = done = 0
    while (end := template.find("}", start)) >= 0:
        begin = template.find(opening, start, end)
        if 0 <= begin < end - braces and template.startswith(closing, end):
            yield template[done:begin], trim(template[begin + braces : end])
            start = done = end + braces
        else:
            start = end + 1
    yield template[done:], None


def _fill_in(template: str, braces: int, event: Value) -> str:
    return join_text(
        before if path is None else before + _printed(follow_path(_data(event), path))
        for before, path in _pieces(template, braces)
    )


def _renderer(pieces: Iterable[tuple[str, str | None]]) -> Renderer:
    *filled, (after, _) = pieces
    if not filled:
        return lambda _event: after
    parts = [(before, compile_path(path or "")) for before, path in filled]

    def render(event: Value) -> str:
        data = _data(event)
        return join_text(before + _printed(find(data)) for before, find in parts) + after

    return render


def _data(event: Value) -> Value:
    # an absent item of an array is an empty event to a template, though not to a path
    return {} if event is MISSING else event


def _printed(value: Value) -> str:
    if type(value) is str:
        return value
    return "" if value is None or value is MISSING else to_string(value)
