"""What shows the order of keys and `__proto__` inside text: objects as JSON, and that text changed.

Also lists whose empty items go before a payload is checked, so that places move.
"""

from __future__ import annotations

from tests.conformance.generate.chance import UNDEFINED, Chance

_KEYS = ["b", "2", "a", "10", "1", "__proto__", "0", "é", "x y", "toString", "07", "-1"]
_PATTERNS = [
    *('"', ":", ",", "{", "}", "[", '":', '","', "a", "b", "1", "2", "0", "e", "_", "-", "null"),
    *("__proto_", '"1"', '"2":', "{}", "\\", "9", "proto"),
]
_REPLACEMENTS = ["", "_", "$&$&", "|", "[$`]", "[$']", "1"]
_DATES = ["garbage 5", "2024-02-29", "1612137600000", "yesterday", "(?P<x>a)", "[]", "2/3/2024"]
_EMPTY = [None, "", UNDEFINED, [], {}]


def make_odd_object(chance: Chance, depth=2):
    """An object with keys that JavaScript moves or loses, such objects in it."""
    keys = chance.random.sample(_KEYS, chance.random.randint(2, 6))
    return {key: _make_member(chance, depth) for key in keys}


def _make_member(chance: Chance, depth):
    if depth > 0 and chance.maybe(0.35):
        odd = make_odd_object(chance, depth - 1)
        return [odd, make_odd_object(chance, depth - 1)] if chance.maybe(0.3) else odd
    return chance.pick([1, "a", "b,2", True, None, "", 1.5, 'q"q', "__proto__", "10"])


def make_odd_event(chance: Chance):
    """An event that holds such objects."""
    return {
        "type": "track",
        "event": "Odd",
        "properties": {
            "odd": make_odd_object(chance),
            "list": [make_odd_object(chance, 1) for _ in range(chance.random.randint(0, 2))],
            "text": chance.pick(['{"b":1,"2":{"1":2,"0":3},"__proto__":{"a":1}}', "[1]", "x"]),
        },
        "traits": make_odd_object(chance, 1),
    }


def _make_source(chance: Chance):
    """Where a text takes its object from."""
    return chance.pick(
        [
            {"@path": "$.properties.odd"},
            {"@path": "$.properties.odd"},
            {"@path": "$.properties"},
            {"@path": "$.traits"},
            {"@path": chance.pick(["$.properties.odd.2", "$.properties.list.0"])},
            {"@path": "$.properties.list"},
            {"@arrayPath": ["$.properties.list", {"2": {"@path": "$.2"}, "1": {"@path": "$.b"}}]},
            {"@json": {"mode": "decode", "value": {"@path": "$.properties.text"}}},
            {
                "@merge": {
                    "direction": chance.pick(["left", "right"]),
                    "objects": [{"@path": "$.traits"}, {"@path": "$.properties.odd"}],
                }
            },
            {"@literal": make_odd_object(chance, 1)},
            {"z": {"@path": "$.traits"}, "3": {"@path": "$.event"}, "__proto__": {"a": 1}},
        ]
    )


def _make_text(chance: Chance):
    encoded = {"@json": {"mode": "encode", "value": _make_source(chance)}}
    template = {"@template": chance.pick(["{{properties.odd}}", "<{{traits}}>", "{{properties}}"])}
    return chance.pick([encoded, encoded, encoded, template])


def _make_changed_text(chance: Chance):
    text = _make_text(chance)
    for _ in range(chance.pick([0, 1, 1, 1, 2])):
        text = {
            "@replace": {
                "pattern": chance.pick(_PATTERNS),
                "replacement": chance.pick(_REPLACEMENTS),
                "value": text,
                **({"global": False} if chance.maybe(0.4) else {}),
                **({"ignorecase": True} if chance.maybe(0.2) else {}),
                **({"pattern2": chance.pick(_PATTERNS)} if chance.maybe(0.2) else {}),
            }
        }
    return {"@case": {"operator": "upper", "value": text}} if chance.maybe(0.1) else text


def make_text_mapping(chance: Chance):
    """A mapping that shows objects in text, and may change that text."""
    return {
        name: _make_changed_text(chance)
        for name in chance.random.sample(["f", "g", "2", "1"], chance.pick([1, 1, 2, 3]))
    }


def make_dropping_fields(chance: Chance):
    """Field definitions for lists of objects with dates and patterns, and a number beside them."""
    dates = chance.pick(
        [
            {"label": "P", "type": "datetime"},
            {"label": "P", "type": "string", "format": "date-like"},
            {"label": "P", "type": "string", "format": "regex"},
        ]
    )
    return {
        "list": {
            "label": "List",
            "type": "object",
            "multiple": True,
            "properties": {"p": dates, "q": {"label": "Q", "type": "string"}},
        },
        "n": {"label": "N", "type": "number", "required": chance.maybe()},
    }


def make_dropping_payload(chance: Chance):
    """A payload whose lists lose items, and that may be wrong elsewhere too."""
    items = [
        chance.pick(_EMPTY)
        if chance.maybe(0.4)
        else {"p": chance.pick(_DATES), "q": chance.pick(["", "x", None, {}])}
        for _ in range(chance.random.randint(1, 5))
    ]
    return {"list": items, **({"n": chance.pick([5, "x", None, ""])} if chance.maybe(0.8) else {})}
