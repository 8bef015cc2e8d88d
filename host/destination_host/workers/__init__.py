"""Workers: they take deliveries from the queue, send them through the kit, and settle each."""

from destination_host.workers.attempt_reports import (
    AttemptReport as AttemptReport,
    SubscriptionOutcome as SubscriptionOutcome,
    list_outcomes as list_outcomes,
)
from destination_host.workers.dispatcher import Dispatcher as Dispatcher
