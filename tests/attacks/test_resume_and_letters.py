"""Attacks on `--resume` and on dead letters: nothing is lost, and nothing arrives twice."""

from __future__ import annotations

import fcntl
import gzip
import json
import os
import signal
import stat
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.attacks.recording_partner import recording_partner, run_child
from tests.kit.dkit import dkit, instance, records, track

pytestmark = pytest.mark.attack

TALK = {
    "name": "Talk",
    "action": "say",
    "trigger": 'type = "track"',
    "mapping": {"word": {"@path": "$.event"}, "room": "talk"},
}
LOUD = {
    **TALK,
    "name": "Loud",
    "mapping": {"word": {"@path": "$.properties.loud"}, "room": "loud"},
}
#: After it, every event is received.
MENDED = {**TALK, "mapping": {"word": {"@template": "{{messageId}}{{userId}}"}, "room": "talk"}}
#: Seconds after which an attempt that hangs has failed.
PATIENCE = 10


class Files:
    """The files of a run, and what its partner received."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.i, self.e, self.r, self.d, self.log = (
            folder / name for name in ("i.json", "e.jsonl", "r.jsonl", "d.jsonl", "received")
        )
        self.configure(TALK)

    def configure(self, *subscriptions: Any) -> None:
        self.i.write_text(json.dumps(instance(*subscriptions)))

    def deliver(self, *options: object, events: Path | None = None) -> Any:
        return dkit(
            *("deliver", self.i, events or self.e, "--dead-letters", self.d, *options, "--json"),
            *("--retry-for", "0"),
            destinations=(recording_partner(self.log),),
        )

    def start(self) -> Any:
        return self.deliver("--results", self.r)

    def resume(self, *options: object) -> Any:
        return self.deliver("--resume", self.r, *options)

    @property
    def received(self) -> Counter[str]:
        text = self.log.read_text(errors="surrogatepass") if self.log.exists() else ""
        return Counter(text.splitlines())


@pytest.fixture
def files(tmp_path):
    return Files(tmp_path)


@contextmanager
def patience():
    def give_up(*_):
        # The command line takes a TimeoutError, an OSError, for an answer of the file.
        raise RuntimeError("it hangs")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(PATIENCE)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def once(*words: str, room: str = "talk") -> Counter[str]:
    return Counter(f"{room} {word}" for word in words)


def lines_of(*events: Any) -> list[bytes]:
    return [event if isinstance(event, bytes) else json.dumps(event).encode() for event in events]


def text_of(lines: Sequence[bytes]) -> bytes:
    return b"".join(line + b"\n" for line in lines)


# A file of events that was written anew.


@dataclass(frozen=True, kw_only=True)
class Rewritten:
    """How the file of events changed between two runs."""

    change: Callable[[list[bytes]], bytes]
    events: Sequence[Any] = ()
    expected: Counter[str] = field(
        default_factory=lambda: once("a", "é", "m-later", "m-never-not", "z")
    )
    held_before: bool = False


FIVE = [
    {"type": "track", "event": "a", "messageId": "m-a"},
    {"type": "track", "event": "é", "messageId": "m-é"},
    {"type": "track", "event": "later", "messageId": "m-later"},
    {"type": "track", "event": "never", "messageId": "m-never"},
    {"type": "track", "event": "z", "messageId": "m-z"},
]
NEW = b'{"type": "track", "event": "new", "messageId": "m-new"}'
TWINS = [
    {"type": "track", "event": "a"},
    {"type": "track", "event": "later", "userId": "u"},
    {"type": "track", "event": "later", "userId": "u"},
]


def other_keys(line: bytes) -> bytes:
    return json.dumps(dict(reversed(json.loads(line).items()))).encode()


def compact(line: bytes) -> bytes:
    return json.dumps(json.loads(line), separators=(",", ":")).encode()


def unescaped(line: bytes) -> bytes:
    return json.dumps(json.loads(line), ensure_ascii=False).encode()


def in_front(lines: Sequence[bytes]) -> bytes:
    return text_of([NEW, *lines])


AFTER = once("a", "é", "z", "m-later")
# A line that failed passes its event on to a later line with the same `messageId`.
TWICE = AFTER + once("m-never")
WITH_NEW = AFTER + once("m-new")
REWRITTEN = {
    "not at all": Rewritten(change=text_of, expected=AFTER, held_before=True),
    "a line in front": Rewritten(change=in_front, expected=WITH_NEW),
    "a line in the middle": Rewritten(
        change=lambda lines: text_of([*lines[:2], NEW, *lines[2:]]), expected=WITH_NEW
    ),
    "the first line removed": Rewritten(change=lambda lines: text_of(lines[1:]), expected=AFTER),
    "backwards": Rewritten(change=lambda lines: text_of(lines[::-1]), expected=AFTER),
    "each line twice": Rewritten(
        change=lambda lines: text_of([line for line in lines for _ in "12"]), expected=TWICE
    ),
    "the whole file twice": Rewritten(
        change=lambda lines: text_of(lines * 2), expected=TWICE, held_before=True
    ),
    "keys in another order": Rewritten(
        change=lambda lines: text_of(map(other_keys, lines)), expected=AFTER, held_before=True
    ),
    "keys in another order, a line in front": Rewritten(
        change=lambda lines: in_front([*map(other_keys, lines)]), expected=WITH_NEW
    ),
    "other blanks, a line removed": Rewritten(
        change=lambda lines: text_of([*map(compact, lines)][1:]), expected=AFTER
    ),
    "letters for escapes, backwards": Rewritten(
        change=lambda lines: text_of([*map(unescaped, lines)][::-1]), expected=AFTER
    ),
    "line breaks of Windows": Rewritten(
        change=lambda lines: in_front([line + b"\r" for line in lines]), expected=WITH_NEW
    ),
    "a byte order mark, a line in front": Rewritten(
        change=lambda lines: b"\xef\xbb\xbf" + in_front(lines), expected=WITH_NEW
    ),
    "blank lines in between": Rewritten(
        change=lambda lines: b"\n" + b"\n\n".join(lines), expected=AFTER
    ),
    "an array": Rewritten(
        change=lambda lines: b"[\n" + b",\n".join(lines) + b"\n]\n",
        expected=AFTER,
        held_before=True,
    ),
    "an array over many lines, with one in front": Rewritten(
        change=lambda lines: json.dumps(
            [json.loads(line) for line in [NEW, *lines]], indent=2
        ).encode(),
        expected=WITH_NEW,
    ),
    "a batch, with one in front": Rewritten(
        change=lambda lines: b'{"batch": [' + b",".join([NEW, *lines]) + b"]}\n", expected=WITH_NEW
    ),
    "gzip, with a line in front": Rewritten(
        change=lambda lines: gzip.compress(in_front(lines)), expected=WITH_NEW
    ),
    "twins of which one failed, in front of others": Rewritten(
        events=[{"type": "track", "event": "a"}, *TWINS[1:2], {"type": "track", "event": "a"}],
        change=lambda lines: text_of([lines[0], lines[2], lines[1]]),
        expected=once("a", "a", "u"),
    ),
    "twins that both failed, moved": Rewritten(
        events=TWINS,
        change=lambda lines: text_of(lines[1:] + lines[:1]),
        expected=once("a", "u", "u"),
    ),
}


@pytest.mark.parametrize("name", REWRITTEN)
def test_a_file_that_was_written_anew_is_known_again(name, files):
    attempt = REWRITTEN[name]
    lines = lines_of(*(attempt.events or FIVE))
    files.e.write_bytes(text_of(lines))
    files.start()
    files.configure(MENDED)
    files.e.write_bytes(attempt.change(lines))
    ran = files.resume()
    assert ran.code == 0, ran.err
    assert files.received == attempt.expected
    files.resume()
    assert files.received == attempt.expected


# The end of a file of events that is being written.


@dataclass(frozen=True, kw_only=True)
class CutEvents:
    """The bytes of a file of events that were there at the first run, and all of them."""

    first: bytes
    whole: bytes
    expected: Counter[str] = field(default_factory=lambda: once("a", "zoë"))
    held_before: bool = False


A = b'{"type": "track", "event": "a", "messageId": "1"}\n'
LAST = '{"type": "track", "event": "zoë", "messageId": "2"}\n'.encode()
ESCAPED = b'{"type": "track", "event": "zo\\u00eb", "messageId": "2"}\n'
PRETTY = json.dumps(json.loads(LAST), indent=2).encode() + b"\n"
LETTER = text_of(
    lines_of(
        {"line": 1, "event": json.loads(LAST), "failures": [{"subscription": "Talk"}], "tries": 1}
    )
)


def cut(last: bytes, behind: bytes, *, tail: bytes = b"", **more: Any) -> CutEvents:
    return CutEvents(
        first=A + last[: last.index(behind) + len(behind)] + tail, whole=A + last, **more
    )


CUT_EVENTS = {
    "in the middle of a letter": cut(LAST, b"\xc3"),
    "in the middle of an escape": cut(ESCAPED, b"\\u00"),
    "behind a backslash": cut(ESCAPED, b"\\"),
    "behind one brace": cut(LAST, b"{"),
    "in the middle of a key": cut(LAST, b'"ty'),
    "behind a comma": cut(LAST, b","),
    "with zero bytes of a crash": cut(LAST, b'"event"', tail=b"\0" * 99),
    "behind the last brace": cut(LAST, b"}", held_before=True),
    "in an object over several lines": cut(PRETTY, b'"event"'),
    "behind a blank of an object over several lines": cut(PRETTY, b'"event":'),
    "in a dead letter": cut(LETTER, b'"failures"'),
    "in the event of a dead letter": cut(LETTER, b'"messageId"'),
    "in an array": CutEvents(
        first=b"[" + A + b"," + LAST[:30], whole=b"[" + A + b"," + LAST + b"]", held_before=True
    ),
    "in gzip": CutEvents(
        first=gzip.compress(A + LAST)[:-12], whole=gzip.compress(A + LAST), held_before=True
    ),
}


@pytest.mark.parametrize("name", CUT_EVENTS)
def test_a_last_line_that_is_being_written_is_not_final(name, files):
    attempt = CUT_EVENTS[name]
    files.e.write_bytes(attempt.first)
    files.start()
    assert not files.d.exists() or not files.d.read_bytes()
    files.e.write_bytes(attempt.whole)
    ran = files.resume()
    assert ran.code == 0, ran.err
    assert files.received == attempt.expected
    assert not files.d.exists() or not files.d.read_bytes()


# The end of a file of records.


@dataclass(frozen=True, kw_only=True)
class CutRecords:
    """What a crash or a person made of the last record."""

    change: Callable[[bytes], bytes]
    expected: Counter[str] = field(default_factory=lambda: once("a", "b"))
    held_before: bool = False


AGAIN = once("a", "b", "b")
CUT_RECORDS = {
    "the last line break is missing": CutRecords(change=lambda text: text[:-1]),
    "a line break of Windows": CutRecords(
        change=lambda text: text.replace(b"\n", b"\r\n"), held_before=True
    ),
    "the last line break and a blank": CutRecords(change=lambda text: text[:-1] + b"  "),
    "a blank line at the end": CutRecords(change=lambda text: text + b"\n"),
    "a blank line in the middle": CutRecords(change=lambda text: text.replace(b"\n", b"\n\n", 1)),
    "a byte order mark": CutRecords(change=lambda text: b"\xef\xbb\xbf" + text, held_before=True),
    "half a record": CutRecords(change=lambda text: text[:-9], expected=AGAIN, held_before=True),
    "half a record and zero bytes": CutRecords(
        change=lambda text: text[:-9] + b"\0" * 9, expected=AGAIN, held_before=True
    ),
    "zero bytes alone": CutRecords(change=lambda text: text + b"\0" * 4096, held_before=True),
    "a further half of a record": CutRecords(
        change=lambda text: text + b'{"line": 3, "low', held_before=True
    ),
    "keys in another order": CutRecords(
        change=lambda text: text_of(map(other_keys, text.splitlines())), held_before=True
    ),
    "backwards": CutRecords(change=lambda text: text_of(text.splitlines()[::-1]), held_before=True),
    "each record twice": CutRecords(
        change=lambda text: text_of([line for line in text.splitlines() for _ in "12"]),
        held_before=True,
    ),
}


@pytest.mark.parametrize("name", CUT_RECORDS)
def test_the_end_of_the_results_is_read_as_it_was_meant(name, files):
    attempt = CUT_RECORDS[name]
    files.e.write_bytes(text_of(lines_of(*track("a", "b"))))
    files.start()
    files.r.write_bytes(attempt.change(files.r.read_bytes()))
    for _ in "12":
        ran = files.resume()
        assert ran.code == 0, ran.err
        assert files.received == attempt.expected


LETTER_ENDS = {
    "the last line break is missing": CutRecords(
        change=lambda text: text[:-1], expected=once("m-never", "m-never 1")
    ),
    "half a letter": CutRecords(
        change=lambda text: text + text[:40],
        expected=once("m-never", "m-never 1"),
        held_before=True,
    ),
    "a blank line": CutRecords(
        change=lambda text: text + b"\n", expected=once("m-never", "m-never 1"), held_before=True
    ),
    "zero bytes": CutRecords(
        change=lambda text: text + b"\0" * 99,
        expected=once("m-never", "m-never 1"),
        held_before=True,
    ),
}


@pytest.mark.parametrize("name", LETTER_ENDS)
def test_the_end_of_the_dead_letters_is_read_as_it_was_meant(name, files):
    attempt = LETTER_ENDS[name]
    events = lines_of(*track("never", "never"))
    files.e.write_bytes(text_of(events[:1]))
    files.start()
    files.d.write_bytes(attempt.change(files.d.read_bytes()))
    files.e.write_bytes(text_of(events))
    assert files.resume().code == 1
    files.configure(MENDED)
    letters, files.d = files.d, files.folder / "letters of letters"
    ran = files.deliver("--results", files.folder / "r2", events=letters)
    assert ran.code == 0, ran.err
    assert files.received == attempt.expected


# Files of something else.


@dataclass(frozen=True, kw_only=True)
class Foreign:
    """Something else in the place of a record file."""

    content: bytes | None = None
    make: Callable[[Path], object] | None = None
    held_before: bool = False

    def put(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        if self.make:
            self.make(path)
        elif self.content is not None:
            path.write_bytes(self.content)


def record(**more: Any) -> bytes:
    return text_of(
        lines_of(
            {"line": 1, "lowWater": 1, "hash": "0" * 24, "status": "delivered", "results": []}
            | more
        )
    )


OTHER_RESULTS = record(messageId="other") + record(line=2, messageId="another")
FOREIGN_RESULTS = {
    "a document of one line": Foreign(content=b'{"precious": 1}'),
    "a text without a line break": Foreign(content=b"my notes"),
    "a binary without a line break": Foreign(content=bytes(range(11, 256))),
    "a log with lines and statuses": Foreign(content=b'{"line": 1, "status": "ok"}\n'),
    "a log of our words": Foreign(content=b'{"line": 1, "status": "failed"}\n'),
    "a status of no result": Foreign(content=record(status="done")),
    "a status that is a list": Foreign(content=record(status=["open"])),
    "a hash that is a lone surrogate": Foreign(content=record(hash="\ud800")),
    "a hash of another kind": Foreign(content=record(hash="sha256:0")),
    "a hash that is a number": Foreign(content=record(hash=7)),
    "results and then half a note": Foreign(content=record() + b"call Zo"),
    "results of other events, the first without an id": Foreign(
        content=record() + record(line=2, messageId="another")
    ),
    "a pipe": Foreign(make=os.mkfifo),
    "a link to a device": Foreign(make=lambda path: path.symlink_to("/dev/null")),
    "results of other events and half a record": Foreign(content=OTHER_RESULTS + b'{"line": 3, "l'),
    "results of other events": Foreign(content=OTHER_RESULTS),
    "another file of JSON lines": Foreign(content=b'{"a": 1}\n{"a": 2}\n', held_before=True),
    "events": Foreign(content=A, held_before=True),
    "dead letters": Foreign(content=LETTER),
    "results in gzip": Foreign(content=gzip.compress(record())),
    "results in UTF-16": Foreign(content=record().decode().encode("utf-16"), held_before=True),
    "a folder": Foreign(make=Path.mkdir, held_before=True),
    "no file": Foreign(held_before=True),
    "a link": Foreign(make=lambda path: path.symlink_to(path.with_name("target"))),
    "a link to itself": Foreign(make=lambda path: path.symlink_to(path)),
}


def content_of(path: Path) -> object:
    if not path.is_file():
        return stat.S_IFMT(path.lstat().st_mode) if os.path.lexists(path) else None
    return path.read_bytes(), path.stat().st_mode


@pytest.mark.parametrize("name", FOREIGN_RESULTS)
def test_a_file_that_holds_no_results_of_these_events_is_refused_untouched(name, files):
    (files.folder / "target").write_bytes(record())
    files.e.write_bytes(text_of(lines_of({"type": "track", "event": "b"}, *track("a"))))
    FOREIGN_RESULTS[name].put(files.r)
    before = content_of(files.r)
    with patience():
        ran = files.resume()
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("dkit: ")
    assert not files.received
    assert content_of(files.r) == before
    assert (files.folder / "target").read_bytes() == record()


FOREIGN_LETTERS = {
    "a document of one line": Foreign(content=b'{"precious": 1}'),
    "a text without a line break": Foreign(content=b"my notes"),
    "a binary": Foreign(content=bytes(range(256))),
    "letters and then half a note": Foreign(content=LETTER + b"call Zo"),
    "letters and then an event": Foreign(content=LETTER + A),
    "letters and then an event without a line break": Foreign(content=LETTER + A[:-1]),
    "results": Foreign(content=record()),
    "events": Foreign(content=A),
    "letters in gzip": Foreign(content=gzip.compress(LETTER)),
    "a document over several lines": Foreign(content=json.dumps([1, 2], indent=1).encode()),
    "a link to letters": Foreign(make=lambda path: path.symlink_to(path.with_name("target"))),
    "a folder": Foreign(make=Path.mkdir, held_before=True),
}


@pytest.mark.parametrize("name", FOREIGN_LETTERS)
def test_a_file_that_holds_no_dead_letters_is_refused_untouched(name, files):
    (files.folder / "target").write_bytes(LETTER)
    files.e.write_bytes(text_of(lines_of(*track("a"))))
    files.start()
    files.e.write_bytes(text_of(lines_of(*track("a", "never"))))
    FOREIGN_LETTERS[name].put(files.d)
    before = content_of(files.d)
    ran = files.resume()
    assert (ran.code, ran.out) == (2, "")
    assert files.received == once("a")
    assert content_of(files.d) == before
    assert (files.folder / "target").read_bytes() == LETTER


def test_an_empty_file_and_another_name_of_a_file_are_gone_on_with(files):
    """Held before: neither loses anything."""
    files.e.write_bytes(text_of(lines_of(*track("a"))))
    files.r.touch()
    assert files.resume().code == 0
    os.link(files.r, files.folder / "second name")
    assert files.deliver("--resume", files.folder / "second name").code == 0
    assert files.received == once("a")


# Dead letters.


@dataclass(frozen=True, kw_only=True)
class Letter:
    """A line that fails, and what its letters must keep."""

    line: bytes
    #: What makes the line good, in the text of its last letter; None where new settings do.
    mend: tuple[bytes, bytes] | None = None
    expected: Counter[str] = field(default_factory=lambda: once("m"))
    held_before: bool = False


def event(rest: str) -> bytes:
    return f'{{"type": "track", "event": "never", "messageId": "m", {rest}}}'.encode()


LETTERS = {
    "a plain event": Letter(line=event('"a": 1'), held_before=True),
    "the largest event": Letter(line=event('"a": "' + "x" * 999_930 + '"')),
    "a large event that escapes make larger": Letter(
        line=event('"a": "\\ud800' + "é" * 490_000 + '"')
    ),
    "the deepest event": Letter(line=event('"a": ' + "[" * 99 + "]" * 99)),
    "a number beyond a float": Letter(line=event('"a": 1e999')),
    "minus a number beyond a float": Letter(line=event('"a": [{"b": -1e999}]')),
    "a lone surrogate": Letter(line=event('"a": "\\ud800"'), held_before=True),
    "a key that is a lone surrogate": Letter(line=event('"\\udfff": 1'), held_before=True),
    "a key twice": Letter(line=event('"event": "never", "a": 1, "a": 2'), held_before=True),
    "an integer of 4,000 digits": Letter(line=event('"a": ' + "9" * 4_000), held_before=True),
    "failures of an event's own": Letter(
        line=event('"failures": [{"subscription": "X"}]'), held_before=True
    ),
    "Infinity": Letter(line=event('"a": Infinity'), mend=(b"Infinity", b"1"), held_before=True),
    "NaN": Letter(line=event('"a": NaN'), mend=(b"NaN", b"1"), held_before=True),
    "bytes that are no UTF-8": Letter(
        line=event('"a": "X"').replace(b"X", b"\xff\xc3"),
        mend=(b"\\udcff\\udcc3", b""),
        held_before=True,
    ),
    "a zero byte": Letter(
        line=event('"a": "X"').replace(b"X", b"\0"), mend=(b"\\u0000", b""), held_before=True
    ),
    "an integer of 5,000 digits": Letter(
        line=event('"a": ' + "9" * 5_000), mend=(b"9" * 5_000, b"1"), held_before=True
    ),
    "a cut line": Letter(
        line=event('"a": 1')[:-1], mend=(b'1", "fail', b'1}", "fail'), held_before=True
    ),
    "a quote too many": Letter(line=event('"a": 1"'), mend=(b'1\\"', b"1"), held_before=True),
}


@pytest.mark.parametrize("name", LETTERS)
def test_a_letter_of_a_letter_is_delivered_once_and_keeps_its_bytes(name, files):
    attempt = LETTERS[name]
    files.e.write_bytes(attempt.line + b"\n")
    files.start()
    letters, texts = files.d, []
    for number in range(2):
        texts += [[letter.get("text"), letter.get("event")] for letter in records(letters)]
        files.d = files.folder / f"letters {number}"
        files.deliver("--results", files.folder / f"r{number}", events=letters)
        letters = files.d
    texts += [[letter.get("text"), letter.get("event")] for letter in records(letters)]
    assert texts[0] == texts[1] == texts[2]
    assert len(texts) == 3
    if texts[0][0] is not None:
        assert texts[0][0].encode("utf-8", "surrogateescape") == attempt.line
    if attempt.mend:
        letters.write_bytes(letters.read_bytes().replace(*attempt.mend))
    files.configure(MENDED)
    for number in range(2, 4):
        files.d = files.folder / f"letters {number}"
        ran = files.deliver(
            "--results",
            files.folder / "last",
            *["--resume", files.folder / "last"][: 2 * (number - 2)],
            events=letters,
        )
    assert ran.code == 0, ran.err
    assert files.received == attempt.expected


# Names that no subscription has.


@dataclass(frozen=True, kw_only=True)
class Names:
    """A letter, or what became of the subscriptions that it names."""

    failures: Sequence[Any]
    subscriptions: Sequence[Any] = (TALK, LOUD)
    #: What is received at once, and what after the subscription has its name back.
    at_once: Counter[str] = field(default_factory=Counter)
    mended: Counter[str] = field(default_factory=lambda: once("hi"))
    status: str = "open"
    held_before: bool = False


def named(*names: object) -> list[Any]:
    return [{"subscription": name, "status": "failed"} for name in names]


NAMES = {
    "a name that was changed": Names(
        failures=named("Talk"), subscriptions=[{**TALK, "name": "Talk 2"}]
    ),
    "a name in other letters": Names(
        failures=named("Talk"), subscriptions=[{**TALK, "name": "talk"}]
    ),
    "a name with a blank": Names(failures=named("Talk"), subscriptions=[{**TALK, "name": "Talk "}]),
    "a subscription that is disabled": Names(
        failures=named("Talk"), subscriptions=[{**TALK, "enabled": False}, LOUD]
    ),
    "a subscription that was removed": Names(failures=named("Talk"), subscriptions=[LOUD]),
    "one of two names": Names(
        failures=named("Talk", "Loud"),
        subscriptions=[LOUD],
        at_once=once("ho", room="loud"),
        mended=once("hi") + once("ho", room="loud"),
    ),
    "a name that is a number": Names(failures=named(7), mended=Counter()),
    "an empty name": Names(failures=named(""), mended=Counter()),
    "no failures": Names(failures=[], mended=Counter(), status="failed"),
    "failures without names": Names(
        failures=[{"code": "GONE"}, 7], mended=Counter(), status="failed"
    ),
    "names that all exist": Names(
        failures=named("Talk"), at_once=once("hi"), status="delivered", held_before=True
    ),
}


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_no_subscription_has_is_a_failure(name, files):
    attempt = NAMES[name]
    content = {"type": "track", "event": "hi", "messageId": "m", "properties": {"loud": "ho"}}
    files.e.write_bytes(
        text_of(lines_of({"line": 1, "event": content, "failures": attempt.failures, "tries": 1}))
    )
    files.configure(*attempt.subscriptions)
    ran = files.start()
    assert (ran.code, files.received) == (attempt.status != "delivered", attempt.at_once)
    assert [entry["status"] for entry in records(files.r)] == [attempt.status]
    files.configure(TALK, LOUD)
    files.resume()
    assert files.received == attempt.mended


@dataclass(frozen=True, kw_only=True)
class OddResult:
    """What somebody wrote into the result of an open event."""

    change: Mapping[str, Any]
    is_received: bool = True
    held_before: bool = False


ODD_RESULTS = {
    "a name that was changed": OddResult(change={"open": ["Talk of old"]}, is_received=False),
    "names that are numbers": OddResult(change={"open": [7]}, is_received=False),
    "a text for the names": OddResult(change={"open": "Talk"}),
    "more tries than a number of SQLite": OddResult(change={"tries": 10**30}, held_before=True),
    "fewer tries than none": OddResult(change={"tries": -(10**400)}, held_before=True),
    "tries that are a text": OddResult(
        change={"tries": "many", "unknownTries": None}, held_before=True
    ),
}


@pytest.mark.parametrize("name", ODD_RESULTS)
def test_an_open_result_is_never_skipped(name, files):
    files.e.write_bytes(text_of(lines_of(*track("unlisted"))))
    files.start()
    [entry] = records(files.r)
    attempt = ODD_RESULTS[name]
    files.r.write_bytes(text_of(lines_of(entry | attempt.change)))
    files.configure(MENDED)
    ran = files.resume()
    if attempt.is_received:
        assert ran.code == 0, ran.err
        assert files.received == once("m-unlisted")
    else:
        assert records(files.r)[-1]["status"] == "open"
        assert "SUBSCRIPTION_NOT_FOUND" in ran.out


# Ends of the process and of the disk.


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What happens to a call of the operating system: call, file, count and effect."""

    text: str
    #: Events whose outcome the fault leaves unknown.
    unknown: int = 1
    code: int = -signal.SIGKILL
    held_before: bool = False


WORDS = ("a", "never", "b", "lost", "c")
FAULTS = {
    "killed before the first result": Fault(text="write r.jsonl 1 before", held_before=True),
    "killed after a result": Fault(text="write r.jsonl 3 after", held_before=True),
    "killed in the middle of a result": Fault(text="write r.jsonl 3 half", held_before=True),
    "killed before a letter": Fault(text="write d.jsonl 1 before", held_before=True),
    "killed between a letter and its result": Fault(text="write d.jsonl 1 after", held_before=True),
    "killed in the middle of a letter": Fault(text="write d.jsonl 2 half", held_before=True),
    "killed at the last result": Fault(text="write r.jsonl 5 half", held_before=True),
    "killed before the results reach the disk": Fault(text="fsync r.jsonl 1 before"),
    "killed before the letters reach the disk": Fault(text="fsync d.jsonl 1 before"),
    "results that never reach the disk": Fault(text="fsync r.jsonl 1 broken", code=1),
    "letters that never reach the disk": Fault(text="fsync d.jsonl 1 broken", code=1),
    "a full disk": Fault(text="write r.jsonl 2 full", code=1, held_before=True),
    "a full disk of letters": Fault(text="write d.jsonl 1 full", code=1, held_before=True),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_run_that_ends_in_the_middle_loses_nothing(name, files):
    fault = FAULTS[name]
    files.e.write_bytes(text_of(lines_of(*track(*WORDS))))
    records_of = ("--results", files.r, "--dead-letters", files.d, "--window", "1")
    ran = run_child(
        *(files.log, fault.text, "deliver", files.i, files.e, *records_of, "--retry-for", "0")
    )
    assert ran.returncode == fault.code, ran.stderr
    if "broken" in fault.text:
        assert "A restart of this machine may lose records" in ran.stderr
    files.configure({**MENDED})
    # What failed for the event's sake gets its mapping mended.
    for _ in "12":
        files.resume("--retry-failed")
    received = Counter[str]()
    for line, count in files.received.items():
        received[line.removeprefix("talk ").removeprefix("m-")] += count
    assert set(received) == set(WORDS)
    # A run with one event in flight leaves one outcome unknown at most.
    assert received.total() <= len(WORDS) + fault.unknown


def test_an_event_whose_outcome_is_unknown_is_sent_again_and_no_other(files):
    """Held before: the process dies in the partner's code."""
    files.e.write_bytes(text_of(lines_of(*track("a", "die", "b"))))
    options = ("--results", files.r, "--dead-letters", files.d, "--window", "1")
    assert run_child(files.log, "", "deliver", files.i, files.e, *options).returncode == -9
    files.configure(MENDED)
    assert files.resume().code == 0
    assert files.received == once("a", "die", "m-die", "m-b")


@pytest.mark.parametrize("name", ["r.jsonl", "d.jsonl"])
def test_a_record_file_that_is_removed_during_a_run_stops_it(name, files):
    """A resumed run finds no record of what was delivered after that; the run says so at once."""
    files.e.write_bytes(text_of(lines_of(*track("a", "never", "remove", "never", "b", "c"))))
    options = ("--results", files.r, "--dead-letters", files.d, "--window", "1", "--retry-for", "0")
    ran = run_child(files.log, f"remove {name}", "deliver", files.i, files.e, *options)
    assert ran.returncode == 1
    assert f"{name}: it was removed during the run" in ran.stderr
    assert "talk c" not in files.received


@dataclass(frozen=True, kw_only=True)
class SecondRun:
    """The file that a first run writes, and the options of a second one."""

    locked: str
    options: Sequence[str] = ("--resume", "r.jsonl", "--dead-letters", "d.jsonl")
    events: str = "e.jsonl"
    held_before: bool = True


OTHERS = ("--results", "r2", "--dead-letters", "d2")
SECOND_RUNS = {
    "the same results": SecondRun(locked="r.jsonl"),
    "the same dead letters": SecondRun(locked="d.jsonl"),
    "results under another name": SecondRun(
        locked="r.jsonl", options=("--resume", "second name", "--dead-letters", "d2")
    ),
    "letters that are being written": SecondRun(locked="d.jsonl", events="d.jsonl", options=OTHERS),
    "results as dead letters": SecondRun(
        locked="r.jsonl", options=("--results", "r2", "--dead-letters", "r.jsonl")
    ),
    "letters as the results to resume": SecondRun(
        locked="d.jsonl", options=("--resume", "d.jsonl", "--dead-letters", "d2")
    ),
    "letters of a run that retries what failed": SecondRun(
        locked="d.jsonl",
        options=("--resume", "r.jsonl", "--dead-letters", "d.jsonl", "--retry-failed"),
    ),
}


@pytest.mark.parametrize("name", SECOND_RUNS)
def test_a_second_run_on_the_same_files_changes_nothing(name, files, monkeypatch):
    attempt = SECOND_RUNS[name]
    monkeypatch.chdir(files.folder)
    files.e.write_bytes(text_of(lines_of(*track("a", "never"))))
    files.start()
    os.link(files.r, "second name")
    files.e.write_bytes(text_of(lines_of(*track("a", "never", "b"))))
    before = {path: content_of(path) for path in sorted(files.folder.iterdir())}
    with Path(attempt.locked).open("rb") as first:
        fcntl.flock(first, fcntl.LOCK_EX)
        partner = recording_partner(files.log)
        ran = dkit("deliver", "i.json", attempt.events, *attempt.options, destinations=(partner,))
    assert (ran.code, ran.out) == (2, "")
    assert files.received == once("a")
    after = {path: content_of(path) for path in sorted(files.folder.iterdir())}
    assert {path: after[path] for path in before} == before
