"""Triggers in FQL, well-formed and not, and the condition trees that they stand for."""

from __future__ import annotations

from tests.conformance.generate.chance import Chance


def _make_subject(chance: Chance):
    return chance.pick(
        [
            "type",
            "type",
            "event",
            "name",
            "userId",
            "properties.revenue",
            "properties.email",
            "properties.active",
            "properties.product\\ 1.price",
            "properties.a\\.b",
            "properties.x-y",
            "traits.age",
            "traits.age",
            "context.ip",
            "traits.email",
            "traits.address.city",
            "traits.vip",
            "context.locale",
            "context.page.url",
            "context.device.type",
            "context.library.name",
            "properties.products",
            "traits.first\\ name",
            "properties.na\\ïve",
        ]
        + (
            [
                "properties.tags[0]",
                "properties.naïve",
                "properties.products.0.name",
                "properties",
                "messageId",
                "typed",
                "properties.",
            ]
            if chance.maybe(0.15)
            else []
        )
    )


def _make_literal(chance: Chance):
    if chance.maybe(0.03):
        return chance.pick(
            ["bare", "nulls", "[1]", "--1", "1.2.3", '"open', "'x", "TRUE", "-", "1abc"]
        )
    return chance.pick(
        [
            '"track"',
            '"identify"',
            '"Order Completed"',
            "'single'",
            '"with \\"quote\\""',
            '"back\\\\slash"',
            '"été"',
            '"👍"',
            '""',
            '" "',
            '"*"',
            '"a*b"',
            "0",
            "10",
            "-5",
            "+5",
            "19.99",
            "1e3",
            "30",
            '"30"',
            "true",
            "false",
            "null",
            '"true"',
            '"a@b.co"',
            '"USD"',
            "0.1",
            "9007199254740993",
            "'it\"s'",
            '"👍ab"',
        ]
    )


def _make_joint(chance: Chance):
    """A word between clauses, now and then in the spelling of another language."""
    if chance.maybe(0.1):
        return chance.pick([" AND ", " AND ", " And ", " OR ", " oR ", ", ", " && ", " || "])
    return chance.pick([" and ", " or "])


def _make_clause(chance: Chance, depth):
    kind = chance.random.random()
    if depth > 0 and kind < 0.18:
        return f"({make_clauses(chance, depth - 1)})"
    if kind < 0.32:
        neg = chance.pick(["", "!", "not ", "NOT "]) if chance.maybe(0.5) else ""
        return f"{neg}contains({_make_subject(chance)}{chance.pick([', ', ','])}{_make_literal(chance)})"
    if kind < 0.46:
        neg = chance.pick(["", "!"])
        return f'{neg}match({_make_subject(chance)}, "{chance.pick(["Order*", "*Completed", "*a*", "x", "*", "", "été*", "👍ab"])}")'
    op = chance.pick(["=", "=", "=", "!=", "<", "<=", ">", ">="])
    space = " " if chance.maybe(0.95) else ""
    return f"{_make_subject(chance)}{space}{op}{space}{_make_literal(chance)}"


def make_clauses(chance: Chance, depth=1):
    count = chance.pick([1, 1, 2, 2, 3])
    join = _make_joint(chance)
    text = _make_clause(chance, depth)
    for _ in range(count - 1):
        text += (_make_joint(chance) if chance.maybe(0.15) else join) + _make_clause(chance, depth)
    return text


def make_trigger(chance: Chance):
    text = make_clauses(chance, 2 if chance.maybe(0.1) else 1)
    if chance.maybe(0.12):
        at = chance.random.randrange(len(text) + 1)
        text = chance.pick(
            [
                text[:at],
                text[:at] + chance.pick(list("()!=\"'\\@#,.;&|-é\n\t\r")) + text[at:],
                text.replace(" = ", chance.pick([" == ", " === ", " <> "]), 1),
                text.replace("contains(", "Contains(", 1),
                text.upper(),
                text + " and",
                "",
                " ",
                "()",
                "type",
                "type =",
                "!type",
                '= "x"',
            ]
        )
    return text


def make_trigger_for(chance: Chance, event):
    """A clause that has a fair chance to match this event."""
    options = [f'type = "{event["type"]}"', f'type != "{event["type"]}"']
    if isinstance(event.get("event"), str):
        options += [
            f'event = "{event["event"]}"',
            f'contains(event, "{event["event"][:3]}")',
            f'match(event, "{event["event"][:3]}*")',
            f'!match(event, "*{event["event"][-3:]}")',
        ]
    for root in ("properties", "traits", "context"):
        for key, value in (event.get(root) or {}).items():
            if not key.replace("_", "").isalnum():
                continue
            name = f"{root}.{key}"
            options += [f"{name} != null", f"{name} = null"]
            if isinstance(value, bool):
                options += [f"{name} = {str(value).lower()}", f'{name} = "{str(value).lower()}"']
            elif isinstance(value, (int, float)):
                options += [f"{name} {op} {value}" for op in ("=", "!=", "<", ">=")] + [
                    f'{name} = "{value}"'
                ]
            elif (
                isinstance(value, str)
                and value
                and value.isprintable()
                and '"' not in value
                and "\\" not in value
            ):
                options += [
                    f'{name} = "{value}"',
                    f'{name} != "{value}"',
                    f'contains({name}, "{value[0]}")',
                    f'match({name}, "*{value[-1]}")',
                ]
    clauses = [chance.pick(options) for _ in range(chance.random.randint(1, 3))]
    return (
        _make_joint(chance).join(clauses)
        if chance.maybe(0.8)
        else f"({clauses[0]}) or ({clauses[-1]})"
    )


def _make_condition(chance: Chance, depth=1):
    kind = chance.pick(
        ["event-type", "event", "name", "userId", "event-property", "event-trait", "event-context"]
        + (["group"] if depth > 0 else [])
        + (["mystery"] if chance.maybe(0.05) else [])
    )
    if kind == "group":
        return make_group(chance, depth - 1)
    operators = [
        "=",
        "!=",
        "<",
        "<=",
        ">",
        ">=",
        "contains",
        "not_contains",
        "starts_with",
        "not_starts_with",
        "ends_with",
        "not_ends_with",
        "exists",
        "not_exists",
        "is_true",
        "is_false",
        "number_equals",
        "number_not_equals",
    ]
    out = {"type": kind, "operator": chance.pick(operators)}
    if kind.startswith("event-") and kind != "event-type":
        out["name"] = chance.pick(
            ["revenue", "product 1.price", "a.b", "naïve", "x-y", "tags[0]", "$k", "email", "it's"]
        )
    if chance.maybe(0.85):
        out["value"] = chance.pick(
            [
                "track",
                "Order Completed",
                'q"q',
                "",
                "5",
                5,
                1.50,
                1e21,
                1e-7,
                -0.0,
                True,
                False,
                None,
                "été",
                "a(b)c",
                "1abc",
            ]
        )
    return out


def make_group(chance: Chance, depth=1):
    return {
        "type": "group",
        "operator": chance.pick(["and", "or"]),
        "children": [
            _make_condition(chance, depth)
            for _ in range(chance.random.randint(0 if chance.maybe(0.05) else 1, 3))
        ],
    }
