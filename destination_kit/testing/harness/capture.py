"""Everything that a destination may show, and the search for secrets in it."""

from __future__ import annotations

import logging
import re
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from traceback import format_exception
from typing import Any, TypeAlias
from urllib.parse import quote, quote_plus

Find: TypeAlias = Callable[[str], str | None]
"""text -> which secret it shows, None where it shows none."""

SHORTEST = 6  # characters; what is shorter stands in every text
_LONG = 24  # from here on a piece of the secret is found as well
_PIECE = 8


@dataclass(slots=True)
class Outputs:
    """What was shown, by where it was shown."""

    texts: list[tuple[str, str]] = field(default_factory=list)

    def add(self, where: str, shown: object) -> None:
        """Note what is shown somewhere; an exception with everything that belongs to it."""
        if isinstance(shown, BaseException):
            text = "".join(format_exception(shown)) + repr(shown)
        else:
            text = shown if isinstance(shown, str) else repr(shown)
        self.texts.append((where, text))

    @contextmanager
    def capturing(self) -> Iterator[None]:
        """Note every log record, of any logger and level, and what is printed, until the end."""
        records: list[logging.LogRecord] = []
        make = logging.getLogRecordFactory()

        def keep(*arguments: Any, **options: Any) -> logging.LogRecord:
            records.append(make(*arguments, **options))
            return records[-1]

        level, handlers = logging.root.level, logging.root.handlers
        printed, complained = StringIO(), StringIO()
        logging.setLogRecordFactory(keep)
        logging.root.setLevel(logging.DEBUG)
        logging.root.handlers = [logging.NullHandler()]  # nobody else wants to read all that
        try:
            with redirect_stdout(printed), redirect_stderr(complained):
                yield
        finally:
            logging.root.setLevel(level)
            logging.root.handlers = handlers
            logging.setLogRecordFactory(make)
            for record in records:
                self.add(f"a log record of {record.name!r}", _logged(record))
            self.add("what it prints", printed.getvalue())
            self.add("what it prints to stderr", complained.getvalue())


def _logged(record: logging.LogRecord) -> str:
    try:
        text = logging.Formatter().format(record)
    except Exception as error:  # noqa: BLE001 - arguments that do not fit are the author's affair
        text = repr(error)
    return f"{text} {vars(record)}"


def compile_find(secrets: Mapping[str, str]) -> Find:
    """Return what finds these secrets in a text, by name, however they are spelled or cut."""
    named = [
        (re.compile(re.escape(text), re.IGNORECASE if how == " in hex" else re.NOFLAG), name + how)
        for name, secret in secrets.items()
        if len(secret) >= SHORTEST
        for how, text in _spellings(secret)
        if len(text) >= SHORTEST
    ]
    return lambda text: next((name for pattern, name in named if pattern.search(text)), None)


def _spellings(secret: str) -> Iterator[tuple[str, str]]:
    yield "", secret
    for encode in (quote, quote_plus):
        yield "", encode(secret, safe="")
    raw = secret.encode()
    yield " in hex", raw.hex()
    yield " backwards", secret[::-1]
    for before in range(3):  # whatever stands before it in the same text
        encoded = b64encode(bytes(before) + raw).decode()
        inner = encoded[(before * 8 + 5) // 6 : len(raw) * 4 // 3 + before]
        yield " in base64", inner
        yield " in base64", inner.replace("+", "-").replace("/", "_")
    if len(secret) >= _LONG:
        yield ", a part of it", secret[:_PIECE]
        yield ", a part of it", secret[-_PIECE:]
