"""Events for Liquid: values of every type at known names, so that filters meet all of them."""

from __future__ import annotations

from typing import Any

from tests.conformance.generate.chance import Chance
from tests.conformance.generate.liquid_dates import make_date

PEOPLE = [
    {"name": "Ann", "age": 31, "vip": True, "tags": ["a", "b"], "address": {"city": "Oslo"}},
    {"name": "bob", "age": "7", "vip": False, "tags": [], "address": None},
    {"name": None, "age": 2.5, "vip": None},
    {"name": "Élodie", "address": {"city": ""}, "size": 9},
]
VALUES: dict[str, list[Any]] = {
    "text": [
        "Hello World",
        "  padded\t",
        "it's",
        "AbC dEf gHI",
        "a.b-c_d/e",
        "null",
        "true",
        "$& $1 $$",
        "xxaxbxx",
        "one two  three\nfour",
        "x" * 60,
    ],
    "blanks": ["", " ", "\n\t ", "\u00a0", "\u3000\u2028", "\ufeff", "\u200b", "\x1c\x85"],
    "emoji": ["👍🏽 ok", "👨‍👩‍👧", "a😀b😀c", "🇳🇱", "😀", "\ud83d half"],
    "accents": [
        "e\u0301te\u0301",
        "Straße",
        "İstanbul \u0131I",
        "ΟΔΟΣ ΣΑΣ",
        "ﬁx ŉ ǆ",
        "ÀÉÎõü ñ œ ẞ Þ æ ð",
        "naïve café ÿ",
        "ßa",
        "\u0345ω ᾳ",
    ],
    "rtl": ["שלום עולם", "مرحبا ١٢", "a\u200fb\u202ec"],
    "cjk": ["你好 world こんにちは", "日本語", "한국어 테스트 one two", "中文,en", "𠮷野家"],
    "html": [
        '<b>Tom & "Jerry"</b>',
        "a <script>x<y</script> <style>b{}</style><!-- z > --> c",
        "<script>open <b>",
        "1 < 2 & 3 > 2",
        "&lt;b&gt; &amp;amp; &#39; &#34; &quot;",
        "<!-- open <i>x</i>",
        "<style <script> </style>",
        "<>a<",
        "</p\n>x<br/>it's",
        "<SCRIPT>x</SCRIPT>",
    ],
    "csv": ["a,b,,c,,", ",", ",,", "one", "a, b ,c", "a|b,c"],
    "url": [
        "https://example.com/a?b=c&d=[e]#f",
        "a+b%20c",
        "%41%e9",
        "%",
        "%E4%BD%A0+%F0%9F%98%80",
        "é ü&=+!*'()~",
        "%C3%A9%00",
    ],
    "base": ["aGVsbG8=", "aGVsbG8", "YQ==YQ==", "8J+YgA==", "_-_-", "no base64!", "////", "a"],
    "lines": ["a\r\nb\nc\r", "\nx\n\n y\t\tz\n", "tab\tx \u2028 y"],
    "digits": [
        "42",
        "1.50",
        "-3",
        "1e3",
        "0x1F",
        " 7 ",
        "+5",
        ".5",
        "5.",
        "1_000",
        "12abc",
        "Infinity",
        "-Infinity",
        "NaN",
        "١٢",
        "9007199254740993",
        "1,234",
        "0b11",
        "0o7",
        "",
        "-",
        "\n3\n",
        "1e400",
    ],
    "whole": [0, 1, 2, 5, 10, 42, 100],
    "negative": [-1, -5, -42, -0.0],
    "float": [1.5, 0.1, 2.5, -2.5, 1.005, -3.7, 0.30000000000000004, 1e-7, 1.45, 2.0, 0.5, -0.4],
    "big": [1e21, 123456789012345680000, 1.7976931348623157e308, 1612137600000, 5e-324, 2**53],
    "yes": [True],
    "no": [False],
    "nothing": [None],
    "list": [["a", "b", "c"], ["x"], [], ["b", None, "", "a", "b"]],
    "mixed": [
        [1, None, "x", "", False, [2, [3]], {"a": 1}],
        [None],
        [True, False, 1.0, -0.0],
        [[], {}],
        ["2024-03-05"],
    ],
    "numbers": [[3, 1, 2], [1.5, "2", None, "x", True], [0.1, 0.2], ["10", "9"], [2024, 3, 5]],
    "nested": [[[1, 2], [3, [4]]], [["a", "b"], "c"]],
    "people": [PEOPLE, PEOPLE[:1], PEOPLE[1:3], PEOPLE[::-1]],
    "object": [
        {"a": 1, "b": {"c": [1, 2, {"d": "deep"}]}, "name": "obj"},
        {"a": {"b": "x"}, "b": "c", "name": None},
        {},
    ],
    "sized": [
        {"size": "S", "first": "F", "last": "L", "length": 2, "0": "zero", "1": "one"},
        {"size": None, "first": 0, "length": "3"},
        {"size": False, "length": 0},
        {"length": -1, "last": [1]},
    ],
    "odd": [
        {
            "a.b": "dotted",
            "first name": "spaced",
            "0": "zero",
            "-1": "minus",
            "naïve": "accent",
            "a-b": "dashed",
            "": "empty",
            "true": "T",
            "nil": "N",
            "x?": "asked",
            "null": "nil",
            "undefined": "U",
            "constructor": "C",
            "1.5": "half",
            "'q'": "quoted",
        }
    ],
    "key": ["a", "b", "size", "first", "last", "nope", "name", "a.b", ""],
    "index": [0, 1, -1, 5, -9, "0", "-1", 1.5, True, None],
}
"""What may stand at each name; `when` (a date) and `dates` come on top, and `missing` is never there."""

PROPERTIES = (
    *(".size", ".first", ".last", ".length", ".a", ".name", ".a.b", ".b.c", ".b.c[2].d", "[0]"),
    *("[-1]", "[1]", "['0']", "['-1']", "['a']", '["a"]', "[index]", "[key]", "[object.b]"),
    *("['a.b']", "['first name']", "['size']", "[people[0].name]", "[1.5]", "[(1..2)]", "[true]"),
    *(".first.name", ".last.size", ".size.size", "[0][0]", "[0].name", "[-1].address.city"),
    *(".naïve", ".a-b", ".x?", ".true", ".nil", "[nil]", "[nothing]", "[missing]", "['']", "[]"),
    *(" .a", ". a", "[ 'a' ]", " [0]", ".0", ".constructor", ".toString", "['__proto__']"),
    *("['\\'q\\'']", ".a.", ".b['c'][0]", "['a' 'b']", "[0 1]", "[blank]", "['a'].b", "[ key ]"),
)


def make_data(chance: Chance) -> dict[str, Any]:
    """Make an event with something at every name."""
    found = {name: chance.pick(options) for name, options in VALUES.items()}
    dates = [make_date(chance) for _ in range(3)]
    return {"type": "track", **found, "when": make_date(chance), "dates": dates}


def trimmed(data: dict[str, Any], templates: str) -> dict[str, Any]:
    """Return the part of an event whose names are mentioned, which is what templates can read."""
    return {name: each for name, each in data.items() if name in templates}
