"""The durable queue between the ingress and the workers."""

from destination_host.queue.interface import (
    Queue as Queue,
    QueueError as QueueError,
    QueueFullError as QueueFullError,
    QueueInUseError as QueueInUseError,
)
from destination_host.queue.records import (
    FINAL as FINAL,
    KILLED_ITS_WORKER as KILLED_ITS_WORKER,
    MAX_ATTEMPT_BYTES as MAX_ATTEMPT_BYTES,
    MAX_KILLS as MAX_KILLS,
    WHOLE_INSTANCE as WHOLE_INSTANCE,
    Exported as Exported,
    Failure as Failure,
    Filter as Filter,
    Found as Found,
    InstanceStats as InstanceStats,
    NewEvent as NewEvent,
    Purged as Purged,
    RejectedItem as RejectedItem,
    Replayed as Replayed,
    Retention as Retention,
    Route as Route,
    Settlement as Settlement,
    Shown as Shown,
    Stats as Stats,
    Status as Status,
    Taken as Taken,
)
