"""Every filter, date, format, zone and comparison in turn: what chance may miss."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product
from typing import Any

from tests.conformance.generate.chance import Chance
from tests.conformance.generate.liquid_dates import (
    BAD_ZONES,
    CODES,
    EVERY,
    FLAGS,
    ISO,
    USUAL_FORMATS,
    ZONES,
)
from tests.conformance.generate.liquid_events import VALUES
from tests.conformance.generate.liquid_filters import ANY, DISABLED, FILTERS, UNKNOWN
from tests.conformance.generate.liquid_words import COMPARISONS

_EDGES: tuple[Any, ...] = (
    *(
        None,
        True,
        False,
        0,
        -0.0,
        1,
        1.5,
        "",
        " ",
        "\n\u00a0",
        "\ufeff",
        "0",
        "1",
        "a",
        "ab",
        "10",
        "9",
    ),
    *(
        [],
        {},
        [1],
        [None],
        ["a"],
        [["a"]],
        ["a", "b"],
        [[], {}],
        {"a": 1},
        {"size": 0},
        "1,2",
        [1, 2],
    ),
)
_KEYWORDS = ("empty", "blank", "nil", "true", "false", "''", "0")
_OF_ONE = (
    "{% if x %}T{% else %}F{% endif %}{% unless x %}F{% endunless %}{% if not x %}N{% endif %}"
    "[{{ x }}]{{ x.size }}|{{ x | size }}|{{ x.first }}|{{ x | first }}|{{ x.last }}|{{ x | last }}"
    "|{{ x | json }}|{{ x | inspect: 1 }}|{{ x | default: 'd' }}|{{ x | default: 'd', allow_false: true }}"
    "|{{ x | join: '-' }}|{{ x | compact | json }}|{{ x | to_integer }}|{{ x | plus: 0 }}|{{ x[0] }}{{ x[-1] }}"
)
_ARGUMENTS = (
    *("2", "-2", "1.5", "'2'", "'x'", "''", "nil", "empty", "blank", "true", "false", "(1..3)"),
    *("nothing", "missing", "list", "object", "no", "float", "emoji", "accents", "rtl", "big"),
)
_FRACTIONS = frozenset({"1.5", "float"})  # powers of ten whose last digit depends on the machine
_FRAGILE = frozenset({"append", "prepend", "default", "url_decode", "url_encode", "date"})
_FEW, _SOME = 3, 12
_ODD_ARGUMENTS = ("'a', 2, nil", "k: 'v'", "'a', allow_false: true", "'a',", ", 'a'", "1, 2, 3, 4")
_HOSTILE = (
    *(
        "{{ x }}",
        "{{ list[x] }}",
        "{{ x | size }}",
        "{{ x | json }}",
        "{{ x | plus: 1 }}",
        "{{ [x] }}",
    ),
    *(
        "{{ x == x }}",
        "{{ x < 1 }}",
        "{{ 'a' contains x }}",
        "{{ x.toString }}",
        "{{ list | join: x }}",
    ),
    *("{{ x.__proto__ }}", "{{ __proto__ }}{{ constructor }}{{ toString }}", "{{ x.constructor }}"),
    *(
        "{% increment __proto__ %}{% decrement __proto__ %}",
        "{% increment constructor %}{{ constructor }}",
    ),
    *(
        "{% assign __proto__ = x %}{{ __proto__ | json }}",
        "{% assign constructor = 1 %}{{ constructor }}",
    ),
    *(
        "{% block constructor %}x{% endblock %}y",
        "{% block __proto__ %}x{% endblock %}",
        "{{ (x..2) }}",
    ),
    *(
        "{% block toString %}x{% endblock %}y",
        "{% block valueOf %}x{% endblock %}",
        "{{ x | sum }}",
    ),
    *(
        "{{ 'a b' | slugify: 'toString' }}",
        "{{ 'a' | toString }}",
        "{{ x | date: '%Y' }}",
        "{{ x.then }}",
    ),
)
_TEXTS = (
    *VALUES["html"],
    *VALUES["cjk"],
    *VALUES["accents"],
    *VALUES["blanks"],
    *("a < b", "<!-->x-->y", "<script>a</script", "abc def"),
)
_OF_TEXTS = (
    "{{ x | strip_html }}|{{ x | escape_once }}|{{ x | number_of_words: 'cjk' }}"
    "|{{ x | number_of_words: 'auto' }}|{{ x | number_of_words }}|{{ x | upcase }}|{{ x | downcase }}"
    "|{{ x | capitalize }}|{{ x | slugify: 'latin' }}|{{ x | slugify: 'pretty' }}|{{ x | slugify }}"
    "|[{{ x | strip }}]|{{ x | truncate: 6 }}|{{ x | truncatewords: 1 }}|{{ x | size }}"
    "|{{ x | normalize_whitespace }}|{{ x | sha256 | slice: 0, 6 }}|{{ x | split: '' | last }}"
)


def filter_sweeps(chance: Chance) -> Iterator[str]:
    """Yield, for each way to call each filter, outputs of inputs that suit it and of others."""
    for name, (suiting, arguments) in FILTERS.items():
        if name == "sample":
            continue
        for each in dict.fromkeys(("", *arguments)):
            inputs = (*chance.random.sample(suiting, 3), *chance.random.sample(ANY, 2))
            yield from _outputs((value, name, each) for value in inputs)
        usual = chance.pick(arguments or ("'%Y-%m-%d %k'",))
        yield from _outputs((value, name, usual) for value in ANY)
        given = [each for each in _ARGUMENTS if name != "round" or each not in _FRACTIONS]
        yield from _outputs((chance.pick(suiting), name, each) for each in given)
        yield from _outputs((chance.pick(suiting), name, each) for each in _ODD_ARGUMENTS)
        if any("," in each for each in arguments):
            first = chance.pick(["3", "'a'", "1", "'pretty'"])
            yield from _outputs(
                (chance.pick(suiting), name, f"{first}, {each}") for each in _ARGUMENTS
            )
    yield from (f"{{{{ list | {name}: 'a', 'b' }}}}" for name in (*DISABLED, *UNKNOWN))


def _outputs(calls: Iterable[tuple[str, str, str]]) -> Iterator[str]:
    """Yield the calls as outputs, some to a template: one that fails takes the others with it."""
    known = [(value, name, f": {given}" if given else "") for value, name, given in calls]
    size = _FEW if known[0][1] in _FRAGILE else _SOME
    for start in range(0, len(known), size):
        some = known[start : start + size]
        yield ";".join(f"{{{{ {value} | {name}{given} }}}}" for value, name, given in some)


def date_sweeps() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each date with formats, each format and each zone with dates."""
    for date in EVERY:
        yield (
            f"{_date('%Y-%m-%d %H:%M:%S.%L %j %U %z')}|{{{{ x | date_to_string: 'ordinal' }}}}",
            {"x": date},
        )
    for shown, date in product(USUAL_FORMATS, ISO[15:25:5]):
        yield _date(shown), {"x": date}
    for flags, width in product(dict.fromkeys(FLAGS), ("", "1", "6")):
        shown = "|".join(f"%{flags}{width}{code}" for code in CODES)
        yield _date(shown), {"x": "2024-03-05T02:07:09.045Z"}
    for zone in (*ZONES, *BAD_ZONES):
        some = {"x": "2024-07-05T20:11:12.345Z", "text": "UTC", "numbers": [1]}
        yield _date("%c %x %X %Z %z %:z %s %j", f", {zone}"), some
    for day in range(1, 32):
        day_of_year = f"20{day:02}-12-{day:02}T12:00:00Z"
        yield _date("%j %U %W %u %q %C %y %a %b %I %p %l"), {"x": day_of_year}


def _date(shown: str, zone: str = "") -> str:
    return f"{{{{ x | date: '{shown}'{zone} }}}}"


def comparison_sweeps(chance: Chance) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each edge of a type alone and with every keyword, then some pairs of edges."""
    for edge in _EDGES:
        yield _OF_ONE, {"x": edge}
        yield _compared("x", _KEYWORDS), {"x": edge}
    for one, other in chance.random.sample([*product(_EDGES, repeat=2)], 80):
        yield _compared("x", ("y",)) + "{{ x and y }}{{ x or y }}", {"x": one, "y": other}
    for template, name in product(_HOSTILE, ("toString", "valueOf")):
        yield template, {"x": {name: 1, "then": "t"}, "list": ["a", "b"]}
    for text in _TEXTS:
        yield _OF_TEXTS, {"x": text}


def _compared(name: str, others: tuple[str, ...]) -> str:
    pairs = product(COMPARISONS, others)
    return "|".join(f"{{{{ {name} {sign} {other} }}}}" for sign, other in pairs)
