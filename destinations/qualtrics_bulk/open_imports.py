"""Open imports: jobs that Qualtrics works on, and those whose response was lost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import monotonic, time
from typing import Final

from destination_kit import Context, HTTPError, JsonObject, RetryableError
from destinations.qualtrics_bulk import api
from destinations.qualtrics_bulk.api import Place, as_object
from destinations.qualtrics_bulk.failures import is_not_found

# Qualtrics runs 25 jobs of a brand at once, and refuses further ones when 100 wait
# (`ContactImportsApi.java` in https://github.com/wtx-labs/qualtrics-api-client-java). More than 25
# of ours would end no sooner, and take the places of the brand's other imports.
MAX_JOBS: Final = 25
#: Seconds after which a job that is no longer polled gives its place back.
_FORGOTTEN_AFTER: Final = 3600.0
# No public source says how long a job takes.
#: Seconds after which an import whose response was lost has ended, or never began.
_SETTLED_AFTER: Final = 600.0
_PAUSE: Final = 10.0
#: Seconds for which a store remembers an import.
_TTL: Final = 86_400.0


@dataclass(slots=True)
class OpenImports:
    """Imports of one catalog that have not ended.

    An import has no idempotency key, and no call lists jobs. So an import is written down before
    its request leaves, in the store of the instance where it has one. If its response is lost, or
    its process is killed, rows that could be repeated wait until it has ended.
    """

    #: Seconds since 1970.
    clock: Callable[[], float] = time
    #: Host -> job id -> when it was last known to run, in monotonic seconds.
    _running: dict[str, dict[str, float]] = field(default_factory=dict)
    #: Key of a list -> name of an import -> when it began, and its job id where that is known.
    _started: dict[str, dict[str, JsonObject]] = field(default_factory=dict)
    #: Names of imports that this process sends or polls.
    _known: set[str] = field(default_factory=set)

    def check_capacity(self, context: Context) -> None:
        """Raise `RetryableError` where as many jobs run as Qualtrics runs at once."""
        now, running = monotonic(), self._running.setdefault(_host(context), {})
        for job_id in [job for job, seen in running.items() if now - seen > _FORGOTTEN_AFTER]:
            del running[job_id]
        if len(running) >= MAX_JOBS:
            raise RetryableError(
                f"{MAX_JOBS} imports run, and Qualtrics runs no more at once: this one waits.",
                code="IMPORT_QUEUE_FULL",
                retry_after=_PAUSE,
            )

    async def begin(self, context: Context, place: Place) -> str:
        """Write an import down; return its name."""
        # At the top of the module, `secrets` would delay commands that send nothing.
        from secrets import token_hex

        name = token_hex(8)
        self._known.add(name)
        started = await self._load(context, place)
        started[name] = {"since": self.clock()}
        self._running.setdefault(_host(context), {})[name] = monotonic()
        await self._save(context, place)
        return name

    async def record_job(self, context: Context, place: Place, name: str, job_id: str) -> None:
        """Write the job of an import down."""
        started = await self._load(context, place)
        started[name] = {**started.get(name, {}), "job": job_id}
        running = self._running.setdefault(_host(context), {})
        running.pop(name, None)
        running[job_id] = monotonic()
        await self._save(context, place)

    async def forget(self, context: Context, place: Place, name: str) -> None:
        """Remove an import that did not begin."""
        (await self._load(context, place)).pop(name, None)
        self.lose(context, name)
        await self._save(context, place)

    def lose(self, context: Context, name: str) -> None:
        """Note that the response to an import is lost, so that nothing polls it."""
        self._known.discard(name)
        self._running.get(_host(context), {}).pop(name, None)

    def keep(self, context: Context, job_id: str) -> None:
        """Remember that a job runs."""
        self._running.setdefault(_host(context), {})[job_id] = monotonic()

    async def finish(self, context: Context, place: Place, job_id: str) -> None:
        """Remove a job that has ended."""
        self._running.get(_host(context), {}).pop(job_id, None)
        started = await self._load(context, place)
        ended = [name for name, record in started.items() if record.get("job") == job_id]
        for name in ended:
            del started[name]
            self._known.discard(name)
        if ended:
            await self._save(context, place)

    async def check_settled(self, context: Context, place: Place) -> None:
        """Raise `RetryableError` while an import that nothing polls may still add rows."""
        started = await self._load(context, place)
        for name, record in list(started.items()):
            if name in self._known:
                continue
            is_old = self.clock() - _since(record) >= _SETTLED_AFTER
            if not is_old and not await _has_ended(context, place, record):
                raise RetryableError(
                    "The response to an earlier import of this list was lost, and Qualtrics may"
                    " still work on it: rows that it could repeat wait until it has ended.",
                    code="IMPORT_IN_DOUBT",
                    retry_after=_PAUSE,
                )
            await self.forget(context, place, name)

    async def _load(self, context: Context, place: Place) -> dict[str, JsonObject]:
        key = _key(place)
        if key not in self._started:
            stored = as_object(await context.cache.get(key))
            read = {name: as_object(record) for name, record in stored.items()}
            # Another task may have begun an import during the read.
            self._started[key] = {**read, **self._started.get(key, {})}
        return self._started[key]

    async def _save(self, context: Context, place: Place) -> None:
        key = _key(place)
        await context.cache.set(key, dict(self._started[key]), ttl=_TTL)


async def _has_ended(context: Context, place: Place, record: Mapping[str, object]) -> bool:
    job_id = record.get("job")
    if not isinstance(job_id, str):
        return False
    try:
        return (await api.get_status(context, place, job_id)).is_finished
    except HTTPError as error:
        if is_not_found(error):
            return True
        raise


def _since(record: Mapping[str, object]) -> float:
    since = record.get("since")
    return float(since) if isinstance(since, int | float) else 0.0


def _host(context: Context) -> str:
    return str(context.settings["datacenter"])


def _key(place: Place) -> str:
    return f"imports {place.directory_id} {place.mailing_list_id}"
