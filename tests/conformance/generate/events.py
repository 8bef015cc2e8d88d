"""Values, everyday and odd, and events of the six types made of them."""

from __future__ import annotations

from tests.conformance.generate.chance import Chance

STRINGS = [
    "",
    " ",
    "a",
    "Hello World",
    "  padded  ",
    "null",
    "undefined",
    "true",
    "false",
    "NaN",
    "Infinity",
    "0",
    "1",
    "-1",
    "42",
    "1.0",
    "1.50",
    "1e3",
    "0x1F",
    " 7 ",
    "+5",
    ".5",
    "5.",
    "1_000",
    "١٢",
    "12abc",
    "user@example.com",
    "not-an-email",
    "https://example.com/a?b=c#d",
    "ftp://x",
    "example.com",
    "2021-02-30",
    "2024-02-29",
    "2024-02-29T12:34:56Z",
    "2024-02-29T12:34:56.789+02:00",
    "1612137600",
    "1612137600000",
    "20240229",
    "2024-13-45",
    "Tue, 01 Jan 2030 00:00:00 GMT",
    "yesterday",
    "12:34:56",
    "$& $1 $$ $` $'",
    "a.b.c",
    "a-b_c",
    "(x)[y]{z}",
    "a\\b",
    '"quoted"',
    "it's",
    "line1\nline2",
    "tab\tx",
    "été",
    "Straße",
    "İstanbul",
    "ΟΔΟΣ",
    "ﬁx",
    "日本語",
    "👍🏽",
    "e\u0301",
    "\u00a0nbsp\u00a0",
    "\u2028",
    "\ufeffbom",
    '<b>Tom & "Jerry"</b>',
    "a,b,,c",
    "AbC dEf",
    "x" * 30,
    '{"k": [1, 2.0, null]}',
    "[1,2",
    "1e400",
    "192.168.0.1",
    "::1",
    "550e8400-e29b-41d4-a716-446655440000",
]
NUMBERS = [
    0,
    -0.0,
    1,
    -1,
    2,
    5,
    10,
    42,
    100,
    1.5,
    0.1,
    0.30000000000000004,
    2.0,
    100.0,
    -3.7,
    1e21,
    1e20,
    1e-6,
    1e-7,
    123456789012345680000,
    9007199254740993,
    1612137600,
    1612137600000,
    1.7976931348623157e308,
    5e-324,
    0.000001234,
]
KEYS = [
    "email",
    "name",
    "id",
    "total",
    "first name",
    "a.b",
    "0",
    "a-b",
    "naïve",
    "x[1]",
    "__proto__",
    "constructor",
    "$k",
    "'q'",
    "length",
]


TIMESTAMPS = [
    "2024-02-29T12:34:56.789Z",
    "2021-01-01T00:00:00Z",
    "2024-01-15 10:30:00+00",
    "Mon Jan 15 2024 10:30:00 GMT+0000 (UTC)",
    "1705314600000000",
    1612137600,
    "bad",
]


def _make_scalar(chance: Chance):
    return chance.pick(
        [chance.pick(STRINGS), chance.pick(STRINGS), chance.pick(NUMBERS), True, False, None]
    )


def make_value(chance: Chance, depth=2):
    kind = chance.random.random()
    if depth <= 0 or kind < 0.65:
        return _make_scalar(chance)
    if kind < 0.8:
        return [make_value(chance, depth - 1) for _ in range(chance.random.randint(0, 3))]
    return make_obj(chance, depth - 1)


def make_obj(chance: Chance, depth=2):
    return {
        k: make_value(chance, depth)
        for k in chance.random.sample(KEYS, chance.random.randint(0, 4))
    }


def make_product(chance: Chance, i):
    return {
        "product_id": chance.pick([f"p-{i}", i, None]),
        "name": chance.pick(STRINGS),
        "price": chance.pick([9.99, 10, "12.50", 0, None, 1e21]),
        "quantity": chance.pick([1, "2", 0, 3.0]),
        **({"meta": make_obj(chance, 1)} if chance.maybe(0.3) else {}),
    }


def make_event(chance: Chance):
    kind = chance.pick(["track", "identify", "page", "screen", "group", "alias"])
    event = {"type": kind, **_make_identity(chance, kind)}
    if kind in ("track", "page", "screen"):
        event["properties"] = _make_properties(chance)
    if kind in ("identify", "group") or chance.maybe(0.2):
        event["traits"] = _make_traits(chance)
    if chance.maybe(0.8):
        event["context"] = _make_context(chance)
    event["timestamp"] = chance.pick(TIMESTAMPS)
    return event


def _make_identity(chance: Chance, kind):
    found = {
        "messageId": f"m-{chance.random.randint(1, 999)}",
        "anonymousId": chance.pick(["anon-1", "", None]),
    }
    if chance.maybe(0.8):
        found["userId"] = chance.pick(["user-1", "", None, 123, "İd"])
    if kind == "track":
        found["event"] = chance.pick(
            ["Order Completed", "Product Viewed", "Transaction Created", "Test Event", "été", ""]
        )
    if kind in ("page", "screen", "group") and chance.maybe(0.8):
        found["name"] = chance.pick(["Home", "Pricing", "", "homepage"])
    if kind == "group":
        found["groupId"] = chance.pick(["g1", 7])
    if kind == "alias":
        found["previousId"] = "old-1"
    return found


def _make_properties(chance: Chance):
    return {
        "revenue": chance.pick([10, 19.99, "30", 0, -5, None, 1e21]),
        "currency": chance.pick(["USD", "", None]),
        "email": chance.pick(STRINGS),
        "products": [make_product(chance, i) for i in range(chance.random.randint(0, 3))],
        "tags": chance.pick([["a", "b"], [], "solo", [1, None, "x", ""]]),
        "matrix": [[1, 2], [3, [4]]],
        "product 1": {"price": chance.pick(NUMBERS)},
        "active": chance.pick([True, False, "true"]),
        **make_obj(chance, 2),
    }


def _make_traits(chance: Chance):
    return {
        "email": chance.pick(["a@b.co", "", None, "A@B.CO"]),
        "firstName": chance.pick(STRINGS),
        "lastName": chance.pick(STRINGS),
        "age": chance.pick([30, "30", 0, 29.5]),
        "phone": chance.pick(["+1 555", 5551234, None]),
        "address": {"city": chance.pick(STRINGS), "zip": "0123"},
        "vip": chance.pick([True, False, None]),
        **make_obj(chance, 1),
    }


def _make_context(chance: Chance):
    return {
        "ip": "8.8.8.8",
        "locale": "en-US",
        "library": {"name": "analytics.js", "version": "2.11.1"},
        "page": {"url": "https://example.com/a?b=1", "title": chance.pick(STRINGS)},
        "personas": {"computation_key": "aud", "computation_class": "audience"},
        "device": chance.pick([{"type": "ios", "adTrackingEnabled": True}, None, []]),
        "timezone": "Europe/Amsterdam",
    }
