"""Dates in every shape that people write, the formats to show them in, and zones."""

from __future__ import annotations

from tests.conformance.generate.chance import Chance

ISO = (
    *("2024-03-05", "2024-03", "2024", "2024-03-05T10:11", "2024-03-05T10:11:12"),
    *("2024-03-05T10:11:12Z", "2024-03-05T10:11:12.345Z", "2024-03-05T22:11:12.3456789Z"),
    *("2024-03-05T10:11:12+02:00", "2024-03-05T10:11:12-0530", "2024-03-05T23:59:59.999-11:00"),
    *("2024-03-05T10:11+05:45", "2024-03-05 10:11:12", "2024-03-05 10:11:12 +0200"),
    *("2024-03-05 10:11:12.5 UTC", "2024-03-05T24:00:00Z", "2024-03-05T24:00:01Z"),
    *("2024-02-29T12:34:56Z", "2023-02-29", "2024-02-30", "2024-13-01", "2024-00-10", "2024-3-5"),
    *("2024-03-05t10:11:12z", "+002024-03-05T10:11:12Z", "-000001-01-01T00:00:00Z", "20240305"),
    *("0001-01-01", "0000-12-31", "1900-12-31", "2000-12-31", "2100-03-01", "0099-12-31T00:00:00Z"),
    *("1969-12-31T23:59:59.999Z", "9999-12-31", "1900-01-01", "2024-01-01T00:00:00Z"),
    *("2023-12-31T23:00:00Z", "2024-11-11", "2024-06-02", "2024-07-23", "2024-03-10T06:59:59Z"),
    *("2024-03-10T07:00:00Z", "2024-11-03T06:00:00Z", "2024-W10-2", "2024-065"),
    *("2024-03-05T10:11:12 Z", "2024-03-05T10", "2024-03-05T10:11:12+2", "2024/03/05"),
    *("2024-03-05T1:2:3Z", "2024-03-05T10:60:00Z", "2024-03-05T10:11:60Z", "  2024-03-05  "),
    *("2024-03-05T10:11:12,5Z", "2024-03-05T10:11:12.Z", "2024-03-05T10:11:12[Europe/Amsterdam]"),
)
WRITTEN = (
    *("Tue, 05 Mar 2024 10:11:12 GMT", "Tue, 5 Mar 2024 10:11:12 +0100", "5 Mar 2024 10:11 EST"),
    *("Tue Mar 05 2024 10:11:12 GMT+0100 (CET)", "Mon, 05 Mar 2024 10:11:12 GMT", "5 Mar 2024"),
    *("March 5, 2024", "Mar 5 2024", "march 5 2024 3pm", "March 5, 2024 10:11 PM", "5 March 2024"),
    *("March 5th, 2024", "March 2024", "March 5", "Sept 5, 2024", "2024 March 5", "MARCH 5 2024"),
    *("3/5/2024", "3/5/2024 10:11 PM", "03/05/24", "13/5/2024", "3/5", "3/5/2024 12:00 AM"),
    *("3-5-2024", "3.5.2024", "5-Mar-2024", "2024.03.05", "3/5/49", "3/5/50", "3/5/2024 13:00 PM"),
    *("10:11", "10:11 PM", "Tuesday", "12:00 3/5/2024", "3/5/2024, 10:11:12 AM", "2024-03-05 PDT"),
    *("2024-03-05 10:11 PST", "Mar 5 2024 10:11:12.25", "Mar 5 2024 (noon) 10:11", "5 5 2024"),
    *("Jan 1 1970 00:00:00 UTC", "Feb 30 2024", "Feb 32 2024", "1 Jan 100", "Dec 25, 1995"),
    *("2024-03-05T10:11:12 GMT+02", "Mar 5 2024 10:11 UTC+3", "Mar 5, 2024 Z", "20 Mar 24 10:11"),
)
NUMERIC = (0, 1, -1, 1709633472, 1709633472.5, 1709633472345, 1e12, -62135596800, 8.64e12, 8.65e12)
TEXTS = (
    *("1709633472", "1709633472345", "0", "5", "32", "49", "50", "99", "1.5", "-5", "1e9", "+7"),
    *("garbage", "Order 5", "Item 12 of 2024", "abc 13", "May", "may be", "version 1.2.3", "A1"),
    *("", " ", "null", "yesterday", "tomorrow 5", "1 2 3", "5 apples", "1,2", "T10:11:12Z", "-"),
    *(
        "\u0662\u0660\u0662\u0664-\u0660\u0663-\u0660\u0665",
        "\uff12\uff10\uff12\uff14-03-05",
        "März 5, 2024",
        "2024年3月5日",
        "5😀",
        "(5)",
        "12 (x) 2024",
    ),
)
OTHERS = (True, False, None, [], {}, [2024, 3, 5], ["2024-03-05"], [1709633472], {"a": 1}, [None])
EVERY = (*ISO, *WRITTEN, *NUMERIC, *TEXTS, *OTHERS)

USUAL_FORMATS = (
    *(
        "%Y-%m-%d",
        "%Y-%m-%d %H:%M",
        "%H:%M:%S",
        "%B %e, %Y %H:%M:%S %z",
        "%a, %d %b %y",
        "%A %-d %B %Y",
        "%s",
        "%j",
    ),
    *("%Y-%m-%dT%H:%M:%S.%L%:z", "%I:%M %p", "%-I:%M%P", "%d/%m/%Y", "%U %W %u %w", "%C%y", "%%Y"),
    *("%c", "%x", "%X", "%Z %z %:z", "%e%q %b", "%N %3N %6N %L", "%h %n%t%%", "week %V", "%D %R"),
    *("%k %l", "%^a %^B %#p %#b %#P", "%-m/%-d %_m/%_d", "%010Y %5d %-5d %_5d %05e %3S", "%Ey %Od"),
    *("", " ", "plain", "100%", "%", "%-", "% d", "%\\nd", "%é", "%👍", "%{x}", "%10", "%%%d%%"),
    *("%1N %2N %0N %12N", "%10p %-10p %^10p %010p", "%:::z %_:z %10z %-z %^Z %10Z", "%100d", "%E"),
    *("%+", "%Q %f %i %J %K %o %O %v %G %g %r %T %F", "%999999999Y", "%999999999N", "%-999999999d"),
)
CODES = "aAbBcCdeHIjklLmMNpPqsSuUwWxXyYzZtn%hDFGRrTVvQ1é"
FLAGS = ("", "", "", "", "-", "_", "0", "^", "#", ":", "-_", "_0", "0_", "^#", "#^", "::", "--")
_WIDTHS = ("", "", "", "", "0", "1", "2", "3", "5", "9", "12", "007")
_MODIFIERS = ("", "", "", "", "", "E", "O")
ZONES = (
    *("'America/New_York'", "'Asia/Kolkata'", "'Europe/Amsterdam'", "'UTC'", "'Pacific/Apia'"),
    *("'America/St_Johns'", "'Australia/Lord_Howe'", "'america/new_york'", "'Etc/GMT+5'", "'GMT'"),
    *(
        "360",
        "-330",
        "0",
        "-60",
        "90.5",
        "'EST'",
        "nil",
        "missing",
        "empty",
        "list",
        "1440",
        "true",
        "numbers",
    ),
)
BAD_ZONES = ("'Nowhere/X'", "'360'", "'+05:30'", "''", "'local'", "text", "'EST5EDT '", "'+0530'")
_MONTHS = ("Mar", "march", "Sept", "JUNE", "Dec", "Juneteenth", "Ma")
_DAYS = ("5", "05", "5th", "31", "32", "29")
_YEARS = ("2024", "24", "1999", "70", "'24", "0024", "2024AD", "12024")
_TIMES = (
    *("10:11", "10:11:12", "1:2", "22:11", "10:11 PM", "10:11:12.5", "12:30 am", "24:00", "10pm"),
)
_OFFSETS = ("Z", "UTC", "GMT+2", "+0200", "-5", "EST", "PDT", "CET", "+02:00", "(x)", "utc+0130")


def make_date(chance: Chance):
    """Make what a date may be written as."""
    if chance.maybe(0.2):
        return _composed(chance)
    return chance.pick(chance.pick([ISO, ISO, ISO, WRITTEN, WRITTEN, NUMERIC, TEXTS, OTHERS]))


def make_format(chance: Chance) -> str:
    """Make a format: a usual one, or one with flags and widths by chance."""
    if chance.maybe(0.5):
        return chance.pick(USUAL_FORMATS)
    count = chance.random.randint(1, 4)
    return chance.pick([" ", "-", ""]).join(_directive(chance) for _ in range(count))


def make_zone(chance: Chance) -> str:
    """Make a third argument of `date`, seldom one that names no zone."""
    return chance.pick(BAD_ZONES if chance.maybe(0.1) else ZONES)


def _directive(chance: Chance) -> str:
    parts = map(chance.pick, (FLAGS, _WIDTHS, _MODIFIERS, CODES))
    return f"%{''.join(parts)}"


def _composed(chance: Chance) -> str:
    """Compose a date the way people write them: parts in any order, some left out."""
    day = [chance.pick(_MONTHS), chance.pick(_DAYS), chance.pick(_YEARS)]
    chance.random.shuffle(day)
    text = chance.pick([" ", " ", "-", "/", ", ", "."]).join(day)
    if chance.maybe(0.6):
        text += chance.pick([" ", " ", ", ", "T", " at "]) + chance.pick(_TIMES)
        if chance.maybe(0.6):
            text += chance.pick([" ", " ", ""]) + chance.pick(_OFFSETS)
    return text
