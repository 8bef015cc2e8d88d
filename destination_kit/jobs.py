"""Jobs: work that a partner accepts now and finishes later; the kit submits it once, then polls."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Final, TypeAlias

from destination_kit._json import Json
from destination_kit.results import Submitted

Submit: TypeAlias = Callable[[Sequence[int]], Awaitable[object]]
"""Positions of the payloads that have no job -> what the author's function returns for them."""

Poll: TypeAlias = Callable[[Sequence[Json]], Awaitable[object]]
"""Jobs -> one response per job, in order."""

#: Seconds between two polls where the author names none.
_PAUSE: Final = 1.0
# Polling ends before the deadline does. A delivery that is cancelled there has no job to go on
# with, and would be submitted again.
_SHARE, _LONGEST_MARGIN = 0.1, 1.0


@dataclass(frozen=True, slots=True)
class PollFailure:
    """A poll raised, so the job may still run."""

    job: Json
    error: BaseException


async def run_jobs(submit: Submit, poll: Poll, jobs: Sequence[Json], until: float) -> object:
    """Submit the payloads without a job, and poll all jobs; return one response per payload.

    `jobs` holds None for a payload without one. A job that is unfinished shortly before `until`,
    in monotonic seconds, stays a `Submitted`. What is no list of responses is returned unchanged.
    """
    now = monotonic()
    end = until - min((until - now) * _SHARE, _LONGEST_MARGIN)
    responses: list[object] = [None if job is None else Submitted(job, 0.0) for job in jobs]
    fresh = [position for position, job in enumerate(jobs) if job is None]
    if fresh:
        submitted = await submit(fresh)
        if isinstance(submitted, Submitted):
            submitted = [submitted] * len(fresh)
        if not isinstance(submitted, list | tuple) or len(submitted) != len(fresh):
            return submitted if len(fresh) == len(jobs) else _fill(responses, fresh, submitted)
        for position, response in zip(fresh, submitted, strict=True):
            responses[position] = response
    while pending := [i for i, response in enumerate(responses) if isinstance(response, Submitted)]:
        pause = min(map(_pause_of, responses))
        if monotonic() + pause >= end:
            break
        await asyncio.sleep(pause)
        for position, response in zip(
            pending, await _poll(poll, [_job(responses[i]) for i in pending], end), strict=True
        ):
            responses[position] = response
    return responses


def _fill(responses: list[object], fresh: Sequence[int], returned: object) -> object:
    """Fail the fresh payloads, whose responses cannot be assigned, and keep the jobs of others."""
    error = TypeError(f"{len(fresh)} responses were expected, not {type(returned).__name__}")
    for position in fresh:
        responses[position] = error
    return responses


async def _poll(poll: Poll, jobs: Sequence[Json], end: float) -> Sequence[object]:
    try:
        async with asyncio.timeout(end - monotonic()):
            responses = await poll(jobs)
    except TimeoutError:
        # The next attempt polls again.
        return [Submitted(job, _LONGEST_MARGIN * 10) for job in jobs]
    except Exception as error:  # noqa: BLE001 - whatever an author's function raises, the job may still run
        return [PollFailure(job, error) for job in jobs]
    if not isinstance(responses, list | tuple) or len(responses) != len(jobs):
        mismatch = TypeError(f"poll must return a list of {len(jobs)} responses, one per job")
        return [PollFailure(job, mismatch) for job in jobs]
    return responses


def _job(response: object) -> Json:
    return response.job if isinstance(response, Submitted) else None


def _pause_of(response: object) -> float:
    if not isinstance(response, Submitted):
        return float("inf")
    return _PAUSE if response.retry_after is None else max(response.retry_after, 0.0)
