"""Attacks on waits: no Retry-After fails events that have time left, or stops a scheduler."""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

import httpx
import pytest

from destination_kit import (
    Action,
    Catalog,
    Destination,
    Failed,
    HTTPError,
    InvalidAuthenticationError,
    RateLimit,
    RetryableError,
)
from destination_kit._backoff import LONGEST_WAIT
from destination_kit.delivery import Completed, Limits, LineSource, RetryPolicy, deliver_lines
from destination_kit.http import Budgets
from destination_kit.http.codec import decode_response
from tests.kit.dkit import track, write

pytestmark = pytest.mark.attack

DATE = "Sun, 06 Nov 1994 08:49:37 GMT"


@dataclass(frozen=True, kw_only=True)
class Header:
    """A response's header, and the wait that the kit may read in it."""

    text: str
    #: The header Date of the same response.
    date: str = DATE
    expected: float | None = None
    held_before: bool = False


HEADERS = {
    "longer than any run": Header(text="20000"),
    "18 digits": Header(text="9" * 18),
    "more digits than a float has": Header(text="9" * 400, held_before=True),
    "so many digits that reading them takes long": Header(text="1" * 2_000_000, held_before=True),
    "an exponent": Header(text="1e18"),
    "an exponent beyond a float": Header(text="1e400", held_before=True),
    "an exponent that is short": Header(text="1e2"),
    "infinity": Header(text="Infinity", held_before=True),
    "NaN": Header(text="nan", held_before=True),
    "a negative number": Header(text="-120", held_before=True),
    "underscores": Header(text="1_20"),
    "Arabic digits": Header(text="١٢٠"),
    "hexadecimal": Header(text="0x78", held_before=True),
    "a plus sign": Header(text="+120"),
    "two values": Header(text="20000, 1", held_before=True),
    "a date in 2999": Header(text="Wed, 21 Oct 2999 07:28:00 GMT"),
    "a date in year 0": Header(text="Wed, 21 Oct 0000 07:28:00 GMT", held_before=True),
    "a year of many digits": Header(text="Wed, 21 Oct 99999999999 07:28:00 GMT", held_before=True),
    "a date with a zone of a year": Header(
        text="Sun, 06 Nov 1994 08:50:37 -9999999", held_before=True
    ),
    "a date by the clock of the partner": Header(
        text="Sun, 06 Nov 1994 08:50:37 GMT", expected=60.0
    ),
    "a clock that is a year ahead": Header(
        text="Mon, 06 Nov 2028 08:50:37 GMT", date="Mon, 06 Nov 2028 08:49:37 GMT", expected=60.0
    ),
    "a date before the response": Header(text="Sun, 06 Nov 1994 08:49:36 GMT", held_before=True),
    "asctime": Header(text="Sun Nov  6 08:50:37 1994", expected=60.0),
    "a date in year 9999": Header(text="Fri, 31 Dec 9999 23:59:59 GMT"),
    "a partner who lives in year 9999": Header(
        text="Fri, 31 Dec 9999 23:59:59 GMT", date="Fri, 31 Dec 9999 23:58:59 GMT", expected=60.0
    ),
    "a partner who lives in year 1": Header(
        text="Mon, 01 Jan 0001 00:01:00 GMT", date="Mon, 01 Jan 0001 00:00:00 GMT", expected=60.0
    ),
    "a zone that moves a date by hours": Header(
        text="Sun, 06 Nov 1994 08:50:37 -0800", held_before=True
    ),
    "a unit": Header(text="120s", held_before=True),
    "a date beside a number": Header(text="120, Sun, 06 Nov 1994 08:50:37 GMT", held_before=True),
    "minus infinity": Header(text="-inf", held_before=True),
    "a Date that is no date": Header(
        text="Sun, 06 Nov 1994 08:50:37 GMT", date="(" * 100_000, held_before=True
    ),
    "a date behind a long comment": Header(
        text=f"Sun, 06 Nov 1994 ({'(' * 50_000}) 08:50:37", held_before=True
    ),
}


class Raising:
    """A number whose conversion fails."""

    def __float__(self) -> float:
        """Fail."""
        raise RuntimeError("no number")


@dataclass(frozen=True, kw_only=True)
class Value:
    """A wait that an author passes."""

    value: object
    expected: float | None = None
    held_before: bool = False


VALUES = {
    "absurd": Value(value=1e18, expected=LONGEST_WAIT),
    "for ever": Value(value=math.inf, expected=LONGEST_WAIT),
    "NaN": Value(value=math.nan),
    "before now": Value(value=-5.0),
    "since ever": Value(value=-math.inf),
    "an int beyond a float": Value(value=10**400, expected=LONGEST_WAIT),
    "an int below a float": Value(value=-(10**400)),
    "True": Value(value=True),
    "a Decimal": Value(value=Decimal("2.5"), expected=2.5),
    "a Decimal beyond a float": Value(value=Decimal("1e999"), expected=LONGEST_WAIT),
    "a Decimal that signals": Value(value=Decimal("sNaN")),
    "a Fraction": Value(value=Fraction(5, 2), expected=2.5),
    "a complex number": Value(value=1j),
    "a duration": Value(value=timedelta(days=1)),
    "a text": Value(value="20000"),
    "a number that fails": Value(value=Raising()),
    "an ordinary wait": Value(value=7.0, expected=7.0, held_before=True),
}


@pytest.mark.parametrize("name", HEADERS)
def test_a_header_names_a_wait_that_can_be_believed_or_none(name):
    header = HEADERS[name]
    headers = {"retry-after": header.text, "date": header.date}
    response = decode_response(429, headers, b"", lambda text: text)
    assert response.retry_after == header.expected


WAYS: Mapping[str, Callable[[object], object]] = {
    "Failed": lambda wait: Failed("A", "a", retryable=True, retry_after=wait),
    "RetryableError": lambda wait: RetryableError("a", retry_after=wait),
    "HTTPError": lambda wait: HTTPError("a", 429, retry_after=wait),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", VALUES)
def test_a_wait_of_an_author_is_a_number_that_a_scheduler_takes(name, way):
    retry_after = WAYS[way](VALUES[name].value).retry_after
    assert retry_after == VALUES[name].expected
    assert type(retry_after) in {int, float, type(None)}


@pytest.mark.parametrize("name", VALUES)
def test_a_wait_for_settings_is_a_minute_at_least_and_a_number(name):
    failed = Failed("A", "a", remedy="settings", retry_after=VALUES[name].value)
    assert 60.0 <= failed.retry_after <= LONGEST_WAIT


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """What the partner, or the author, answers once in the middle of a run."""

    status: int = 429
    headers: Mapping[str, str] | Sequence[tuple[str, str]] = ()
    #: What `perform` raises instead of sending.
    error: Exception | None = None
    #: Whether the destination declares a rate limit.
    is_limited: bool = True
    retry_for: float = 14_400.0
    held_before: bool = False


REFUSALS = {
    "429 for longer than the run": Refusal(headers={"retry-after": "20000"}),
    "429 until 2999": Refusal(headers={"retry-after": "Wed, 21 Oct 2999 07:28:00 GMT"}),
    "429 for 1e18": Refusal(headers={"retry-after": "1000000000000000000"}),
    "429 for most of the run": Refusal(headers={"retry-after": "14000"}),
    "429 for longer than a short run": Refusal(headers={"retry-after": "30"}, retry_for=20.0),
    "429 without a declared limit": Refusal(headers={"retry-after": "20000"}, is_limited=False),
    "503 for longer than the run": Refusal(status=503, headers={"retry-after": "20000"}),
    "an author's wait of 1e18": Refusal(error=RetryableError("later", retry_after=1e18)),
    "an author's wait for ever": Refusal(error=RetryableError("later", retry_after=math.inf)),
    "an author's NaN": Refusal(
        error=RetryableError("later", retry_after=math.nan), held_before=True
    ),
    "429 without a wait": Refusal(held_before=True),
    "429 with two header lines": Refusal(
        headers=[("retry-after", "20000"), ("retry-after", "1")], held_before=True
    ),
    "429 for a second by a clock that is years ahead": Refusal(
        headers={
            "retry-after": "Mon, 06 Nov 2098 08:50:38 GMT",
            "date": "Mon, 06 Nov 2098 08:50:37 GMT",
        }
    ),
    "503 until year 9999": Refusal(
        status=503, headers={"retry-after": "Fri, 31 Dec 9999 23:59:59 GMT"}
    ),
    "401 for longer than the run": Refusal(
        status=401, headers={"retry-after": "20000"}, held_before=True
    ),
    "403 for longer than the run": Refusal(
        status=403, headers={"retry-after": "20000"}, held_before=True
    ),
    "503 for longer than a short run": Refusal(
        status=503, headers={"retry-after": "30"}, retry_for=20.0, held_before=True
    ),
    "401 with a wait": Refusal(
        error=InvalidAuthenticationError("no", retry_after=1e18), held_before=True
    ),
}
EVENTS = 40


def destination(refusal: Refusal) -> Destination:
    calls = Counter()

    async def perform(context, payload):
        calls["perform"] += 1
        if refusal.error and calls["perform"] == EVENTS // 4:
            raise refusal.error
        return (await context.http.post("https://api.acme.example/v1", json={}, safe=True)).body

    return Destination(
        slug="partner",
        name="Partner",
        actions={"say": Action(title="Say", trigger='type = "track"', perform=perform)},
        rate_limits=(lambda method, url: (RateLimit("calls", 60_000),))
        if refusal.is_limited
        else None,
    )


@pytest.mark.parametrize("name", REFUSALS)
async def test_one_refusal_makes_no_dead_letter_while_there_is_time(name, tmp_path):
    refusal, calls, outcomes = REFUSALS[name], Counter(), Counter()

    def respond(request: httpx.Request) -> httpx.Response:
        calls["http"] += 1
        if not refusal.error and calls["http"] == EVENTS // 4:
            return httpx.Response(refusal.status, headers=refusal.headers)
        return httpx.Response(200, json={})

    class Listener:
        def on_outcome(self, outcome):
            outcomes["open" if outcome.is_open else "ok" if outcome.result.ok else "dead"] += 1

        def on_retry_wait(self, code, change):
            pass

    document = {
        "destination": "partner",
        "settings": {},
        "subscriptions": [{"name": "Say", "action": "say", "mapping": {}}],
    }
    instance = Catalog.of(destination(refusal)).configure(document)
    limits = Limits(concurrency=4, retry=RetryPolicy(time_limit=refusal.retry_for))
    longest_wait = refusal.retry_for / 2  # as `dkit deliver` has it
    transport = httpx.MockTransport(respond)
    with write(tmp_path / "e.jsonl", *track(*["a"] * EVENTS)).open("rb") as file:
        async with instance.open(transport, budgets=Budgets(longest_wait=longest_wait)) as live:
            source = LineSource(file.fileno())
            await deliver_lines(live, source, limits, Completed(), Listener())
    assert not outcomes["dead"]
    assert outcomes["open"] or outcomes["ok"] == EVENTS


def test_at_most_half_of_the_attempts_held_before():
    attempts = [*HEADERS.values(), *VALUES.values(), *REFUSALS.values()]
    assert len(attempts) >= 35
    assert sum(attempt.held_before for attempt in attempts) <= len(attempts) / 2
