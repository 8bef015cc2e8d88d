"""Options of simulated bulk imports and transaction batches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from destinations.qualtrics.simulator.record_loader import Between

Count = Annotated[int, Between(1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportSettings:
    """Validation of bulk imports, their limits, and how long their jobs take."""

    # The vendor's specification names the three limits (`ContactImportsApi.java` in
    # https://github.com/wtx-labs/qualtrics-api-client-java).
    #: The largest number of contacts in one import.
    contacts_per_call: Count = 10_000
    #: The largest number of jobs that run at once; further ones wait.
    running_jobs: Count = 25
    #: The largest number of unfinished jobs of the brand; further imports are refused.
    queued_jobs: Count = 100
    # No public source names the status.
    #: The status of an import that is refused because too many jobs wait.
    queue_full_status: Literal[400, 429, 503] = 429
    #: Seconds that a job takes once it runs. Its contacts appear at the end.
    duration: Annotated[float, Between(0)] = 0.0
    #: How many polls find a job in progress, even where it takes no time.
    unfinished_polls: Annotated[int, Between(0)] = 1
    #: Whether the jobs of one mailing list run one after the other, as Qualtrics documents it.
    sequential: bool = True
    #: The status of a response that has started a job; the specification says 202.
    status: Literal[200, 202] = 202
    # One public client waits for `complete`, another one for 100 %. No source lists the spellings.
    #: The `status` of a job that has ended.
    complete_status: str = "complete"
    # The specification says that counts of 0 at 100 % usually mean an unknown directory, list or
    # batch. So such an import is accepted.
    #: The treatment of an import into a directory or mailing list that does not exist.
    unknown_place: Literal["accept", "refuse"] = "accept"
    # One page of the specification says that nothing can be imported, another one that transactions
    # are not created.
    #: What is imported where the transaction batch does not exist: nothing, or the contacts.
    unknown_batch: Literal["nothing", "contacts"] = "nothing"
    #: The key of a report's contacts: `results` as the specification has it, or `result`.
    report_key: Literal["results", "result"] = "results"
    #: The number of contacts on a page of a report.
    report_page: Count = 1000
    #: Whether the transactions of a batch are listed with their data.
    batch_data: bool = True
