"""Paths that lead through a value, sometimes one step off its end, and templates made of them."""

from __future__ import annotations

from tests.conformance.generate.chance import Chance
from tests.conformance.generate.events import STRINGS


def _make_segment(chance: Chance, key, first):
    key = str(key)
    style = chance.random.random()
    if key.isdigit() and style < 0.7:
        return f"[{key}]"
    if style < 0.1 or (not key.replace("_", "").isalnum() and style < 0.6):
        quote = chance.pick(["'", '"'])
        return f"[{quote}{key}{quote}]"
    if style < 0.14:
        return f"[{key}]"
    return key if first else f".{key}"


def make_path(chance: Chance, data, *, prefix=True):
    """A walk through data, sometimes one step off the end."""
    out, here = "", data
    for step in range(chance.random.randint(1, 5)):
        if isinstance(here, dict) and here and chance.maybe(0.93):
            key = chance.pick(list(here))
            here = here[key]
        elif isinstance(here, list) and chance.maybe(0.93):
            key = chance.pick(
                [*range(len(here)), *(["length", len(here), -1] if chance.maybe(0.2) else [0])]
            )
            here = here[key] if isinstance(key, int) and 0 <= key < len(here) else None
        elif step and chance.maybe(0.8):
            break
        else:
            key, here = chance.pick(["missing", "nope", "length", "0", "toString"]), None
        out += _make_segment(chance, key, first=not out)
    if chance.maybe(0.04):
        out = chance.pick(
            [
                "",
                ".",
                "..",
                "$",
                "$.",
                "a..b",
                out + ".",
                out + "]",
                "[" + out,
                "'" + out,
                out.replace(".", ". "),
            ]
        )
    return (chance.pick(["$.", "$.", "$.", "", "$"]) if prefix else "") + out


def _make_placeholder(chance: Chance, data):
    path = make_path(chance, data, prefix=False)
    return (
        chance.pick(["{{%s}}", "{{ %s }}", "{{{%s}}}", "{{{ %s }}}", "{{\t%s}}", "{{%s}", "{%s}"])
        % path
    )


def make_template(chance: Chance, data):
    return "".join(
        chance.pick([_make_placeholder(chance, data), chance.pick(STRINGS), "-", " "])
        for _ in range(chance.random.randint(1, 4))
    )
