"""Model of the queue: its promises, kept by the plainest code that can keep them."""

from dataclasses import dataclass, replace

from destination_host.queue import FINAL, KILLED_ITS_WORKER, MAX_KILLS, WHOLE_INSTANCE, Status

WAITING, IN_FLIGHT, PARKED = Status.WAITING, Status.IN_FLIGHT, Status.PARKED
PROBE_PAUSE = 60.0


@dataclass
class Row:
    number: int
    event: object
    instance: str
    key: str | None
    status: Status
    due: float
    finished_at: float | None = None
    reason: str = ""
    attempts: int = 0
    kills: int = 0
    is_suspect: bool = False
    is_overtaken: bool = False
    is_pinned: bool = False
    #: The scope in which it is parked, or that it probes.
    scope: str | None = None
    revision: str = ""
    progress: bytes = b""
    failures: tuple = ()

    @property
    def is_open(self):
        return self.status not in FINAL


class Model:
    def __init__(self, retention):
        self.retention, self.rows, self.known, self.probe_at = retention, [], {}, {}
        self.count = 0
        #: (instance, revision) -> until when it was used, None for that of now.
        self.revisions = {}

    def put(self, events, now):
        return [self._put(event, now) for event in events]

    def _put(self, event, now):
        if event.message_id is not None and (event.source, event.message_id) in self.known:
            return False
        self.known[event.source, event.message_id or object()] = event
        for route in event.routes:
            self.count += 1
            row = Row(self.count, event, route.instance, route.order_key, WAITING, now)
            if route.refusal is not None:
                row = replace(row, status=Status.SKIPPED, finished_at=now, reason=route.refusal)
            self.rows.append(row)
        return True

    def line(self, row):
        """Return the other deliveries of the same user and instance."""
        same = [(r.instance, r.key) == (row.instance, row.key) for r in self.rows]
        line = [r for r, is_same in zip(self.rows, same, strict=True) if is_same and r is not row]
        return line if row.key is not None else []

    def is_first(self, row):
        line = [other for other in self.line(row) if other.is_open]
        return not any(
            other.status is not WAITING or other.is_suspect or other.number < row.number
            for other in line
        )

    def take(self, room, now):
        if any(row.is_suspect and row.status is IN_FLIGHT for row in self.rows):
            return []
        suspects = [row for row in self.rows if row.is_suspect and row.instance in room]
        if suspects:
            is_alone = not any(r.status is IN_FLIGHT for r in self.rows)
            first = min(suspects, key=lambda row: (row.kills, row.number))
            return [self._lease(first)] if is_alone else []
        return [self._lease(r) for name in room for r in self._choose(name, room[name], now)]

    def scopes(self, instance):
        rows = (r for r in self.rows if r.instance == instance and r.scope is not None)
        return {r.scope for r in rows}

    def _choose(self, instance, room, now):
        rows = [r for r in self.rows if r.instance == instance]
        scopes, chosen = self.scopes(instance), []
        for scope in sorted({WHOLE_INSTANCE} if WHOLE_INSTANCE in scopes else scopes):
            parked = [r for r in rows if r.status is PARKED and r.scope == scope]
            if parked and self.probe_at[instance, scope] <= now and len(chosen) < room:
                self.probe_at[instance, scope] = now + PROBE_PAUSE
                chosen.append(min(parked, key=lambda row: (row.due, row.number)))
        if WHOLE_INSTANCE not in scopes:
            free = [r for r in rows if r.status is WAITING and r.due <= now and self.is_first(r)]
            free.sort(key=lambda row: (row.due, row.number))
            chosen += free[: max(0, room - len(chosen))]
        return chosen

    def _lease(self, row):
        row.status, row.attempts = IN_FLIGHT, row.attempts + 1
        return row

    def finish(self, settlements, now):
        rows = {row.number: row for row in self.rows if row.status is IN_FLIGHT}
        mended = set()
        for settlement in settlements:
            row, status = rows[settlement.delivery], settlement.status
            probed, row.scope = row.scope, None
            row.status, row.is_suspect, row.kills = status, False, 0
            row.due, row.finished_at = settlement.due, now if status in FINAL else None
            row.progress, row.failures = settlement.progress, tuple(settlement.failures)
            row.reason, row.revision = settlement.reason, settlement.revision
            if status is PARKED:
                row.due = now
                self._park(row, settlement.scope, now)
            elif status is Status.DELIVERED:
                mended |= {(row.instance, probed)} if probed is not None else set()
                for other in self.line(row):
                    if other.status is Status.DEAD and other.number < row.number:
                        other.is_overtaken = True
        for instance, scope in mended:
            self.release(instance, scope, now)

    def _park(self, row, scope, now):
        if scope not in self.scopes(row.instance):
            self.probe_at[row.instance, scope] = now + PROBE_PAUSE
        row.scope = scope

    def release(self, instance, scope, now):
        rows = [r for r in self.rows if r.status is PARKED and r.instance == instance]
        released = [r for r in rows if scope in (None, r.scope)]
        for row in released:
            row.status, row.due, row.scope = WAITING, now, None
        return len(released)

    def overtaken(self, row):
        delivered = [r for r in self.line(row) if r.status is Status.DELIVERED]
        return row.is_overtaken or any(other.number > row.number for other in delivered)

    def replay(self, rows, now, *, overwrite, is_pinned):
        chosen = [row for row in rows if overwrite or not self.overtaken(row)]
        for row in chosen:
            row.progress = row.progress if row.status is Status.DEAD else b""
            row.status, row.due, row.finished_at = WAITING, now, None
            row.is_pinned, row.reason, row.failures, row.kills = is_pinned, "", (), 0
        return len(chosen)

    def drop(self, rows, now, reason):
        for row in rows:
            row.status, row.reason, row.finished_at = Status.SKIPPED, reason, now
            row.scope, row.is_suspect = None, False

    def purge(self, now):
        age = {Status.DEAD: self.retention.dead}
        before = {id(row.event) for row in self.rows}
        self.rows = [
            row
            for row in self.rows
            if row.is_open or row.finished_at > now - age.get(row.status, self.retention.delivered)
        ]
        gone = before - {id(row.event) for row in self.rows}
        self.known = {
            key: event
            for key, event in self.known.items()
            if id(event) not in gone
            and (event.routes or event.received_at > now - self.retention.delivered)
        }

        unused_since = now - max(self.retention.dead, self.retention.delivered)
        self.revisions = {
            key: end for key, end in self.revisions.items() if end is None or end > unused_since
        }

    def expunge(self, rows, now):
        self.rows = [row for row in self.rows if row not in rows]
        kept = {id(row.event) for row in self.rows}
        emptied = {id(row.event) for row in rows} - kept
        remembered_from = now - self.retention.delivered
        self.known = {
            key: replace(event, routes=()) if id(event) in emptied else event
            for key, event in self.known.items()
            if id(event) not in emptied or event.received_at > remembered_from
        }

    def keep_revision(self, instance, revision, now):
        for key, end in self.revisions.items():
            if key[0] == instance and end is None:
                self.revisions[key] = now
        self.revisions[instance, revision] = None

    def end_process(self, now, *, is_kill):
        in_flight = [row for row in self.rows if row.status is IN_FLIGHT]
        for row in in_flight:
            row.status, row.scope, row.is_suspect = WAITING, None, is_kill or row.is_suspect
        if is_kill and len(in_flight) == 1:
            [row] = in_flight
            row.kills += 1
            if row.kills >= MAX_KILLS:
                row.status, row.is_suspect, row.finished_at = Status.DEAD, False, now
                row.failures = (KILLED_ITS_WORKER,)
        self.probe_at = dict.fromkeys(self.probe_at, now)
