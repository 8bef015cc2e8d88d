"""Documents with one fault each: the checks must find it, or they prove nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

Json = dict[str, Any]


def _missing_field(schema: Json, layout: Json) -> None:
    del schema["properties"]["datacenter"]
    schema["required"].remove("datacenter")
    layout["elements"] = [
        each for each in layout.get("elements", ()) if each["scope"] != "#/properties/datacenter"
    ]


def _wrong_label(schema: Json, layout: Json) -> None:
    schema["properties"]["datacenter"]["title"] = "Data centre"


def _unmasked_secret(schema: Json, layout: Json) -> None:
    schema["properties"]["apiToken"].pop("format")
    layout.pop("apiToken", None)
    for each in layout.get("elements", ()):
        each.pop("options", None)


def _misplaced_error(schema: Json, layout: Json) -> None:
    """Blame the token for a data center that is wrong."""
    right = {"pattern": schema["properties"]["datacenter"].pop("pattern")}
    schema["if"] = {"properties": {"datacenter": {"not": right}}}
    schema["then"] = {"properties": {"apiToken": {"minLength": 100}}}


FAULTS: dict[str, tuple[Callable[[Json, Json], None], str]] = {
    "a missing field": (_missing_field, "fields"),
    "a wrong label": (_wrong_label, "fields"),
    "an unmasked secret": (_unmasked_secret, "secret"),
    "a misplaced error": (_misplaced_error, "error"),
}
"""fault -> what seeds it into a settings form, and the kind of finding that must come of it."""


def seeded(schema: Json, layout: Json) -> Iterator[tuple[str, str, Json, Json]]:
    """Yield each fault's name, its finding, and the settings' documents with that fault."""
    for name, (spoil, kind) in FAULTS.items():
        spoilt = deepcopy((schema, layout))
        spoil(*spoilt)
        yield name, kind, *spoilt
