"""Directives with arguments of every kind, nested to a depth."""

from __future__ import annotations

from tests.conformance.generate.chance import Chance
from tests.conformance.generate.events import STRINGS, make_obj, make_product, make_value
from tests.conformance.generate.liquid import make_liquid
from tests.conformance.generate.paths import make_path, make_template


def _text_or_directive(chance: Chance, data, depth):
    return (
        make_directive(chance, data, depth - 1)
        if depth > 0 and chance.maybe(0.6)
        else chance.pick(STRINGS)
    )


def _value_or_directive(chance: Chance, data, depth):
    return (
        make_directive(chance, data, depth - 1)
        if depth > 0 and chance.maybe(0.75)
        else make_value(chance, 1)
    )


def make_directive(chance: Chance, data, depth=2, name=None):
    name = name or chance.pick(
        ["path"] * 5
        + ["template"] * 2
        + [
            "if",
            "if",
            "case",
            "replace",
            "arrayPath",
            "literal",
            "flatten",
            "json",
            "merge",
            "transform",
            "excludeWhenNull",
            "liquid",
        ]
    )
    out = {f"@{name}": _ARGUMENTS[name](chance, data, depth)}
    if chance.maybe(0.04):
        out["_metadata"] = {"label": "x", "type": "function"}
    return out


def _path_argument(chance: Chance, data, depth):
    if depth > 0 and chance.maybe(0.05):
        return {"@template": chance.pick(["properties.{{type}}", "userId", "{{properties.email}}"])}
    return make_path(chance, data)


def _template_argument(chance: Chance, data, depth):
    return (
        make_directive(chance, data, depth - 1)
        if depth > 0 and chance.maybe(0.05)
        else make_template(chance, data)
    )


def _if_argument(chance: Chance, data, depth):
    out = {chance.pick(["exists", "exists", "blank"]): _value_or_directive(chance, data, depth)}
    if chance.maybe(0.1):
        out[chance.pick(["exists", "blank"])] = _value_or_directive(chance, data, depth)
    if chance.maybe(0.9):
        out["then"] = _value_or_directive(chance, data, depth)
    if chance.maybe(0.7):
        out["else"] = _value_or_directive(chance, data, depth)
    return out


def _case_argument(chance: Chance, data, depth):
    out = {"operator": chance.pick(["lower", "upper", "lower", "upper", "title", ""])}
    if chance.maybe(0.95):
        out["value"] = _text_or_directive(chance, data, max(depth, 1))
    return out


def _replace_argument(chance: Chance, data, depth):
    out = {
        "pattern": chance.pick(
            [
                "a",
                "-",
                ".",
                "$",
                "(",
                "[y]",
                " ",
                "é",
                "ß",
                "\\",
                "1",
                "e",
                "null",
                "i",
                "x" * 10,
                "a|b",
                "👍",
            ]
        ),
        "value": _text_or_directive(chance, data, max(depth, 1)),
    }
    if chance.maybe(0.8):
        out["replacement"] = chance.pick(
            ["", "_", "$&", "$1", "$$", "$`", "$'", "[$&]", "\\1", "\\g<0>", "é", None]
        )
    if chance.maybe(0.4):
        out["pattern2"] = chance.pick(["_", "b", "", "o", "$", None])
        if chance.maybe(0.7):
            out["replacement2"] = chance.pick(["+", "", "$&$&", None])
    if chance.maybe(0.3):
        out["ignorecase"] = chance.pick([True, False, None])
    if chance.maybe(0.3):
        out["global"] = chance.pick([True, False, None])
    if chance.maybe(0.05):
        out[chance.pick(["pattern", "replacement"])] = chance.pick(["", "x" * 11, "👍" * 6, 1])
    return out


def _array_path_argument(chance: Chance, data, depth):
    target = chance.pick(
        [
            "$.properties.products",
            "properties.products",
            "$.properties.tags",
            "$.traits",
            "$.properties",
            "$.nope",
            make_path(chance, data),
        ]
    )
    first = target if chance.maybe(0.85) or depth <= 0 else make_directive(chance, data, depth - 1)
    if chance.maybe(0.3):
        return [first]
    item = make_product(chance, 1)
    shape = {
        k: make_directive(chance, item, depth - 1) if chance.maybe(0.8) else make_value(chance, 0)
        for k in chance.random.sample(
            ["id", "name", "price", "meta", "all"], chance.random.randint(0, 3)
        )
    }
    return [
        first,
        chance.pick(
            [shape, shape, shape, {"@path": "$.name"}, {"a": {"@path": "$."}}, "str", None, []]
        ),
    ]


def _literal_argument(chance: Chance, data, depth):
    return _value_or_directive(chance, data, depth)


def _flatten_argument(chance: Chance, data, depth):
    out = {
        "value": _value_or_directive(chance, data, depth),
        "separator": chance.pick([".", "_", "--", "é"]),
    }
    if chance.maybe(0.4):
        out["omitArrays"] = chance.pick([True, False, 1, "false", 0])
    if chance.maybe(0.05):
        out["separator"] = chance.pick(["", None, 3, {"@path": "$.userId"}])
    return out


def _json_argument(chance: Chance, data, depth):
    return {
        "mode": chance.pick(
            ["encode", "encode", "decode", "ENCODE", "other"]
            if chance.maybe(0.2)
            else ["encode", "decode"]
        ),
        "value": _value_or_directive(chance, data, max(depth, 1)),
    }


def _merge_argument(chance: Chance, _data, _depth):
    objects = [
        chance.pick(
            [
                make_obj(chance, 1),
                {
                    "@path": chance.pick(
                        ["$.traits", "$.properties", "$.context.library", "$.userId", "$.nope"]
                    )
                },
            ]
        )
        for _ in range(chance.random.randint(0, 3))
    ]
    out = {"objects": objects}
    if chance.maybe(0.95):
        out["direction"] = chance.pick(["left", "right", "left", "right", "LEFT"])
    return out


def _transform_argument(chance: Chance, data, depth):
    inner = {
        k: _value_or_directive(chance, data, depth - 1)
        for k in chance.random.sample(["a", "b", "c"], chance.random.randint(1, 3))
    }
    return {
        "apply": inner,
        "mapping": {
            "out": {"@path": "$." + chance.pick(["a", "b", "c", ""])},
            "t": {"@template": "{{a}}-{{b}}"},
        },
    }


def _exclude_when_null_argument(chance: Chance, data, depth):
    return _value_or_directive(chance, data, depth)


def _liquid_argument(chance: Chance, _data, _depth):
    return make_liquid(chance)


_ARGUMENTS = {
    "path": _path_argument,
    "template": _template_argument,
    "if": _if_argument,
    "case": _case_argument,
    "replace": _replace_argument,
    "arrayPath": _array_path_argument,
    "literal": _literal_argument,
    "flatten": _flatten_argument,
    "json": _json_argument,
    "merge": _merge_argument,
    "transform": _transform_argument,
    "excludeWhenNull": _exclude_when_null_argument,
    "liquid": _liquid_argument,
}
