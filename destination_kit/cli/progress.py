"""Progress of a run: a bar on a terminal, and a line every ten seconds elsewhere.

The kit draws the bar itself. rich would bring three packages and 0.1 s of imports for this one
line, and an installation without it would need the code below all the same.
"""

from __future__ import annotations

import asyncio
import sys
from collections import Counter, deque
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Final

from destination_kit.cli.rendering import display_width, replace_control_characters
from destination_kit.cli.terminal import GREEN, can_redraw, has_color, paint, terminal_width
from destination_kit.cli.writer import LogFormat, write_message, write_to_stderr
from destination_kit.delivery import USER_ORDER

if TYPE_CHECKING:
    from destination_kit._json import JsonObject
    from destination_kit.cli.summary import DeliveryCounts
    from destination_kit.delivery import LineSource
    from destination_kit.http import Budgets, Pace

#: Seconds between two updates of the bar, and between two lines where there is no terminal.
BAR_INTERVAL: Final = 0.2
LINE_INTERVAL: Final = 10.0
#: Seconds over which the rate is measured. A shorter window follows each pause of a rate limit.
_RATE_WINDOW: Final = 30.0
_GAP: Final = "  "
_ERASE_LINE: Final = "\r\x1b[K"
_DEFAULT_WIDTH: Final = 80
_MIN_BAR, _MAX_BAR = 10, 30
_SECONDS_PER_MINUTE: Final = 60
_SECONDS_PER_HOUR: Final = 3600
# Stands among the codes of failures for events that wait until a person mends the settings.
_SETTINGS: Final = "SETTINGS"


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Progress of a run at a moment."""

    #: Events with an outcome, those of earlier runs included.
    done: int
    #: Events with an outcome of this run, by status.
    delivered: int
    failed: int
    skipped: int
    #: Events that were read and have no outcome yet.
    in_flight: int
    #: Events of the whole run; None for a pipe.
    total: int | None
    #: Whether `total` is counted, and no estimate from the size of the file.
    is_total_exact: bool
    #: Events a second, lately.
    per_second: float
    #: Rate limits that requests wait for.
    paces: Sequence[Pace]
    #: Events that wait for a retry or their turn, by code.
    waiting: Mapping[str, int]
    #: Whether the run only finishes what is in flight.
    is_stopping: bool

    @property
    def seconds_left(self) -> float | None:
        """Seconds until the end at the present rate, None where that cannot be known."""
        if self.total is None or not self.per_second:
            return None
        return (self.total - self.done) / self.per_second

    @property
    def percent(self) -> int | None:
        """Share of the events that are done; 100 only at the end."""
        if not self.total:
            return None
        return min(100 * self.done // self.total, 100 if self.is_total_exact else 99)


class ProgressMeter:
    """Measures a run: what is done, how fast, and what it waits for."""

    def __init__(
        self,
        counts: DeliveryCounts,
        source: LineSource,
        budgets: Budgets,
        *,
        earlier: int = 0,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._counts = counts
        self._source = source
        self._budgets = budgets
        self._earlier = earlier
        self._clock = clock
        self._samples = deque([(clock(), 0)])

    def measure(self) -> Progress:
        """Return the progress now."""
        events, done = self._counts.events, self._counts.total
        total = self._estimate_total(self._earlier + done)
        return Progress(
            done=self._earlier + done,
            delivered=events["delivered"],
            failed=events["failed"],
            skipped=events["skipped"],
            in_flight=max(0, self._source.lines_read - self._earlier - done),
            total=total,
            is_total_exact=self._source.is_exhausted,
            per_second=self._measure_rate(done),
            paces=self._budgets.paces(),
            # A unary `+` drops a code whose count is 0.
            waiting=+(self._counts.waiting + Counter({_SETTINGS: events["parked"]})),
            is_stopping=self._source.is_stopped,
        )

    def _estimate_total(self, done: int) -> int | None:
        """Return the number of events, from the bytes of those that were read."""
        # Counting the lines first would read a file of 100 GB twice.
        source = self._source
        if source.is_exhausted:
            return max(source.lines_read, done)
        if not source.size or not source.position:
            return None
        share = min(1.0, source.position / source.size)
        return max(round(source.lines_read / share), done)

    def _measure_rate(self, done: int) -> float:
        now = self._clock()
        self._samples.append((now, done))
        while len(self._samples) > 2 and self._samples[1][0] <= now - _RATE_WINDOW:  # noqa: PLR2004 - a rate needs two samples
            self._samples.popleft()
        started, done_then = self._samples[0]
        return (done - done_then) / (now - started) if now > started else 0.0


@dataclass(slots=True, kw_only=True)
class ProgressReporter:
    """Shows the progress of a run again and again."""

    measure: Callable[[], Progress]
    #: Shows the progress.
    show: Callable[[Progress], None]
    #: Takes away what is shown in place.
    erase: Callable[[], None]
    #: Seconds until the progress is shown again.
    interval: float
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Show the progress while the block runs."""
        task = asyncio.create_task(self._run())
        try:
            yield
        finally:
            task.cancel()
            self.erase()

    async def _run(self) -> None:
        while True:
            await self.sleep(self.interval)
            self.show(self.measure())


def render_bar(progress: Progress, width: int, *, has_color: bool = False) -> str:
    """Return one line of at most `width` columns; what does not fit is left out."""
    line = _join_fitting(_measures(progress), width)
    free = width - display_width(line) - len(_GAP)
    bar_width = min(free - len("[]"), _MAX_BAR)
    if progress.percent is None or bar_width < _MIN_BAR:
        return _join_fitting([line, *_troubles(progress)], width)
    troubles = _join_fitting(_troubles(progress), free - _MIN_BAR - len("[]") - len(_GAP))
    if troubles:
        line = f"{line}{_GAP}{troubles}"
        bar_width = min(width - display_width(line) - len(_GAP) - len("[]"), _MAX_BAR)
    filled = bar_width * progress.percent // 100
    bar = paint("#" * filled, GREEN, enabled=has_color) + "-" * (bar_width - filled)
    return f"[{bar}]{_GAP}{line}"


def _join_fitting(parts: Iterable[str], width: int) -> str:
    """Return the parts that fit, those that come first before the others."""
    line = ""
    for part in parts:
        # A partner chooses codes of failures, and names of rate limits.
        shown = replace_control_characters(part).replace("\n", " ")
        longer = f"{line}{_GAP}{shown}" if line else shown
        if display_width(longer) <= width:
            line = longer
    return line


def _measures(progress: Progress) -> Iterator[str]:
    if progress.percent is not None:
        yield f"{progress.percent} %"
    yield _render_count(progress, "~")
    if progress.is_stopping:
        yield f"stopping, {progress.in_flight:,} in flight"
    yield _render_rate(progress.per_second)
    left = progress.seconds_left
    if left is not None and not progress.is_stopping:
        yield f"{render_duration(left)} left"
    if pace := _render_paces(progress.paces):
        yield pace


def _troubles(progress: Progress) -> Iterator[str]:
    if progress.failed:
        yield f"{progress.failed:,} failed"
    if waits := render_waits(progress.waiting):
        yield f"waiting: {waits}"


def render_progress(progress: Progress) -> str:
    """Return the progress as a sentence for a log."""
    percent = f" ({progress.percent} %)" if progress.percent is not None else ""
    outcomes = f"{progress.delivered:,} delivered, {progress.failed:,} failed, {progress.skipped:,} skipped"
    rate = _render_rate(progress.per_second)
    if not progress.is_stopping and (left := progress.seconds_left) is not None:
        rate += f", about {render_duration(left)} left"
    parts = [f"{_render_count(progress, 'about ')} events{percent}: {outcomes}", rate]
    if progress.is_stopping:
        parts.append("stopping")
    parts.append(f"{progress.in_flight:,} in flight")
    if pace := _render_paces(progress.paces):
        parts.append(pace)
    if waits := render_waits(progress.waiting):
        parts.append(f"waiting: {waits}")
    return "; ".join(parts)


def progress_details(progress: Progress) -> JsonObject:
    """Return the progress as JSON, for a log that a machine reads."""
    left = progress.seconds_left
    return {
        "event": "progress",
        "done": progress.done,
        "total": progress.total,
        "isTotalExact": progress.is_total_exact,
        "delivered": progress.delivered,
        "failed": progress.failed,
        "skipped": progress.skipped,
        "inFlight": progress.in_flight,
        "perSecond": round(progress.per_second, 2),
        "secondsLeft": None if left is None else round(left),
        "isStopping": progress.is_stopping,
        "paced": [
            {
                "limit": pace.limit,
                "perMinute": pace.per_minute,
                "waiting": pace.waiting,
                "pausedSeconds": round(pace.paused, 1),
            }
            for pace in progress.paces
        ],
        "waiting": [
            {"reason": _reason_to_wait(code), "code": code, "events": count}
            for code, count in progress.waiting.items()
        ],
    }


def render_waits(waiting: Mapping[str, int]) -> str:
    """Return how many events wait, for what, and by which code; empty if none do."""
    codes_by_reason: dict[str, list[str]] = {}
    counts: dict[str, int] = {}
    for code, count in sorted(waiting.items(), key=lambda wait: -wait[1]):
        reason = _reason_to_wait(code)
        counts[reason] = counts.get(reason, 0) + count
        if code not in (USER_ORDER, _SETTINGS):
            codes_by_reason.setdefault(reason, []).append(code)
    return ", ".join(
        f"{count:,} for the {reason}"
        + (f" ({', '.join(codes)})" if (codes := codes_by_reason.get(reason)) else "")
        for reason, count in counts.items()
    )


def _reason_to_wait(code: str) -> str:
    if code == USER_ORDER:
        return "order of a user's events"
    if code == "TOO_MANY_REQUESTS":
        return "rate limit"
    return "settings" if code == _SETTINGS else "partner"


def _render_count(progress: Progress, estimate: str) -> str:
    if progress.total is None:
        return f"{progress.done:,}"
    return f"{progress.done:,} of {'' if progress.is_total_exact else estimate}{progress.total:,}"


def _render_rate(per_second: float) -> str:
    if 0 < per_second < 1:
        return f"{per_second * _SECONDS_PER_MINUTE:.1f}/min"
    return f"{per_second:,.0f}/s"


def _render_paces(paces: Sequence[Pace]) -> str:
    limits = (
        f"{pace.limit} {pace.per_minute:,}/min"
        + (f", paused for {render_duration(pace.paused)}" if pace.paused else "")
        for pace in paces
    )
    return f"paced: {', '.join(limits)}" if paces else ""


def render_duration(seconds: float) -> str:
    """Return a duration in its two largest units."""
    rounded = max(round(seconds), 1)
    if rounded < _SECONDS_PER_MINUTE:
        return f"{rounded} s"
    if rounded < _SECONDS_PER_HOUR:
        return f"{round(rounded / _SECONDS_PER_MINUTE)} min"
    hours, minutes = divmod(rounded // _SECONDS_PER_MINUTE, 60)
    return f"{hours:,} h {minutes} min"


def choose_reporter(
    measure: Callable[[], Progress], *, log_format: LogFormat, is_quiet: bool
) -> ProgressReporter:
    """Return what shows the progress: a bar where standard error is a terminal, otherwise lines."""
    if is_quiet:
        return ProgressReporter(
            measure=measure, show=_ignore, erase=_ignore, interval=LINE_INTERVAL
        )
    if log_format == "text" and can_redraw(sys.stderr):
        bar = ProgressBar()
        return ProgressReporter(
            measure=measure, show=bar.show, erase=bar.erase, interval=BAR_INTERVAL
        )
    show = partial(_write_progress, log_format)
    return ProgressReporter(measure=measure, show=show, erase=_ignore, interval=LINE_INTERVAL)


class ProgressBar:
    """A line on the terminal of standard error that is shown in place."""

    def __init__(self) -> None:
        self._is_shown = False

    def show(self, progress: Progress) -> None:
        """Show the progress, as wide as the terminal is by now."""
        # A character in the last column makes some terminals start a new line.
        width = (terminal_width(sys.stderr) or _DEFAULT_WIDTH) - 1
        bar = render_bar(progress, width, has_color=has_color(sys.stderr))
        write_to_stderr(_ERASE_LINE + bar)
        self._is_shown = True

    def erase(self) -> None:
        """Take the line away, if there is one."""
        if self._is_shown:
            write_to_stderr(_ERASE_LINE)
            self._is_shown = False


def _write_progress(log_format: LogFormat, progress: Progress) -> None:
    details = progress_details(progress) if log_format == "json" else None
    write_message(render_progress(progress), log_format=log_format, details=details)


def _ignore(*_: object) -> None:
    pass
