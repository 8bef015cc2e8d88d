"""Values that nearly fit a type or a format: texts of real programs, and what is just beyond."""

from __future__ import annotations

from tests.conformance.generate.chance import Chance

FITTING_FORMATS = {
    "email": ["a@b.co", "a@b", "İ@b.co", "x"],
    "uri": ["https://e.com/x", "e.com", "mailto:a@b", "http://é.com"],
    "date": ["2024-02-29", "2023-02-29", "2024-2-9"],
    "time": ["12:34:56Z", "12:34:56", "25:00:00Z", "12:34:60Z"],
    "date-time": [
        "2024-02-29T12:34:56Z",
        "2024-02-29 12:34:56Z",
        "2024-02-29T12:34:56",
        "2024-02-29t12:34:56z",
    ],
    "ipv4": ["1.2.3.4", "256.1.1.1", "01.2.3.4"],
    "ipv6": ["::1", "1::2::3", "fe80::1%eth0"],
    "uuid": [
        "550e8400-e29b-41d4-a716-446655440000",
        "urn:uuid:550e8400-e29b-41d4-a716-446655440000",
        "x",
    ],
    "regex": ["a+", "(", "(?<x>a)", "\\Z", "(?P<x>a)", "\\h", "\\k<x>", "(?<=a+)b"],
    "hostname": ["a.b", "a_b", "-a", "a" * 64],
    "uri-reference": ["/a", "#x", "\\a"],
    "uri-template": ["/{a}", "/{"],
}
DATES_OF_PROGRAMS = [
    "Mon, 15 Jan 2024 10:30:00 EST",
    "Mon, 15 Jan 2024 10:30:00 +0000 (UTC)",
    "15 Jan 24 10:30:00 GMT",
    "Mon Jan 15 2024 10:30:00 GMT+0000 (Coordinated Universal Time)",
    "Mon Jan 15 10:30:00 2024",
    "1/15/2024, 10:30:00 AM",
    "1/15/2024, 10:30:00\u202fPM",
    "1/15/2024 13:30 PM",
    "Jan 15, 2024 10:30 AM",
    "2024-01-15 10:30:00+00",
    "2024-01-15 10:30:00.123456-08",
    "2024-01-15 10:30:00 UTC",
    "2024/01/15 10:30:00 +0000",
    "2024-01-15T10:30:00+24:00",
    "2024-01-15T10:30:00+00:60",
    "2024-01-15T10:30:00 Z",
    "2024-01-15T0:30Z",
    "2024-01-15T10:30:00GMT",
    "2024-01-15\u00a010:30",
    "20240115103000",
    "0000-00-00",
    "12345678901234567890",
]
UNBOUNDED = [
    {"$js": "Infinity"},
    {"$js": "-Infinity"},
    {"$js": "NaN"},
    "1e400",
    "-1e400",
    "1" * 400,
]
FITTING = {
    "number": [
        1,
        1.5,
        "2",
        "2.5",
        "abc",
        "",
        "1e3",
        "0x10",
        " 3 ",
        True,
        -0.0,
        "NaN",
        "Infinity",
        1e21,
    ],
    "integer": [1, 1.0, 1.5, "2", "2.0", "2.5", True, "", "-0", 1e21],
    "boolean": [True, False, "true", "false", 1, 0, "1", "yes", "TRUE", ""],
    "datetime": [
        "2024-02-29",
        "2021-02-30",
        "1612137600",
        "1612137600000",
        1612137600,
        "abc",
        "",
        "2024-02-29T12:34:56Z",
        "Tue, 01 Jan 2030",
        "2024",
        "13/45/2024",
        "0",
        "-1",
        "1.5",
        " ",
        "1e3",
        "Mar 5",
        "12:30",
        "2024-W05",
        "2024-1-2 3:4:5",
        "20240229",
        "20240229T123456",
        "now",
        "1",
        "32",
        "x2024",
        "2024-02-29garbage",
        *DATES_OF_PROGRAMS,
    ],
    "object": [{}, {"x": 1}],
}


def make_epoch(chance: Chance):
    """Digits, from too few for an epoch in seconds to more than one in nanoseconds has."""
    digits = chance.pick(["1705314600123456789", "9999999999999999999", "2024011510300012345"])
    text = digits[: chance.random.randint(10, 19)]
    return chance.pick([text, text, f"-{text}", f"{text}.5", int(text[:15])])
