"""Reading of an exposition, and what the host promises to be in it."""

from prometheus_client.parser import text_string_to_metric_families

LABELS = {
    "dkit_events_received_total": {"source", "outcome"},
    "dkit_deliveries_total": {"instance", "action", "outcome", "code"},
    "dkit_delivery_attempts_total": set(),
    "dkit_delivery_duration_seconds": set(),
    "dkit_queue_deliveries": {"instance", "state"},
    "dkit_queue_oldest_seconds": {"instance"},
    "dkit_partner_budget_remaining": {"endpoint"},
    "dkit_commit_duration_seconds": set(),
}


def read_exposition(text):
    """Return (name, labels) -> value of each sample, labels as a frozen set of pairs."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def values_of(samples, name, *shown, **wanted):
    """Return the values of the labels in `shown` -> value, of the samples with these labels."""
    return {
        tuple(dict(labels)[label] for label in shown): value
        for (found, labels), value in samples.items()
        if found == name and wanted.items() <= dict(labels).items() and value
    }
