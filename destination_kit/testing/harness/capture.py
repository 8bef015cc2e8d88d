"""Capture of everything that a destination shows, and the search for secrets in it."""

from __future__ import annotations

import logging
import re
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from traceback import format_exception
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import quote, quote_plus

from destination_kit._redact import Redact, compile_redactor
from destination_kit._secrets import MASK


class Finding(NamedTuple):
    """A secret that a text shows."""

    #: The name of the secret, and its spelling where that is not the plain one.
    name: str
    #: The line around it, with the secret masked: it names the attribute or the call.
    quote: str


SecretSearch: TypeAlias = Callable[[str], Finding | None]
"""text -> the secret that it shows, None where it shows none."""

#: The shortest text that the search looks for, in characters: a shorter one stands in any text.
SHORTEST = 6
# Programs log the ends of a long secret to tell one from another. Eight characters of a random
# token do not stand in a text by chance. A shorter secret may be a phrase, and its ends may be
# ordinary words.
_LONG = 24
_PART = 8
#: Characters of a quoted line on each side of the secret.
_QUOTED = 60


@dataclass(slots=True)
class Outputs:
    """The texts that a run shows."""

    #: (where it is shown, the text), in the order of the run.
    texts: list[tuple[str, str]] = field(default_factory=list)

    def add(self, where: str, shown: object) -> None:
        """Add what is shown somewhere: a text, the repr of an object, an exception with its chain."""
        if isinstance(shown, BaseException):
            text = "".join(format_exception(shown)) + repr(shown)
        else:
            text = shown if isinstance(shown, str) else repr(shown)
        self.texts.append((where, text))

    @contextmanager
    def capturing(self) -> Iterator[None]:
        """Add every log record, of any logger and level, and every printed text, until the end."""
        records: list[logging.LogRecord] = []
        make_record = logging.getLogRecordFactory()

        def keep(*arguments: Any, **options: Any) -> logging.LogRecord:
            records.append(make_record(*arguments, **options))
            return records[-1]

        level, handlers = logging.root.level, logging.root.handlers
        stdout, stderr = StringIO(), StringIO()
        # A handler of the root would miss the records of loggers that do not propagate. The record
        # factory sees those too.
        logging.setLogRecordFactory(keep)
        logging.root.setLevel(logging.DEBUG)
        logging.root.handlers = [logging.NullHandler()]
        try:
            with redirect_stdout(stdout), redirect_stderr(stderr):
                yield
        finally:
            logging.root.setLevel(level)
            logging.root.handlers = handlers
            logging.setLogRecordFactory(make_record)
            for record in records:
                self.add(f"a log record of {record.name!r}", _format_record(record))
            self.add("what it prints", stdout.getvalue())
            self.add("what it prints to stderr", stderr.getvalue())


def _format_record(record: logging.LogRecord) -> str:
    try:
        text = logging.Formatter().format(record)
    except Exception as error:  # noqa: BLE001 - `%` fails if the author's arguments do not fit the message
        text = repr(error)
    return f"{text} {vars(record)}"


def compile_secret_search(secrets: Mapping[str, str]) -> SecretSearch:
    """Return the search for these secrets (name -> secret), in any spelling and by their parts."""
    patterns = [
        (re.compile(re.escape(text), re.IGNORECASE if how == " in hex" else re.NOFLAG), name + how)
        for name, secret in secrets.items()
        if len(secret) >= SHORTEST
        for how, text in _spellings(secret)
        if len(text) >= SHORTEST
    ]
    redact = compile_redactor(secrets.values())

    def search(text: str) -> Finding | None:
        for pattern, name in patterns:
            if found := pattern.search(text):
                return Finding(name, _quote(text, found.start(), found.end(), redact))
        return None

    return search


def _quote(text: str, start: int, end: int, redact: Redact) -> str:
    """Return the line around a secret, cut on both sides, with the secret masked."""
    before = text[:start].rpartition("\n")[2]
    after = text[end:].partition("\n")[0]
    shown = redact(f"{before}{MASK}{after}").strip()
    place = shown.find(MASK)
    first, last = max(place - _QUOTED, 0), place + len(MASK) + _QUOTED
    return f"{'…' if first else ''}{shown[first:last]}{'…' if last < len(shown) else ''}"


def _spellings(secret: str) -> Iterator[tuple[str, str]]:
    """Yield (how it is spelled, the spelling) for each way in which a log can show a secret."""
    yield "", secret
    for encode in (quote, quote_plus):
        yield "", encode(secret, safe="")
    raw = secret.encode()
    yield " in hex", raw.hex()
    yield " backwards", secret[::-1]
    # Base64 encodes three bytes at once. The spelling depends on the number of bytes before the
    # secret, modulo 3, as with `user:` in Basic credentials.
    for preceding in range(3):
        encoded = b64encode(bytes(preceding) + raw).decode()
        inner = encoded[(preceding * 8 + 5) // 6 : len(raw) * 4 // 3 + preceding]
        yield " in base64", inner
        yield " in base64", inner.replace("+", "-").replace("/", "_")
    if len(secret) >= _LONG:
        yield ", a part of it", secret[:_PART]
        yield ", a part of it", secret[-_PART:]
