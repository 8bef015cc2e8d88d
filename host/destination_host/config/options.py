"""Options of the configuration: one table that the checker reads, and the schema repeats."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from destination_kit import Json

_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
DURATION: Final = re.compile(r"[1-9][0-9]{0,8}[smhd]")
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True, slots=True)
class Number:
    """A whole number within bounds."""

    default: int
    low: int
    high: int

    def find_problem(self, value: Json) -> str | None:
        """Return what is wrong with a value, None where nothing is."""
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if is_number and self.low <= float(str(value)) <= self.high and float(str(value)) % 1 == 0:
            return None
        return f"should be a whole number from {self.low:,} to {self.high:,}"

    def convert(self, value: Json) -> int:
        """Return the number."""
        return int(float(str(value)))


@dataclass(frozen=True, slots=True)
class Duration:
    """A time such as `90s`, `30m`, `4h` or `7d`."""

    default: str

    def find_problem(self, value: Json) -> str | None:
        """Return what is wrong with a value, None where nothing is."""
        is_duration = isinstance(value, str) and DURATION.fullmatch(value)
        return None if is_duration else 'should be a time such as "90s", "30m", "4h" or "7d"'

    def convert(self, value: Json) -> float:
        """Return the seconds."""
        text = str(value)
        return float(int(text[:-1]) * _SECONDS[text[-1]])


@dataclass(frozen=True, slots=True)
class Text:
    """A text that is not empty."""

    default: str

    def find_problem(self, value: Json) -> str | None:
        """Return what is wrong with a value, None where nothing is."""
        return None if isinstance(value, str) and value else "should be a text"

    def convert(self, value: Json) -> str:
        """Return the text."""
        return str(value)


@dataclass(frozen=True, slots=True)
class Choice:
    """One of some texts."""

    default: str
    choices: tuple[str, ...]

    def find_problem(self, value: Json) -> str | None:
        """Return what is wrong with a value, None where nothing is."""
        if isinstance(value, str) and value in self.choices:
            return None
        return f"should be one of {', '.join(self.choices)}"

    def convert(self, value: Json) -> str:
        """Return the text."""
        return str(value)


@dataclass(frozen=True, slots=True)
class Texts:
    """A list of texts that are not empty."""

    default: tuple[str, ...] = ()

    def find_problem(self, value: Json) -> str | None:
        """Return what is wrong with a value, None where nothing is."""
        if isinstance(value, list) and all(isinstance(text, str) and text for text in value):
            return None
        return "should be a list of texts"

    def convert(self, value: Json) -> tuple[str, ...]:
        """Return the texts."""
        return tuple(map(str, value)) if isinstance(value, list | tuple) else ()


@dataclass(frozen=True, slots=True)
class Secret:
    """A reference to a secret, `{"$secret": NAME}`."""

    default: None = None

    def find_problem(self, value: Json) -> str | None:
        """Return what is wrong with a value, None where nothing is; a value is not quoted."""
        if isinstance(value, dict) and [*value] == ["$secret"]:
            name = value["$secret"]
            return None if isinstance(name, str) and name else "the name of a secret is a text"
        return 'should be {"$secret": NAME}; the environment variable NAME holds the value'

    def convert(self, value: Json) -> str | None:
        """Return the name of the secret; None without one."""
        return str(value["$secret"]) if isinstance(value, dict) else None


Option: TypeAlias = Number | Duration | Text | Choice | Texts | Secret

QUEUE: Final[dict[str, Option]] = {
    "file": Text("queue.db"),
    "keepDelivered": Duration("24h"),
    "keepDead": Duration("30d"),
    "keepRejectedBytes": Number(100_000_000, 0, 10**12),
}
INGRESS: Final[dict[str, Option]] = {
    "host": Text("127.0.0.1"),
    "port": Number(8080, 0, 65_535),
    "origins": Texts(("*",)),
    "unknownWriteKeys": Choice("refuse", ("refuse", "keep")),
}
ADMINISTRATION: Final[dict[str, Option]] = {
    "host": Text("127.0.0.1"),
    "port": Number(8484, 0, 65_535),
    "token": Secret(),
}
LIMITS: Final[dict[str, Option]] = {
    # Segment's own limits (https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/#max-request-size).
    "eventBytes": Number(32 * 1024, 1024, 1_000_000),
    "batchBytes": Number(500 * 1024, 1024, 100_000_000),
    # Segment's webhook sends up to 4,000 events in a request.
    "webhookBytes": Number(10_000_000, 1024, 100_000_000),
    "bodyTimeout": Duration("10s"),
    "unknownKeysPerMinute": Number(60, 1, 1_000_000),
    "unfinished": Number(5_000_000, 1, 10**12),
    "freeBytes": Number(500_000_000, 0, 10**15),
    "overdue": Duration("1h"),
    "inFlight": Number(200, 1, 10_000),
}
RETRY: Final[dict[str, Option]] = {
    "timeLimit": Duration("4h"),
    "firstPause": Duration("1s"),
    "maxPause": Duration("5m"),
}
LISTEN: Final = {"ingress": INGRESS, "administration": ADMINISTRATION}
SECTIONS: Final = {"queue": QUEUE, "limits": LIMITS, "retry": RETRY}
#: Sender of webhooks -> whether it signs its bodies.
SENDERS: Final = {"segment": True, "customerio": True, "rudderstack": False, "posthog": False}
WEBHOOK: Final[dict[str, Option]] = {
    "sender": Choice("segment", tuple(SENDERS)),
    "secret": Secret(),
}
SOURCE_KEYS: Final = ("writeKeys", "webhook", "destinations")
FILE_KEYS: Final = ("file", "destination")
DOCUMENT_KEYS: Final = ("$schema", "sources", "destinations", "listen", *SECTIONS)
