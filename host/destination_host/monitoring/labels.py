"""Labels of metrics: bounded in number, and never a text that an event or a partner brings."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Final, TypeAlias

DeliveryLabels: TypeAlias = tuple[str, str, str, str]
"""(instance, action, outcome, code) of a delivery."""

OTHER: Final = "other"
"""The label of what is not shown, or of what comes after the last series that is."""

# With the other metrics, 50 instances and 50 sources stay below 2,000 series.
_MOST_SERIES: Final = 1000
_LEAST_OF_AN_INSTANCE: Final = 8
# An author's code may be made of an id; those have lower-case letters or many digits.
_CODE: Final = re.compile(r"(?!.*\d{4})[A-Z0-9_]{1,64}")
_LIMIT_NAME: Final = re.compile(r"(?!.*\d{4})[A-Za-z0-9 _-]{1,64}")
_MOST_ENDPOINTS: Final = 100


class DeliveryLabelLimit:
    """The labels of deliveries that have a series; those beyond share one for each outcome."""

    def __init__(self) -> None:
        self._known: defaultdict[str, set[DeliveryLabels]] = defaultdict(set)
        self._most = _MOST_SERIES

    def replace_instances(self, instances: Collection[str]) -> list[DeliveryLabels]:
        """Share the series among these instances; return the labels of all others."""
        self._most = max(_LEAST_OF_AN_INSTANCE, _MOST_SERIES // max(1, len(instances)))
        gone = [name for name in self._known if name not in instances]
        return [labels for name in gone for labels in self._known.pop(name)]

    def fit(self, labels: DeliveryLabels) -> DeliveryLabels:
        """Return the labels under which a delivery is counted."""
        instance, action, outcome, code = labels
        known = self._known[instance]
        if code and not _CODE.fullmatch(code):
            code = OTHER
        labels = instance, action, outcome, code
        if labels not in known and len(known) >= self._most:
            labels = instance, OTHER, outcome, OTHER
        known.add(labels)
        return labels


def merge_budgets(budgets: Iterable[tuple[str, str, int]]) -> dict[str, int]:
    """Return endpoint -> the requests that may leave at once, of (destination, limit, requests).

    Of several accounts it is the one with the fewest: their names may be made of credentials.
    """
    merged: dict[str, int] = {}
    for destination, limit, requests in budgets:
        name = limit if _LIMIT_NAME.fullmatch(limit) else OTHER
        endpoint = f"{destination} {name}"
        if endpoint in merged or len(merged) < _MOST_ENDPOINTS:
            merged[endpoint] = min(requests, merged.get(endpoint, requests))
    return merged
