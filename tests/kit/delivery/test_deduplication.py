import resource
from collections import deque

import pytest

from destination_kit.delivery import MessageIdError, MessageIdIndex
from destination_kit.delivery.deduplication import EarlierLine


def test_a_key_is_known_by_its_first_line():
    with MessageIdIndex() as index:
        assert [index.add(name, line) for line, name in enumerate(["a", "b", "a", "a"], 1)] == [
            None,
            None,
            EarlierLine(1, frozenset()),
            EarlierLine(1, frozenset()),
        ]


def test_a_line_with_a_failed_event_takes_its_place():
    with MessageIdIndex() as index:
        index.add("a", 1)
        index.mark_failed("a", ["X", "Y"])
        assert index.add("a", 2) == EarlierLine(1, frozenset({"X", "Y"}))
        assert index.add("a", 3) == EarlierLine(2, frozenset())


def test_a_key_is_any_text():
    with MessageIdIndex() as index:
        names = ["", "\0", "é", "\ud800", "a" * 10_000, "A", "a", "'; DROP TABLE message_ids"]
        assert [index.add(name, 1) for name in names] == [None] * len(names)
        assert [index.add(name, 2) for name in names] == [EarlierLine(1, frozenset())] * len(names)


def test_nothing_is_left_on_the_disk(tmp_path, monkeypatch):
    monkeypatch.setenv("SQLITE_TMPDIR", str(tmp_path))
    with MessageIdIndex() as index:
        for line in range(1, 1000):
            index.add(f"name {line} {'x' * 150}", line)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_raises_message_id_error(tmp_path, monkeypatch):
    monkeypatch.setenv("SQLITE_TMPDIR", str(tmp_path))
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    with MessageIdIndex() as index:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, usual[1]))
        try:
            with pytest.raises(MessageIdError, match="disk"):
                deque((index.add(f"{line} {'x' * 150}", line) for line in range(99_999)), maxlen=0)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, usual)


@pytest.mark.parametrize("length", [199, 200, 201, 100_000])
def test_long_ids_are_told_apart_as_short_ones_are(length):
    with MessageIdIndex() as index:
        assert index.add("x" * length, 1) is None
        assert index.add("x" * (length - 1) + "y", 2) is None
        assert index.add("x" * length, 3) == EarlierLine(1, frozenset())
        index.mark_failed("x" * length, ["Say"])
        assert index.add("x" * length, 4) == EarlierLine(1, frozenset({"Say"}))
