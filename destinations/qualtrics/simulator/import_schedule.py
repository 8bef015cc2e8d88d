"""Schedule of bulk imports: when each job runs, and which have ended."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from destinations.qualtrics.simulator.import_config import ImportSettings
    from destinations.qualtrics.simulator.json_types import Json


@dataclass(frozen=True, slots=True)
class TransactionMeta:
    """The `transactionMeta` of an import."""

    batch_id: str
    #: The names that transactions may have, and embedded data may not.
    fields: frozenset[str]


@dataclass(slots=True)
class ImportJob:
    """A bulk import; all times are seconds since 1970."""

    directory_id: str
    list_id: str
    #: The contacts of the request by index, without those that are unprocessed.
    rows: Mapping[int, Mapping[str, Json]]
    meta: TransactionMeta | None
    ends_at: float = 0.0
    #: The line of each contact in the report; empty until the job ends.
    report: list[dict[str, Json]] = field(default_factory=list)
    #: Contacts that were new.
    added: int = 0
    has_ended: bool = False
    #: How many more polls find it in progress.
    polls_left: int = 0


@dataclass(slots=True)
class ImportSchedule:
    """The jobs of a brand."""

    #: Every job by id.
    jobs: dict[str, ImportJob] = field(default_factory=dict)
    #: Ids of the jobs that have not ended.
    unfinished: dict[str, None] = field(default_factory=dict)

    def is_full(self, settings: ImportSettings) -> bool:
        """Return whether a further import is refused."""
        return len(self.unfinished) >= settings.queued_jobs

    def add(self, job_id: str, job: ImportJob, settings: ImportSettings, now: float) -> None:
        """Start a job, or let it wait for those before it."""
        waiting = [self.jobs[other] for other in self.unfinished]
        ends = sorted(other.ends_at for other in waiting)
        # With all places taken, a place is free when so many others have ended that one remains.
        starts = [now, *ends[: len(ends) - settings.running_jobs + 1]]
        if settings.sequential:
            starts += [other.ends_at for other in waiting if other.list_id == job.list_id]
        job.ends_at = max(starts) + settings.duration
        job.polls_left = settings.unfinished_polls
        self.jobs[job_id] = job
        self.unfinished[job_id] = None

    def run(self, now: float, apply: Callable[[ImportJob], None]) -> None:
        """Apply every job whose time is over."""
        if not self.unfinished:
            return
        due = [job_id for job_id in self.unfinished if self.jobs[job_id].ends_at <= now]
        for job_id in sorted(due, key=lambda name: self.jobs[name].ends_at):
            del self.unfinished[job_id]
            apply(self.jobs[job_id])
            self.jobs[job_id].has_ended = True
