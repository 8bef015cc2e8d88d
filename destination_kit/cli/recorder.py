"""Recorder: writes the outcomes of a run to files of results and dead letters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from destination_kit.delivery import Outcome, create_dead_letter, result_record

if TYPE_CHECKING:
    from destination_kit.cli.record_files import RecordFile
    from destination_kit.cli.summary import DeliveryCounts, FailureReasons
    from destination_kit.delivery import EventReview


@dataclass(slots=True, kw_only=True)
class Recorder:
    """`OutcomeListener` of `dkit deliver`: writes records and counts outcomes.

    Where a record cannot be written, the run stops: what is in flight is finished, and nothing
    further is sent.
    """

    counts: DeliveryCounts
    reasons: FailureReasons
    #: Collects what may surprise a person in the events.
    review: EventReview
    results: RecordFile
    dead_letters: RecordFile
    #: Stops the run.
    stop: Callable[[], None]
    #: Gets each outcome that has failed, for a person who watches.
    on_failure: Callable[[Outcome], None] | None = None
    #: Why the first record could not be written, and in which file; None where all were.
    write_error: OSError | None = None
    #: Whether a crash of the machine leaves the records that were written.
    is_synced: bool = True
    #: Lines whose outcome has no record.
    unrecorded: list[int] = field(default_factory=list)
    #: Those of them whose event the partner has, or may have.
    delivered_unrecorded: list[int] = field(default_factory=list)

    def on_outcome(self, outcome: Outcome) -> None:
        """Count the outcome of a line, and record it."""
        self.counts.add(outcome)
        self.reasons.add(outcome)
        self.review.add_outcome(outcome)
        if self.on_failure and outcome.has_failed:
            self.on_failure(outcome)
        if self.unrecorded:
            # A resumed run sends again what is above the low-water mark and has no record. The
            # runner takes every outcome for recorded, and its mark passes lines that are not.
            low_water = min(outcome.low_water, min(self.unrecorded) - 1)
            outcome = replace(outcome, low_water=low_water)
        try:
            self._record(outcome)
        except OSError as error:
            self.write_error = self.write_error or error
            self.unrecorded.append(outcome.line.number)
            if outcome.may_be_delivered:
                self.delivered_unrecorded.append(outcome.line.number)
            self.stop()

    def on_pending(self, outcome: Outcome) -> None:
        """Record a line as open: a resumed run polls its jobs, and knows of its doubts."""
        try:
            self.results.write(result_record(outcome))
        except OSError as error:
            self.write_error = self.write_error or error
            self.stop()

    def sync(self) -> None:
        """Write the records to the disk, the dead letters first; an error is kept."""
        # A result without its dead letter would lose the event.
        for file in (self.dead_letters, self.results):
            try:
                file.sync()
            except OSError as error:
                self.write_error, self.is_synced = self.write_error or error, False

    def on_retry_wait(self, code: str, change: int) -> None:
        """Count the events that wait for a retry, by the error code that they wait for."""
        self.counts.waiting[code] += change

    def _record(self, outcome: Outcome) -> None:
        """Write the records of an outcome.

        What a resumed run sends again becomes a dead letter only where no later run can resume.
        """
        # A resumed run skips a line that has a result. If the result came first, a kill between the
        # two would lose the dead letter.
        dead = outcome.dead_results(is_resumable=self.results.is_regular)
        is_invalid = outcome.invalid_line is not None and not outcome.is_incomplete
        if dead or is_invalid or (outcome.is_incomplete and not self.results.is_regular):
            self.dead_letters.write(create_dead_letter(outcome, dead))
        # An interrupted event that the partner cannot have gets no record. A resumed run sends the
        # whole event where it finds none.
        if outcome.may_be_delivered or outcome.is_parked or not outcome.is_interrupted:
            self.results.write(result_record(outcome))
