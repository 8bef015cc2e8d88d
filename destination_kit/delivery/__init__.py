"""Delivery of a stream of events to final results, for command lines and hosts.

`deliver_lines` delivers JSON Lines: retries with backoff, order per user, outcomes, dead letters,
and resumption of a run that ended early. A host with a queue of its own calls `attempt_delivery`
for each message, which says what to send again and what to keep. It is made of parts that a host
may also use alone: `RetryPolicy` for the time of the next attempt, `user_key` for the order, `merge_results` for the
result of several attempts, and `create_dead_letter` for what failed.

The package reads no command line, writes to no terminal and handles no signals.
"""

from typing import TYPE_CHECKING

from destination_kit._lazy import lazy_attributes

if TYPE_CHECKING:  # type checkers do not run `__getattr__`, and would report unknown names
    from destination_kit._event_ids import read_id as read_id
    from destination_kit.delivery.attempts import (
        Attempt as Attempt,
        attempt_delivery as attempt_delivery,
    )
    from destination_kit.delivery.dead_letters import (
        DeadLetter as DeadLetter,
        create_dead_letter as create_dead_letter,
        parse_dead_letter as parse_dead_letter,
    )
    from destination_kit.delivery.deduplication import (
        MessageIdError as MessageIdError,
        MessageIdIndex as MessageIdIndex,
    )
    from destination_kit.delivery.event_filter import (
        EventFilter as EventFilter,
        create_event_filter as create_event_filter,
    )
    from destination_kit.delivery.event_review import EventReview as EventReview
    from destination_kit.delivery.events import (
        DeliveryRequest as DeliveryRequest,
        InvalidLine as InvalidLine,
        read_delivery_request as read_delivery_request,
        read_event as read_event,
    )
    from destination_kit.delivery.lines import Line as Line, Location as Location
    from destination_kit.delivery.outcomes import (
        Outcome as Outcome,
        OutcomeListener as OutcomeListener,
        result_record as result_record,
    )
    from destination_kit.delivery.resume import (
        EventMismatchError as EventMismatchError,
        ResultsError as ResultsError,
        ResultsIndex as ResultsIndex,
        load_results_index as load_results_index,
    )
    from destination_kit.delivery.retry import (
        RetryPolicy as RetryPolicy,
        merge_results as merge_results,
        transient_failures as transient_failures,
    )
    from destination_kit.delivery.runner import (
        Completed as Completed,
        Limits as Limits,
        deliver_lines as deliver_lines,
    )
    from destination_kit.delivery.settings_failures import (
        SettingsFailures as SettingsFailures,
    )
    from destination_kit.delivery.source import LineSource as LineSource
    from destination_kit.delivery.text_decoder import SourceError as SourceError
    from destination_kit.delivery.user_order import (
        USER_ORDER as USER_ORDER,
        user_key as user_key,
    )

_MODULES = {
    "Attempt": "attempts",
    "Completed": "runner",
    "DeadLetter": "dead_letters",
    "DeliveryRequest": "events",
    "EventFilter": "event_filter",
    "EventMismatchError": "resume",
    "EventReview": "event_review",
    "InvalidLine": "events",
    "Limits": "runner",
    "Line": "lines",
    "LineSource": "source",
    "Location": "lines",
    "MessageIdError": "deduplication",
    "MessageIdIndex": "deduplication",
    "Outcome": "outcomes",
    "OutcomeListener": "outcomes",
    "ResultsError": "resume",
    "ResultsIndex": "resume",
    "RetryPolicy": "retry",
    "SettingsFailures": "settings_failures",
    "SourceError": "text_decoder",
    "USER_ORDER": "user_order",
    "attempt_delivery": "attempts",
    "create_dead_letter": "dead_letters",
    "create_event_filter": "event_filter",
    "deliver_lines": "runner",
    "load_results_index": "resume",
    "merge_results": "retry",
    "parse_dead_letter": "dead_letters",
    "read_delivery_request": "events",
    "read_event": "events",
    "read_id": "user_order",
    "result_record": "outcomes",
    "transient_failures": "retry",
    "user_key": "user_order",
}
__all__ = list(_MODULES)
__getattr__ = lazy_attributes(__name__, _MODULES)


def __dir__() -> list[str]:
    return __all__
