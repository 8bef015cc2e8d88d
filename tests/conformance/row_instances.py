"""What an instance does with events, put together from the reference's answers to simple questions.

Each subscription is asked alone, with each event alone, behind a trigger that always matches; and
whether its own trigger matches is asked apart. So the rows meet here: D5 (the trigger is read as it
is meant), D6 and D8 (a batch is its events, and a call its subscriptions, one by one), D9 (the
subscription is no setting), D7 (what cannot work refuses the whole instance), D10 and D11.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from tests.conformance import row_formats, row_inherited, row_refusals, row_text, row_triggers
from tests.conformance.cases import Case, Message
from tests.conformance.places import places
from tests.conformance.rows import INSTANCES, subscriptions
from tests.conformance.spelling import clauses, spelled_out
from tests.conformance.values import equal, settled
from tests.conformance.wellformed import is_well_formed

_ALWAYS = 'type != "no such type"'
_NOT_SUBSCRIBED = [{"output": "not subscribed"}]
_REFUSED = {
    "status": 400,
    "errortype": "PAYLOAD_VALIDATION_FAILED",
    "errorreporter": "INTEGRATIONS",
}


def questions(case: Case) -> dict[str, Message]:
    """Return the questions about every subscription and event of an instance."""
    if case.request["op"] not in INSTANCES:
        return {}
    request = row_inherited.all_renamed(case.request)
    asked: dict[str, Message] = {}
    for number, subscription in enumerate(subscriptions(request)):
        mapping = subscription.get("mapping")
        asked |= row_refusals.fault_questions(mapping, [{}, *_events(request)], f"{number} ")
        for at, event in enumerate(_events(request) or [{}]):
            asked[f"steps {number} {at}"] = _alone(request, subscription, event)
            asked[f"mapped {number} {at}"] = {"op": "transform", "mapping": mapping, "data": event}
            asked |= _matching(subscription.get("subscribe"), event, f"{number} {at}")
            asked |= _with_dates_taken(case, subscription, event, f"{number} {at}")
            asked |= _cleaned(case, subscription, f"{number} {at}")
            asked |= _with_marks(case.request, number, at)
    return asked


def _cleaned(case: Case, subscription: Message, name: str) -> dict[str, Message]:
    """Return the question for a payload without its empty parts: items of lists move up."""
    number = name.partition(" ")[0]
    action = case.request["destination"]["actions"].get(subscription["partnerAction"])
    if not action or not action["fields"]:
        return {}
    schema = {"op": "fieldsToJsonSchema", "fields": action["fields"], "options": {}}
    known = case.asides.get(f"schema {number}", {}).get("ok")
    payload = case.asides.get(f"mapped {name}", {}).get("ok")
    if known is None or payload is None:
        return {f"schema {number}": schema}
    cleaning = {"op": "removeEmptyValues", "payload": payload, "schema": known, "isRoot": True}
    return {f"cleaned {name}": cleaning}


def _with_marks(request: Message, number: int, at: int) -> dict[str, Message]:
    """Return the same question with keys that JavaScript neither moves nor loses."""
    subscription, event = subscriptions(request)[number], (_events(request) or [{}])[at]
    ways = row_text.marked_subscription(request, subscription, event)
    return {
        f"marked {number} {at} {way}": _alone(request, *changed) for way, changed in enumerate(ways)
    }


def _events(request: Message) -> list[Any]:
    return [request["event"]] if "event" in request else list(request["events"])


def _alone(request: Message, subscription: Message, event: Any) -> Message:
    settings = {key: each for key, each in request["settings"].items() if key != "subscription"}
    alone = [{**subscription, "subscribe": _ALWAYS}]
    return {
        "op": "onEvent",
        "destination": request["destination"],
        "event": event,
        "settings": {**settings, "subscriptions": alone},
    }


def _with_dates_taken(
    case: Case, subscription: Message, event: Any, name: str
) -> dict[str, Message]:
    """Return the same question, once a payload is known, with dates that both sides take (D10)."""
    payload = case.asides.get(f"mapped {name}", {}).get("ok")
    if subscription["partnerAction"] not in case.request["destination"]["actions"]:
        return {}
    number = int(name.partition(" ")[0])
    taken = row_formats.taken(iter_fields(case, number), payload)
    if taken == payload:
        return {}
    return {f"taken {name}": _alone(case.request, {**subscription, "mapping": taken}, event)}


def _matching(trigger: Any, event: Any, name: str) -> dict[str, Message]:
    if is_well_formed(trigger):
        return {f"match {name}": {"op": "matchFql", "fql": trigger, "event": event}}
    reading = spelled_out(trigger) if isinstance(trigger, str) else None
    found = clauses(reading) if reading else ()
    return {f"match {name} {each.text}": row_triggers.asked(each, event) for each in found}


def _matches(case: Case, number: int, at: int) -> bool:
    trigger = subscriptions(case.request)[number].get("subscribe")
    name = f"match {number} {at}"
    if is_well_formed(trigger):
        return case.asides[name]["ok"] is True
    answers = {key.removeprefix(f"{name} "): each for key, each in case.asides.items()}
    reading = spelled_out(trigger) if isinstance(trigger, str) else None
    return row_triggers.matches(reading, Case(case.request, {}, {}, answers))


def _expected(case: Case) -> list[Message]:
    """Return the answer, per subscription and event, as the rows prescribe it."""
    count, events = len(subscriptions(case.request)), _events(case.request)
    if case.request["op"] == "onEvent":
        return [step for number in range(count) for step in _steps(case, number, 0)]
    rows = [[_status(_steps(case, n, at)) for at in range(len(events))] for n in range(count)]
    return [{"multistatus": row} for row in rows]


def _steps(case: Case, number: int, at: int) -> list[Message]:
    if not _matches(case, number, at):
        return _NOT_SUBSCRIBED
    name = f"{number} {at}"
    answer = case.asides.get(f"taken {name}") or case.asides[f"steps {name}"]
    marked = _marked(case, name)
    if "error" in answer and marked and not places(answer["error"]):
        answer = marked[0]  # it fails for a name of a prototype, at no place
    if "error" in answer:
        refused = _refused(case, number, _payload(case, name))
        return [{"error": sorted(places(answer["error"]) | refused)}]
    data = answer["ok"][-1]["data"]
    if refused := _refused(case, number, data["payload"]):
        return [{"error": sorted(refused)}]
    payload = _as_we_write_it(case, data["payload"], marked)
    return [*answer["ok"][:-1], {**answer["ok"][-1], "data": {**data, "payload": payload}}]


def _marked(case: Case, name: str) -> list[Message]:
    """Return the answers without an error to the questions with marked keys, marks removed."""
    answers = (each for key, each in case.asides.items() if key.startswith(f"marked {name} "))
    return [row_text.unmarked(each) for each in answers if "ok" in each]


def _payload(case: Case, name: str) -> Any:
    """Return the payload of a subscription and event as it is checked: without empty parts."""
    return case.asides.get(f"cleaned {name}", case.asides[f"mapped {name}"]).get("ok")


def _as_we_write_it(case: Case, payload: Any, marked: list[Message]) -> Any:
    """Return the payload with each text as in our answer, if a question with marks prescribes it."""
    ours = list(_our_payloads(case))
    if not isinstance(payload, dict) or not marked:
        return payload
    natural = row_inherited.renamed_back(payload)
    ways = [natural, *(each["ok"][-1]["data"]["payload"] for each in marked)]
    return {
        name: next(
            (
                our[name]
                for our in ours
                for way in ways
                if name in our
                and name in way
                and row_text.is_same_text({"ok": way[name]}, {"ok": our[name]})
            ),
            value,
        )
        for name, value in payload.items()
    }


def _our_payloads(case: Case) -> Iterator[Message]:
    for step in case.ours.get("ok") or ():
        sent = [each.get("sent") for each in step.get("multistatus") or ()]
        for payload in [*sent, (step.get("data") or {}).get("payload")]:
            if isinstance(payload, dict):
                yield payload


def _refused(case: Case, number: int, payload: Any) -> set[str]:
    """Return the places of dates and patterns that the reference takes and the policy does not."""
    return row_formats.unlisted(iter_fields(case, number), payload)


def iter_fields(case: Case, number: int) -> Message:
    action = subscriptions(case.request)[number]["partnerAction"]
    fields: Message = case.request["destination"]["actions"][action]["fields"]
    return fields


def _status(steps: list[Message]) -> Message:
    if "data" in steps[-1]:
        return {"status": 200, "sent": steps[-1]["data"]["payload"], "body": "ok"}
    return {**_REFUSED, "errormessage": ""}


def _answered(case: Case) -> list[Message]:
    """Return our answer with all wording gone; of a lone subscription that fails, its places."""
    if "error" in case.ours:
        return [{"error": sorted(places(case.ours["error"]))}]
    return [_without_wording(each) for each in case.ours["ok"]]


def _without_wording(step: Message) -> Message:
    if "multistatus" in step:
        blank = (
            {**each, "errormessage": ""} if "errormessage" in each else each
            for each in step["multistatus"]
        )
        return {"multistatus": list(blank)}
    return {**step, "error": sorted(set(step["error"]))} if "error" in step else step


def is_no_setting(case: Case) -> bool:
    """D9: the answers are the same but for the subscription among their settings."""
    theirs = [_without_subscription(each) for each in case.theirs.get("ok") or ()]
    return "ok" in case.ours and equal(settled(theirs), settled(case.ours["ok"]))


def _without_subscription(step: Message) -> Message:
    data = step.get("data")
    if not isinstance(data, dict):
        return step
    settings = {key: each for key, each in data["settings"].items() if key != "subscription"}
    return {**step, "data": {**data, "settings": settings}}


def is_one_by_one(case: Case) -> bool:
    """D6 and D8: the answer is what the reference gives each subscription for each event alone."""
    alike = replace(case, request=row_inherited.all_renamed(case.request))
    expected = row_inherited.renamed_back(_expected(alike))
    pair = (
        row_inherited.without_prototype(row_formats.alike(each))
        for each in (expected, _answered(case))
    )
    return equal(*map(settled, pair))


def is_about_empty_text(case: Case) -> bool:
    """D6: both sides answer per event, and ours is as if each were alone."""
    return case.request["op"] == "onBatch" and "ok" in case.theirs and is_one_by_one(case)


def refuses(*kinds: str) -> Callable[[Case], bool]:
    """D10 and D11: the answer is as prescribed, and fields of such a type or format are refused."""

    def holds(case: Case) -> bool:
        refused = (
            row_formats.field_at(iter_fields(case, number), place)
            for number in range(len(subscriptions(case.request)))
            for at in range(len(_events(case.request)))
            for place in _refused(case, number, _payload(case, f"{number} {at}"))
        )
        found = any({each.get("type"), each.get("format")} & {*kinds} for each in refused)
        return found and is_one_by_one(case)

    return holds
