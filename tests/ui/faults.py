"""Documents with one fault each: the checks must find it, or they prove nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

Json = dict[str, Any]


def _missing_field(form: Json, schema: Json, layout: Json) -> None:
    del schema["properties"]["datacenter"]
    schema["required"].remove("datacenter")
    layout["elements"] = [
        each for each in layout.get("elements", ()) if each["scope"] != "#/properties/datacenter"
    ]


def _wrong_label(form: Json, schema: Json, layout: Json) -> None:
    schema["properties"]["datacenter"]["title"] = "Data centre"


def _unmasked_secret(form: Json, schema: Json, layout: Json) -> None:
    for rules in (schema["properties"]["apiToken"], *schema["properties"]["apiToken"]["oneOf"]):
        rules.pop("writeOnly", None)
        rules.pop("format", None)
    layout.pop("apiToken", None)
    for each in layout.get("elements", ()):
        each.pop("options", None)


def _misplaced_error(form: Json, schema: Json, layout: Json) -> None:
    """Blame the token for a data center that is missing."""
    schema["required"].remove("datacenter")


def _changing_form(form: Json, schema: Json, layout: Json) -> None:
    """Give back another text than was loaded."""
    schema["required"].remove("datacenter")
    form["expected"] = None
    form["starts"] = [{**form["starts"][0], "text": '{"apiToken":"x"}', "was": '{"apiToken":"y"}'}]


def _unnamed_input(form: Json, schema: Json, layout: Json) -> None:
    for choice in schema["properties"]["apiToken"]["oneOf"][:1]:
        choice["title"] = ""


FAULTS: dict[str, tuple[Callable[[Json, Json, Json], None], str]] = {
    "a missing field": (_missing_field, "fields"),
    "a wrong label": (_wrong_label, "fields"),
    "an unmasked secret": (_unmasked_secret, "secret"),
    "a misplaced error": (_misplaced_error, "required"),
    "a changed value": (_changing_form, "trip"),
    "an input without a name": (_unnamed_input, "axe"),
}
"""fault -> what seeds it into a settings form, and the kind of finding that must come of it."""


def seeded(form: Json, schema: Json, layout: Json) -> Iterator[tuple[str, str, Json, Json, Json]]:
    """Yield each fault's name, its finding, and the form with its documents and that fault."""
    for name, (spoil, kind) in FAULTS.items():
        spoilt = deepcopy((form, schema, layout))
        spoil(*spoilt)
        yield name, kind, *spoilt
