"""Every filter of liquidjs, with what it is usually given."""

from __future__ import annotations

_NUMBERS = ("whole", "negative", "float", "big", "digits", "3", "-2.5", "'7'", "1.005", "-0")
_TEXTS = (
    *("text", "blanks", "emoji", "accents", "rtl", "cjk", "html", "lines", "digits", "csv"),
    *("'Hello World'", "'a b a'", "'aXbXc'", "'  x  '"),
)
_MARKUP = ("html", "text", "'<a href=\"x\">it\\'s</a> &amp; &copy;'", "emoji", "lines")
_URLS = ("url", "text", "accents", "emoji", "cjk", "'a b+c'", "'[x](y)!*'", "rtl")
_LISTS = ("list", "mixed", "numbers", "nested", "people", "(1..4)", "list", "csv", "sized")
_CODED = ("base", "text", "emoji", "accents", "blanks", "'aGk'", "cjk")
_DATES = (
    *(
        "when",
        "when",
        "when",
        "dates[0]",
        "dates[1]",
        "dates[2]",
        "dates[0]",
        "dates[1]",
        "dates[2]",
    ),
    *("whole", "big", "mixed", "numbers", "text", "digits"),
)
ANY = (*_NUMBERS[:5], *_TEXTS[:6], *_LISTS[:5], "object", "sized", "yes", "no", "nothing", "nil")
_STEPS = ("1", "2", "0.1", "-3", "0", "'2'", "1.5", "float", "digits", "whole", "big", "nil")
_PARTS = ("'a'", "' '", "''", "'o'", "'l'", "'.'", "','", "'$&'", "nil", "1", "text", "'é'", "'😀'")
_PAIRS = (
    *("'a', 'b'", "'o', ''", "'', '-'", "'.', '$&'", "nil, 'x'", "' ', '$1'", "1, 2", "'l', nil"),
)
_STRIPS = ("", "", "' '", "'Hd'", "'x'", "'abc'", "nil", "false", "0", "1", "list", "'👍🏽'", "''")

FILTERS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "abs": (_NUMBERS, ("",)),
    "append": (_TEXTS, _PARTS),
    "at_least": (_NUMBERS, _STEPS),
    "at_most": (_NUMBERS, _STEPS),
    "base64_decode": (_CODED, ("",)),
    "base64_encode": (_CODED, ("",)),
    "capitalize": (_TEXTS, ("",)),
    "ceil": (_NUMBERS, ("", "2")),
    "cgi_escape": (_URLS, ("",)),
    "compact": (_LISTS, ("", "'name'")),
    "date": (_DATES, ()),
    "date_to_long_string": (_DATES, ("", "'ordinal'", "'ordinal', 'US'", "'ordinal', 'UK'", "'x'")),
    "date_to_rfc822": (_DATES, ("",)),
    "date_to_string": (_DATES, ("", "'ordinal'", "'ordinal', 'US'", "nil, 'US'")),
    "date_to_xmlschema": (_DATES, ("",)),
    "default": (
        ("no", "blanks", "list", "nothing", "no", "missing", "whole", "object", "false", "''"),
        (
            "'d'",
            "nil",
            "'d', allow_false: true",
            "'d', allow_false: false",
            "list",
            "allow_false: true",
            "'d', allow_false: no",
            "''",
            "'d', allow_false",
            "'d', 'allow_false': true",
        ),
    ),
    "divided_by": (
        _NUMBERS,
        (*_STEPS, "3, true", "3, false", "2, 'x'", "2, 1", "0, true", "-2, 1"),
    ),
    "downcase": (_TEXTS, ("",)),
    "escape": (_MARKUP, ("",)),
    "escape_once": (_MARKUP, ("",)),
    "first": ((*_LISTS, "text", "object"), ("",)),
    "floor": (_NUMBERS, ("", "1")),
    "hmac_sha256": (_CODED, ("'key'", "''", "nil", "whole", "'é'", "list", "'k' | upcase")),
    "inspect": (ANY, ("", "2", "'--'", "11", "true", "'é'", "-1", "0.9", "'0123456789abc'")),
    "join": (_LISTS, ("','", "''", "", "nil", "' and '", "1", "list", "false")),
    "json": (ANY, ("", "2", "'\\t'", "nil", "'> '", "1.9", "'2'", "blank")),
    "jsonify": (ANY, ("", "1")),
    "last": ((*_LISTS, "text", "object"), ("",)),
    "lstrip": (_TEXTS, _STRIPS),
    "minus": (_NUMBERS, _STEPS),
    "modulo": (_NUMBERS, _STEPS),
    "normalize_whitespace": (_TEXTS, ("",)),
    "number_of_words": (_TEXTS, ("", "'cjk'", "'auto'", "'x'", "nil")),
    "plus": (_NUMBERS, _STEPS),
    "pop": (_LISTS, ("",)),
    "prepend": (_TEXTS, _PARTS),
    "push": (_LISTS, ("'z'", "nil", "list", "1", "")),
    "raw": (_MARKUP, ("",)),
    "remove": (_TEXTS, _PARTS),
    "remove_first": (_TEXTS, _PARTS),
    "remove_last": (_TEXTS, _PARTS),
    "replace": (_TEXTS, _PAIRS),
    "replace_first": (_TEXTS, _PAIRS),
    "replace_last": (_TEXTS, _PAIRS),
    "round": (_NUMBERS, ("", "1", "2", "-1", "0", "'1'", "20", "nil", "400", "-400")),
    "rstrip": (_TEXTS, _STRIPS),
    "sample": (
        ("'x'", "''", "nothing", "missing", "people[9]", "'y' | push: 1 | pop"),
        ("", "1", "2"),
    ),
    "sha256": (_CODED, ("",)),
    "shift": (_LISTS, ("",)),
    "size": (ANY, ("",)),
    "slice": (
        (*_TEXTS, *_LISTS),
        (
            "0",
            "1, 2",
            "-2",
            "-3, 2",
            "1",
            "0, 0",
            "1, -1",
            "-99, 2",
            "2, 99",
            "'1', '2'",
            "1.5, 1.5",
            "nil",
            "0, nil",
            "99",
            "1, 3, 5",
            "'-2', 2",
            "true, 2",
        ),
    ),
    "slugify": (
        _URLS + _TEXTS,
        (
            "",
            "'pretty'",
            "'raw'",
            "'ascii'",
            "'latin'",
            "'none'",
            "'default'",
            "'x'",
            "'latin', true",
            "'pretty', true",
            "nil",
            "nil, 1",
            "'constructor'",
        ),
    ),
    "split": (_TEXTS, ("','", "''", "' '", "nil", "'b'", "''", "1", "'\\n'", "")),
    "strip": (_TEXTS, _STRIPS),
    "strip_html": (_MARKUP, ("",)),
    "strip_newlines": (_TEXTS, ("",)),
    "sum": (
        (*_LISTS, "3", "'x'"),
        ("", "'age'", "'name'", "'address.city'", "0", "'size'", "'0'", "nil"),
    ),
    "times": (_NUMBERS, _STEPS),
    "to_integer": ((*_NUMBERS, "list", "numbers", "yes", "nothing", "blanks", "missing"), ("",)),
    "truncate": (
        _TEXTS,
        (
            "",
            "5",
            "7, '--'",
            "2",
            "0",
            "-1",
            "'4'",
            "3, ''",
            "nil",
            "4, nil",
            "1, 'long'",
            "5.5",
            "'x'",
            "5, 1",
            "300",
        ),
    ),
    "truncatewords": (
        _TEXTS,
        ("", "1", "2, '--'", "0", "-1", "'2'", "3", "1, ''", "nil", "1.5", "'x'", "99", "2, nil"),
    ),
    "unshift": (_LISTS, ("'z'", "nil", "list", "1", "")),
    "upcase": (_TEXTS, ("",)),
    "uri_escape": (_URLS, ("",)),
    "url_decode": (_URLS, ("",)),
    "url_encode": (_URLS, ("",)),
    "where": (
        ("people", "people", "nested", "list", "object", "nothing", "text", "mixed"),
        (
            "'name'",
            "'name', 'Ann'",
            "'vip'",
            "'vip', false",
            "'address.city', 'Oslo'",
            "'age', 7",
            "'vip', nil",
            "'tags', empty",
            "'tags[0]', 'a'",
            "''",
            "nil",
            "'name', blank",
            "'0'",
            "'size'",
            "'first', 1",
            "'[\"name\"]', 'bob'",
        ),
    ),
    "xml_escape": (_MARKUP, ("",)),
}
"""Per filter: inputs that suit it, and arguments that it is used with."""

DISABLED = (
    *("array_to_sentence_string", "concat", "find", "find_exp", "find_index", "find_index_exp"),
    *("group_by", "group_by_exp", "has", "has_exp", "map", "newline_to_br", "reject", "reject_exp"),
    *("reverse", "sort", "sort_natural", "uniq", "where_exp", "type"),
)
UNKNOWN = (
    *("nosuch", "Upcase", "upcase2", "money", "toString", "constructor", "é", "t", "if", "json?"),
)
