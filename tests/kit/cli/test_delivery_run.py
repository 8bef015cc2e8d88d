import asyncio

import pytest

from destination_kit.cli.delivery_run import run_to_end
from destination_kit.cli.writer import ConsoleWriter
from destination_kit.delivery import MessageIdError, SourceError


def test_events_that_cannot_be_read_end_the_run_with_a_sentence(capsys):
    async def fail_to_read():
        raise SourceError("e.jsonl cannot be read: Input/output error")

    assert run_to_end(fail_to_read, ConsoleWriter()) == "unreadable"
    assert capsys.readouterr().err == "dkit: e.jsonl cannot be read: Input/output error\n"


def test_any_other_fault_is_passed_on():
    async def stumble():
        raise ExceptionGroup("tasks", [KeyError("x")])

    with pytest.raises(KeyError):
        run_to_end(stumble, ConsoleWriter())


def test_a_full_disk_for_duplicates_ends_the_run_with_the_option_that_needs_no_disk(capsys):
    async def fill_the_disk():
        raise ExceptionGroup("tasks", [MessageIdError(5, "database or disk is full")])

    assert run_to_end(fill_the_disk, ConsoleWriter()) == "broken off"
    assert capsys.readouterr().err == (
        "dkit: cannot note which messageIds were read, to find duplicates: database or disk is full;"
        " make room for temporary files, or add --allow-duplicates\n"
    )


@pytest.mark.parametrize(("transport", "module"), [("httpx", "asyncio"), ("aiohttp", "uvloop")])
def test_uvloop_runs_where_aiohttp_sends_the_requests(monkeypatch, transport, module):
    pytest.importorskip("aiohttp")
    pytest.importorskip("uvloop")
    monkeypatch.setenv("DKIT_TRANSPORT", transport)
    modules = []

    async def note_loop():
        modules.append(type(asyncio.get_running_loop()).__module__.partition(".")[0])
        return "complete"

    assert run_to_end(note_loop, ConsoleWriter()) == "complete"
    assert modules == [module]
