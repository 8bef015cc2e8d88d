"""Liquid templates: outputs, tags that nest, text between them, and white space all over."""

from __future__ import annotations

from collections.abc import Callable

from tests.conformance.generate.liquid_calls import make_filtered, make_filters
from tests.conformance.generate.liquid_words import Words

_BLANKS = ("", " ", " ", " ", "\n", "\t", "  ", "\u00a0", "\r\n", "\u3000 ", "\u2028", "\f")
_GLUE = (
    *("", "", " ", " ", "a", " b ", "\n", "\n  c\n", "\t", "é", "👍", "-", "\u00a0\n", "{", "}"),
    "%",
)
_TEXTS = (
    *("plain", " x ", "a\nb", "{ { not } }", "}} %}", "%} {", "'\"", "{%%", "\\n", "#", "{-"),
    "-}}",
)
_COMMENTED = (
    *("hidden {{ x }}", "", "{% if %}", "{% assign n = 9 %}", "{% raw %}x{% endraw %}", "{{ | }}"),
    *("{% comment %}x", "{% nosuch %}", "%}", "{% for %}", "'", "{%- if x -%}", "{% endraw %}"),
)
_RAW = (
    *(
        *("{{ not }}", "{% if x %}", "", " {{- x -}} ", "{% endraw", "{% comment %}", "}} %} {{"),
        "a{b",
    ),
    *(
        *("{% endrawx %}", "{%\nendif %}", "{{ 'endraw' }}", "\n x \n", "{% raw %}", "{%%}"),
        "{%- x -%}",
    ),
)
_NAMES = (
    *("x", "y", "n", "text", "list", "é", "a-b", "x?", "_", "size", "x1", "missing", "1a", "nil"),
)
_EXTRAS = (" x", " == 1", ", 'a'", " | upcase", " extra words", " %", "-", ":", " 'q'")
_CYCLES = (
    *("'a', 'b'", "'a','b','c'", "1, 2.50, nil", "text, whole", "'a'", "x y, z", "'a' 'b', 'c'"),
)
_NOTES = (
    *("note", "", "{{ x }}", "if x", "one\n# two", "one\n  #two\n", "one\n\n# two", "%", "#", "'a"),
)


def make_template(words: Words, depth: int = 2) -> str:
    """Make a template of some pieces with text between them."""
    pieces = [make_piece(words, depth) for _ in range(words.chance.pick([1, 1, 2, 2, 3]))]
    glue = words.chance.pick(_GLUE)
    edge = words.chance.pick(_GLUE) if words.chance.maybe(0.4) else ""
    return edge + glue.join(pieces) + (edge if words.chance.maybe() else "")


def make_piece(words: Words, depth: int) -> str:
    """Make an output, a tag or a text."""
    kind = words.chance.random.random()
    if kind < 0.4 or depth <= 0:
        return make_output(words)
    if kind < 0.45:
        return words.chance.pick(_TEXTS)
    return words.chance.pick(_TAGS)(words, depth - 1)


def make_output(words: Words) -> str:
    """Make an output, seldom of an expression."""
    kind = words.chance.random.random()
    if kind < 0.06:
        return _put(words, "{{", words.condition() + make_filters(words), "}}")
    if kind < 0.08:
        return _put(words, "{{", words.odd_value() + make_filters(words), "}}")
    return _put(words, "{{", make_filtered(words), "}}")


def tag(words: Words, content: str) -> str:
    """Put a tag between its delimiters."""
    return _put(words, "{%", content, "%}")


def end(words: Words, name: str) -> str:
    """Make a tag without arguments; seldom it has some all the same."""
    return tag(words, name + words.chance.pick(_EXTRAS) if words.chance.maybe(0.01) else name)


def _put(words: Words, left: str, content: str, right: str) -> str:
    """Put content between delimiters, with white space and trimming by chance."""
    chance = words.chance
    if chance.maybe(0.6):
        return f"{left} {content} {right}"
    dashes = [chance.pick(["", "", "-"]) for _ in range(2)]
    blanks = [chance.pick(_BLANKS) for _ in range(2)]
    return f"{left}{dashes[0]}{blanks[0]}{content}{blanks[1]}{dashes[1]}{right}"


def _inner(words: Words, depth: int) -> str:
    chance = words.chance
    space = chance.pick(["", "", " ", "\n", "\n\t"])
    text = chance.pick(["A", "B", "1", " c", ""])
    return space + (make_template(words, depth) if chance.maybe(0.35) else text) + space


def _assign(words: Words, _depth: int) -> str:
    name = words.chance.pick(_NAMES)
    sign = words.chance.pick([" = ", "=", " =\n"])
    made = make_filtered(words) if words.chance.maybe(0.85) else words.condition()
    shown = words.chance.pick(
        [name, f"{name} | json", f"{name} | size", f"{name}.size", words.path()]
    )
    return f"{tag(words, f'assign {name}{sign}{made}')}{words.chance.pick(_GLUE)}{{{{ {shown} }}}}"


def _capture(words: Words, depth: int) -> str:
    name = words.chance.pick(_NAMES)
    given = words.chance.pick([name, name, f"'{name}'", f'"{name}"', f"{name} more", "'a b'"])
    opening, closing = tag(words, f"capture {given}"), end(words, "endcapture")
    return f"{opening}{_inner(words, depth)}{closing}[{{{{ {name}{make_filters(words)} }}}}]"


def _comment(words: Words, _depth: int) -> str:
    chance = words.chance
    opening = tag(words, chance.pick(["comment", "comment", "comment words", "comment: {x}"]))
    return opening + chance.pick(_COMMENTED) + end(words, "endcomment")


def _raw(words: Words, _depth: int) -> str:
    blanks = [words.chance.pick(["", "", " ", "\n"]) for _ in range(2)]
    opening = tag(words, words.chance.pick(["raw", "raw", "raw x"]))
    return opening + words.chance.pick(_RAW).join(blanks) + end(words, "endraw")


def _if(words: Words, depth: int) -> str:
    made = tag(words, f"if {words.condition()}") + _inner(words, depth)
    for _ in range(words.chance.pick([0, 0, 1, 2])):
        made += tag(words, f"elsif {words.condition()}") + _inner(words, depth)
    if words.chance.maybe(0.7):
        made += end(words, "else") + _inner(words, depth)
    return made + end(words, "endif")


def _unless(words: Words, depth: int) -> str:
    made = tag(words, f"unless {words.condition()}") + _inner(words, depth)
    for each in words.chance.pick(
        [(), (), ("else",), ("elsif",), ("elsif", "else"), ("else", "elsif", "else")]
    ):
        shown = f"elsif {words.condition()}" if each == "elsif" else each
        made += tag(words, shown) + _inner(words, depth)
    return made + end(words, "endunless")


def _counters(words: Words, _depth: int) -> str:
    chance = words.chance
    names = chance.pick(
        [("n",), ("n",), ("n", "m"), ("whole",), ("text", "missing"), ("n extra", "n"), ("", "1")]
    )
    tags = (
        tag(words, f"{chance.pick(['increment', 'increment', 'decrement'])} {chance.pick(names)}")
        for _ in range(chance.random.randint(1, 4))
    )
    return " ".join(
        [*tags, chance.pick(["", "{{ n }}", "{{ whole }}", "{% assign n = 5 %}{{ n }}"])]
    )


def _cycle(words: Words, _depth: int) -> str:
    chance = words.chance
    candidates = chance.pick([chance.pick(_CYCLES), f"{words.value()}, {words.value()}"])
    groups = ["", "", "'g': ", "text: ", "1: ", "missing: ", "nothing : ", "list: ", "true: "]
    shown = [chance.pick(groups) + candidates for _ in range(2)]
    return "".join(
        tag(words, f"cycle {chance.pick(shown)}") for _ in range(chance.random.randint(1, 4))
    )


def _echo(words: Words, _depth: int) -> str:
    return tag(words, f"echo {make_filtered(words)}" if words.chance.maybe(0.9) else "echo")


def _liquid(words: Words, _depth: int) -> str:
    chance = words.chance
    lines = (chance.pick(_LINES)(words) for _ in range(chance.random.randint(0, 4)))
    return tag(words, "liquid" + chance.pick([" ", "\n", "\n  ", "\n\n"]) + "\n ".join(lines))


def _note(words: Words, _depth: int) -> str:
    return tag(words, f"#{words.chance.pick(['', ' ', ' '])}{words.chance.pick(_NOTES)}")


def _block(words: Words, depth: int) -> str:
    name = words.chance.pick(["a", "a", "'b'", "", "é", "a b"])
    before = words.chance.pick(["", "{{ block.super }}", "{{ block }}", "{{ block.nope | size }}"])
    opening, closing = tag(words, f"block {name}"), end(words, "endblock")
    return (
        f"{opening}{before}{_inner(words, depth)}{closing}{words.chance.pick(['', '{{ block }}'])}"
    )


def _stop(words: Words, depth: int) -> str:
    stop = tag(words, words.chance.pick(["break", "continue", "break x"]))
    return f"{_inner(words, depth)}{stop}{_inner(words, depth)}"


def _stop_inside(words: Words, depth: int) -> str:
    """Stop inside another tag: what comes after that tag is told apart from the rest of it."""
    opening, closing = words.chance.pick(
        [
            ("if true", "endif"),
            ("unless false", "endunless"),
            ("capture x", "endcapture"),
            ("block a", "endblock"),
        ]
    )
    return f"{{% {opening} %}}1{_stop(words, depth)}2{{% {closing} %}}3{{{{ x }}}}4"


_TAGS: tuple[Callable[[Words, int], str], ...] = (
    *(_assign, _assign, _capture, _comment, _raw, _if, _if, _if, _unless, _counters, _cycle),
    *(_echo, _liquid, _liquid, _note, _block, _stop, _stop_inside),
)
_LINES: tuple[Callable[[Words], str], ...] = (
    lambda words: f"echo {make_filtered(words)}",
    lambda words: f"assign x = {make_filtered(words)}",
    lambda words: f"if {words.condition()}\n echo 'yes'\nelse\n echo 'no'\nendif",
    lambda words: f"unless {words.comparison()}\necho 1\nendunless",
    lambda words: f"capture x\necho {words.value()}\nendcapture\necho x",
    lambda words: words.chance.pick(["increment n", "decrement n", "cycle 'a', 'b'", "break", ""]),
    lambda words: words.chance.pick(
        ["# note", "#note {{ x }}", "comment\nx y\nendcomment", "\t\n"]
    ),
    lambda words: (
        words.chance.pick(["echo 'a\nb'", "echo x", "echo '%' ", "liquid echo 'in'", "ECHO 1"])
        if words.chance.maybe(0.3)
        else "echo 'x'"
    ),
)
