"""Names that are files on every system, and those of which many disks keep one."""

import pytest

from destination_kit._file_names import describe_unsafe_name, find_collisions


@pytest.mark.parametrize(
    "name",
    [
        "addContactToXmd",
        "a-b_c.d",
        "$set",
        "größe",
        "Track a purchase",
        "console",
        "com10",
        "x" * 100,
    ],
)
def test_a_safe_name(name):
    assert describe_unsafe_name(name) is None


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "1 to 100 characters"),
        ("x" * 101, "1 to 100 characters"),
        ("ä" * 51, "1 to 100 characters"),
        ("../x", "must not have /"),
        ("a\\b:c", r"must not have : \\"),
        ("a\0", "no control characters"),
        ("a\u202eb", "no control characters"),
        ("a\u2028b", "no control characters"),
        ("..", "must not begin with"),
        (".x", "must not begin with"),
        ("-x", "must not begin with"),
        (" x", "must not begin with"),
        ("x.", "nor end with"),
        ("x ", "nor end with"),
        ("CON", "a device"),
        ("nul.json", "a device"),
        ("Lpt1 .x", "a device"),
        ("COM²", "a device"),
        (5, "not 5"),
    ],
)
def test_an_unsafe_name_says_why(name, reason):
    assert reason.replace("\\\\", "\\") in str(describe_unsafe_name(name))


def test_names_collide_that_differ_in_case_or_form():
    names = ["send", "Send", "é", "e\u0301", "straße", "STRASSE", "other"]
    assert [*find_collisions(names)] == [
        ("Send", "send"),
        ("e\u0301", "é"),
        ("STRASSE", "straße"),
    ]
