"""Values of generated Qualtrics cases, with what each side is to make of those that need it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

UNREADABLE, EPOCH, LISTED = "Q26", "Q28", "D10"


@dataclass(frozen=True, slots=True)
class Moment:
    """What becomes of a mapped transaction date."""

    #: The row by which the two differ, "" where they do not.
    row: str
    #: The date that we send, None where the event fails.
    ours: str | None
    #: The date that the reference sends, None where it is the present time.
    theirs: str | None


def _same(text: str) -> Moment:
    return Moment("", text, text)


#: Dates that a payload may hold, by value. None is in the future of the other: both are in UTC.
DATES: Mapping[object, Moment] = {
    "2024-02-29T12:34:56Z": _same("2024-02-29 12:34:56"),
    "2024-02-29T12:34:56.789+02:00": _same("2024-02-29 10:34:56"),
    "2024-02-29": _same("2024-02-29 00:00:00"),
    "2024-01-15 10:30:00": _same("2024-01-15 10:30:00"),
    "1999-12-31T23:59:59.999Z": _same("1999-12-31 23:59:59"),
    "1969-07-20T20:17:40Z": _same("1969-07-20 20:17:40"),
    "Jan 15, 2024": _same("2024-01-15 00:00:00"),
    "1/15/2024": _same("2024-01-15 00:00:00"),
    "Tue, 01 Jan 2030 00:00:00 GMT": _same("2030-01-01 00:00:00"),
    1705314600000: _same("2024-01-15 10:30:00"),
    1612137600: Moment(EPOCH, "2021-02-01 00:00:00", "1970-01-19 15:48:57"),
    "1612137600": Moment(UNREADABLE, "2021-02-01 00:00:00", None),
    "1612137600000": Moment(UNREADABLE, "2021-02-01 00:00:00", None),
    "garbage 5": Moment(LISTED, None, "2001-05-01 00:00:00"),
}
#: Dates that both sides refuse as a payload.
NO_DATES = ("yesterday", "bad")

DIRECTORIES = ("POOL_1", "POOL_2abcDEF", "POOL-3.x~y")
ODD_DIRECTORIES = ("POOL 1", "POOL/1", "..", "POOL?x", "POOL_ü", "POOL#1", "50%", ".")
DATACENTERS = ("iad1", "fra1", "brand.ca1")
ODD_DATACENTERS = ("", "IAD1", " iad1 ", "evil.com/#", "a.b.c", "iad1/x", "-x")
TOKENS = ("tok-0123456789abcdef", "Ab3$xyz")
ODD_TOKENS = ("", " ", "tok en", "tok\n", "tök")

WORKFLOWS = (
    "https://iad1.qualtrics.com/inbound-event/v1/events/json/triggers?urlTokenId=s3cret",
    "https://brand.fra1.qualtrics.com/inbound-event/v1/events/json/triggers?a=1&b=x%20y",
    "https://iad1.qualtrics.com/inbound-event/v1/events/WF_9/triggers",
)
ODD_WORKFLOWS = (
    "http://iad1.qualtrics.com/inbound-event/v1/x",
    "https://evil.example/inbound-event/v1/x?urlTokenId=s3cret",
    "https://iad1.qualtrics.com.evil.example/inbound-event/x",
    "https://iad1.qualtrics.com/API/v3/directories",
    "https://iad1.qualtrics.com:8443/inbound-event/v1/x",
    "https://user@iad1.qualtrics.com/inbound-event/v1/x",
    "https://iad1.qualtrics.com/inbound-event/v1/x#part",
    "https://iad1.qualtrics.com/inbound-event/../API/v3/whoami",
)

TEXTS = (
    "Ada",
    "Lovelace",
    "ada@example.com",
    "+1 555 0100",
    "it's",
    'a "quoted" word',
    "back\\slash",
    "line\nbreak",
    "été",
    "日本語",
    "👍🏽",
    "<b>&amp;</b>",
    "\u2028",
    "null",
    "0",
    "{}",
    "x" * 300,
)
ODD_TEXTS = ("", " ", " padded ", "\ttab", "\u00a0nbsp\u00a0", "\ud83d alone")
NUMBERS = (0, 1, -1, 42, 1.5, 0.1, 100.0, -3.7, 1e21, 1e-7, 1612137600)
LONG_TEXT = "v" * 1025
LONG_NAME = "n" * 201
