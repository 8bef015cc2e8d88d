"""Row D7 of instances: what cannot work is refused when an instance is configured, all at once.

Each of our problems must be one that the reference meets later, with some event or with every one.
"""

from __future__ import annotations

from tests.conformance import faults, row_refusals
from tests.conformance.cases import Case
from tests.conformance.places import as_they_place_it, places
from tests.conformance.row_instances import iter_fields
from tests.conformance.rows import definitions, leaves_out, subscriptions
from tests.conformance.spelling import spelled_out
from tests.conformance.wellformed import is_well_formed


def is_refused_when_configured(case: Case) -> bool:
    """D7: we refuse the instance, and each of our problems is one that the reference meets later."""
    problems = case.ours.get("error", {}).get("errors", [])
    return bool(problems) and all(_is_met_later(case, each["pointer"]) for each in problems)


def _is_met_later(case: Case, place: str) -> bool:
    match place.split("/")[1:]:
        case ["settings", "subscription" | "subscriptions", *number, "subscribe"]:
            return _is_no_trigger(case, int(number[0]) if number else 0)
        case ["settings", name]:
            return f"/{name}" in places(case.theirs.get("error", {"message": ""}))
        case ["subscriptions", number, "action"]:
            action = subscriptions(case.request)[int(number)]["partnerAction"]
            return action not in case.request["destination"]["actions"]
        case ["subscriptions", number, "trigger"]:
            return _is_unreadable(case, int(number))
        case ["subscriptions", number, "mapping", *_]:
            below = place.removeprefix(f"/subscriptions/{number}/mapping")
            return _fails_to_map(case, int(number), below)
        case _:
            return any(place in faults.bad_limits(each) for each in definitions(case.request))


def _is_no_trigger(case: Case, number: int) -> bool:
    trigger = subscriptions(case.request)[number].get("subscribe")
    return not isinstance(trigger, str) or not trigger


def _is_unreadable(case: Case, number: int) -> bool:
    trigger = subscriptions(case.request)[number]["subscribe"]
    return not is_well_formed(trigger) and spelled_out(trigger) is None


def _fails_to_map(case: Case, number: int, place: str) -> bool:
    """Say whether the mapping is invalid there, fails for every event, or leaves a field out."""
    subscription = subscriptions(case.request)[number]
    mapped = case.asides.get(f"mapped {number} 0", {})
    sure = row_refusals.certain(case.asides, f"{number} ")
    if any(f"{place}/".startswith(f"{each}/") for each in sure):
        return True
    moved = as_they_place_it(place, subscription["mapping"])
    if "error" in mapped and moved in places(mapped["error"]):
        return True
    name = place.removeprefix("/").replace("~1", "/").replace("~0", "~")
    is_required = iter_fields(case, number).get(name, {}).get("required") is True
    return is_required and leaves_out(subscription.get("mapping"), name)
