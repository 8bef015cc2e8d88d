"""The progress of a run: what is measured, and what a terminal and a log show of it."""

import asyncio
import io
import json
import re
from types import SimpleNamespace

import pytest

from destination_kit.cli.progress import (
    Progress,
    ProgressMeter,
    choose_reporter,
    progress_details,
    render_bar,
    render_duration,
    render_progress,
    render_waits,
)
from destination_kit.cli.rendering import display_width
from destination_kit.cli.summary import DeliveryCounts
from destination_kit.http import Budgets, Pace
from destination_kit.limits import RateLimit

ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
CONTACTS = Pace(limit="contacts", per_minute=490, waiting=15, paused=0.0)


def progress(**changes):
    usual = {
        "done": 1234,
        "delivered": 1200,
        "failed": 3,
        "skipped": 31,
        "in_flight": 16,
        "total": 2740,
        "is_total_exact": False,
        "per_second": 8.2,
        "paces": (CONTACTS,),
        "waiting": {"SERVICE_UNAVAILABLE": 12, "USER_ORDER": 4},
        "is_stopping": False,
    }
    return Progress(**{**usual, **changes})


def test_a_bar_shows_total_rate_pace_and_time_left():
    assert render_bar(progress(), 200) == (
        "[#############-----------------]  45 %  1,234 of ~2,740  8/s  3 min left  paced: contacts 490/min"
        "  3 failed"
        "  waiting: 12 for the partner (SERVICE_UNAVAILABLE), 4 for the order of a user's events"
    )


@pytest.mark.parametrize(
    ("width", "bar"),
    [
        (79, "[#####-------]  45 %  1,234 of ~2,740  8/s  3 min left  paced: contacts 490/min"),
        (39, "45 %  1,234 of ~2,740  8/s  3 min left"),
        (12, "45 %  8/s"),
    ],
)
def test_a_narrow_terminal_gets_the_most_important_parts(width, bar):
    assert render_bar(progress(), width) == bar


@pytest.mark.parametrize("width", [1, 10, 39, 40, 41, 60, 79, 80, 120, 199, 200])
@pytest.mark.parametrize("total", [None, 0, 2740, 123_456_789])
@pytest.mark.parametrize("name", ["contacts", "連絡先" * 10, "x" * 300])
def test_a_bar_is_never_wider_than_its_terminal(width, total, name):
    pace = Pace(limit=name, per_minute=490, waiting=1, paused=40.0)
    waiting = {name.upper(): 7}
    for has_color in (False, True):
        shown = progress(total=total, paces=(pace,), waiting=waiting)
        line = ANSI.sub("", render_bar(shown, width, has_color=has_color))
        assert display_width(line) <= width
        assert "\n" not in line


def test_a_pipe_has_no_total_and_no_bar():
    assert render_bar(progress(total=None, waiting={}, failed=0), 79) == (
        "1,234  8/s  paced: contacts 490/min"
    )


def test_a_stopping_run_says_what_it_waits_for():
    line = render_bar(progress(is_stopping=True), 79)
    assert "stopping, 16 in flight" in line
    assert "left" not in line


def test_a_log_says_what_is_done_and_what_waits_and_why():
    assert render_progress(progress()) == (
        "1,234 of about 2,740 events (45 %): 1,200 delivered, 3 failed, 31 skipped;"
        " 8/s, about 3 min left; 16 in flight; paced: contacts 490/min;"
        " waiting: 12 for the partner (SERVICE_UNAVAILABLE), 4 for the order of a user's events"
    )


@pytest.mark.parametrize(
    ("code", "wait"),
    [
        ("TOO_MANY_REQUESTS", "2 for the rate limit (TOO_MANY_REQUESTS)"),
        ("CONNECTION_FAILED", "2 for the partner (CONNECTION_FAILED)"),
        ("SETTINGS", "2 for the settings"),
        ("USER_ORDER", "2 for the order of a user's events"),
    ],
)
def test_a_wait_has_a_reason(code, wait):
    assert render_waits({code: 2}) == wait


def test_waits_for_one_reason_are_added_up():
    waiting = {"REQUEST_TIMEOUT": 1, "SERVICE_UNAVAILABLE": 5, "SETTINGS": 2}
    assert render_waits(waiting) == (
        "6 for the partner (SERVICE_UNAVAILABLE, REQUEST_TIMEOUT), 2 for the settings"
    )


def test_a_pause_after_a_429_is_said():
    pace = Pace(limit="search", per_minute=490, waiting=1, paused=41.5)
    assert "paced: search 490/min, paused for 42 s" in render_progress(progress(paces=(pace,)))


def test_progress_as_json_is_complete():
    details = json.loads(json.dumps(progress_details(progress())))
    assert details["paced"] == [
        {"limit": "contacts", "perMinute": 490, "waiting": 15, "pausedSeconds": 0.0}
    ]
    assert details["waiting"][0] == {
        "reason": "partner",
        "code": "SERVICE_UNAVAILABLE",
        "events": 12,
    }
    assert (details["done"], details["total"], details["secondsLeft"]) == (1234, 2740, 184)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "1 s"), (59.4, "59 s"), (60, "1 min"), (3599, "60 min"), (3700, "1 h 1 min")],
)
def test_a_duration_is_short(seconds, text):
    assert render_duration(seconds) == text


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def source(**changes):
    usual = {"lines_read": 0, "position": 0, "size": 0, "is_exhausted": False, "is_stopped": False}
    return SimpleNamespace(**{**usual, **changes})


def meter(clock, lines, budgets=None, **options):
    counts = DeliveryCounts([])
    return counts, ProgressMeter(counts, lines, budgets or Budgets(), clock=clock, **options)


def test_the_total_is_estimated_from_bytes_until_the_last_line():
    lines = source(lines_read=100, position=5000, size=50_000)
    counts, measuring = meter(Clock(), lines)
    counts.events["delivered"] = 84
    measured = measuring.measure()
    assert (measured.total, measured.is_total_exact, measured.in_flight) == (1000, False, 16)
    lines.is_exhausted, lines.lines_read = True, 960
    measured = measuring.measure()
    assert (measured.total, measured.is_total_exact) == (960, True)


def test_events_of_earlier_runs_are_done_but_are_no_rate():
    clock, lines = Clock(), source(lines_read=100, position=5000, size=50_000)
    counts, measuring = meter(clock, lines, earlier=60)
    clock.now, counts.events["delivered"] = 10.0, 30
    measured = measuring.measure()
    assert (measured.done, measured.in_flight, measured.per_second) == (90, 10, 3.0)
    assert measured.seconds_left == pytest.approx((1000 - 90) / 3)


def test_the_rate_is_that_of_the_last_half_minute():
    clock = Clock()
    counts, measuring = meter(clock, source())
    for second in range(1, 101):
        clock.now = float(second)
        counts.events["delivered"] += 10 if second <= 60 else 2
        rate = measuring.measure().per_second
    assert rate == pytest.approx(2.0)


def test_events_that_wait_for_mended_settings_are_counted():
    counts, measuring = meter(Clock(), source())
    counts.events["parked"] = 3
    counts.waiting["BUSY"] += 1
    counts.waiting["LATER"] += 0
    assert measuring.measure().waiting == {"BUSY": 1, "SETTINGS": 3}


def test_nothing_is_left_to_say_where_no_event_moves():
    clock = Clock()
    _, measuring = meter(clock, source(lines_read=5, position=50, size=500))
    clock.now = 60.0
    assert measuring.measure().seconds_left is None


def test_the_budget_that_holds_requests_up_is_shown_not_their_narrowest():
    clock = Clock()
    budgets = Budgets({"brand": 60}, clock=clock)
    limits = (RateLimit("contacts", 500), RateLimit("brand", 3000))
    assert budgets.paces() == []
    with budgets.waiting("me", limits[0]):
        while budgets.reserve("me", limits, clock.now) <= clock.now:
            pass
        [pace] = budgets.paces()
    assert (pace.limit, pace.per_minute, pace.waiting) == ("brand", 58, 1)
    assert budgets.paces() == []


def test_the_pace_is_the_rate_at_which_requests_leave():
    clock, contacts = Clock(), RateLimit("contacts", 500)
    budgets = Budgets(clock=clock)
    with budgets.waiting("me", contacts):
        budgets.reserve("me", (contacts,), clock.now)
        budgets.record_refusal("me", contacts, 12.0, clock.now)
        assert budgets.paces() == [
            Pace(limit="contacts", per_minute=490, waiting=1, paused=pytest.approx(12.0))
        ]


class Terminal(io.StringIO):
    def isatty(self):
        return True


def run_reporter(stream, monkeypatch, *, times, **options):
    """Run a reporter whose pauses end at once; return those pauses."""
    monkeypatch.setattr("sys.stderr", stream)
    monkeypatch.setenv("TERM", "xterm")
    options = {"log_format": "text", "is_quiet": False, **options}
    reporter = choose_reporter(progress, **options)
    pauses, ended = [], asyncio.Event()

    async def sleep(seconds):
        pauses.append(seconds)
        if len(pauses) > times:
            ended.set()
            await asyncio.Event().wait()

    reporter.sleep = sleep

    async def run():
        async with reporter.running():
            await ended.wait()

    asyncio.run(run())
    return pauses


def test_a_terminal_gets_one_line_that_is_erased(monkeypatch):
    terminal = Terminal()
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")
    pauses = run_reporter(terminal, monkeypatch, times=2)
    bar = render_bar(progress(), 79)
    assert terminal.getvalue().split("\r\x1b[K") == ["", bar, bar, ""]
    assert max(pauses) < 1


def test_a_bar_is_colored_by_the_usual_rules(monkeypatch):
    for name, colored in (("NO_COLOR", False), ("FORCE_COLOR", True)):
        terminal = Terminal()
        with monkeypatch.context() as context:
            context.setenv(name, "1")
            run_reporter(terminal, context, times=1)
        assert ("\x1b[32m" in terminal.getvalue()) is colored


def test_a_file_gets_a_line_every_ten_seconds(monkeypatch):
    file = io.StringIO()
    assert run_reporter(file, monkeypatch, times=2) == [10.0, 10.0, 10.0]
    assert file.getvalue() == f"{render_progress(progress())}\n" * 2


def test_a_log_for_machines_gets_objects_on_a_terminal_too(monkeypatch):
    terminal = Terminal()
    assert run_reporter(terminal, monkeypatch, times=1, log_format="json") == [10.0, 10.0]
    record = json.loads(terminal.getvalue())
    assert (record["event"], record["done"]) == ("progress", 1234)


def test_a_quiet_run_shows_no_progress(monkeypatch):
    terminal = Terminal()
    run_reporter(terminal, monkeypatch, times=3, is_quiet=True)
    assert terminal.getvalue() == ""


def test_a_terminal_that_is_gone_ends_no_run(monkeypatch):
    class Gone(Terminal):
        def write(self, _text):
            raise OSError(5, "Input/output error")

    run_reporter(Gone(), monkeypatch, times=3)
