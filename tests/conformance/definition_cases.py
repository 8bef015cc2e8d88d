"""Asks both sides about the parts of a definition: the reference of its document, us of ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from destination_kit import (
    Destination,
    DestinationKitError,
    TriggerError,
    compile_mapping,
    compile_trigger,
    paths_read,
)
from destination_kit._json import pointer
from destination_kit.fql import Comparison, parse_trigger
from destination_kit.fql.nodes import Node
from tests.conformance import wire
from tests.conformance.asking import Ask, with_asides
from tests.conformance.cases import Case, Message
from tests.conformance.definition_parts import Form, Rule, forms, rules
from tests.conformance.generate.chance import Chance
from tests.conformance.generate.fields import make_payload
from tests.conformance.generate.leading import make_leading_event
from tests.conformance.generate.sweep import make_sweep
from tests.conformance.generate.valid import make_spoiled_payload, make_valid_payload
from tests.conformance.port import answered
from tests.conformance.port_fields import payload_maker
from tests.conformance.spelling import spelled_out

Work: TypeAlias = Callable[[Any], object]
Question: TypeAlias = tuple[Message, Work]
"""A request to the reference, and what we make of the same request."""

_MAKERS = (*[make_valid_payload] * 4, *[make_spoiled_payload] * 3, make_payload)


#: Published triggers that row D5 refuses: the reference reads `event == "x"` as `event = "="`, so
#: that their subscriptions start for no event. Any other trigger that does not compile is a fault.
REFUSED_BY_D5 = frozenset(
    {
        'type = "track" and event == "Cart Updated"',
        'type = "track" and event == "Order Completed"',
    }
)


@dataclass(frozen=True, slots=True)
class Amount:
    """How much is asked: events per mapping and payloads per set of fields, by chance of a seed.

    To the payloads come those that try each field in turn, unless there are none.
    """

    seed: int = 1
    events: int = 20
    payloads: int = 40


@dataclass(slots=True)
class Inquiry:
    """The questions about one definition, and what of it does not even compile."""

    document: Message
    destination: Destination
    amount: Amount
    faults: list[str] = field(default_factory=list)
    triggers: int = 0
    compiled: int = 0
    #: How many triggers a row refuses by choice.
    refused: int = 0
    _mapped: dict[str, list[Any]] = field(default_factory=dict)

    def cases(self, ask: Ask) -> list[Case]:
        """Return every question with both answers, and what else must be known to judge them."""
        questions = list(self._questions())
        requests = [wire.encode({**request, "id": id_}) for id_, (request, _) in questions]
        pairs = zip(requests, ask(requests), questions, strict=True)
        cases = [
            Case(request, theirs, answered(request["id"], lambda: _done(request, work)))  # noqa: B023 - called at once
            for request, theirs, (_, (_, work)) in pairs
        ]
        return with_asides(cases, ask)

    def _questions(self) -> Iterator[tuple[str, Question]]:
        for rule in rules(self.document, self.destination):
            events = self._events(rule)
            for number, each in enumerate(self._about_rule(rule, events)):
                yield f"{rule.place} {number}", each
        for form in forms(self.document, self.destination):
            for number, each in enumerate(self._about_form(form)):
                yield f"{form.place} {number}", each

    def _about_rule(self, rule: Rule, events: list[Message]) -> Iterator[Question]:
        resolve = self._once(rule.place, "mapping", lambda: compile_mapping(rule.our_mapping))
        for event in events:
            request = {"op": "transform", "mapping": rule.mapping, "data": event}
            yield request, lambda asked: resolve(asked["data"])
        self._keep_payloads(rule, resolve, events)
        if not isinstance(rule.trigger, str) or not rule.trigger:
            return
        self.triggers += 1
        matches = self._compile_trigger(rule, rule.trigger)
        for event in events:
            request = {"op": "matchFql", "fql": rule.trigger, "event": event}
            yield request, lambda asked: _matched(matches, asked["event"])

    def _about_form(self, form: Form) -> Iterator[Question]:
        chance = self._chance(form.place)
        payload_of = _compiled(lambda: payload_maker(dict(form.schema)))
        for payload in self._payloads(form, chance):
            request = {"op": "validatePayload", "fields": form.fields, "payload": payload}
            yield request, lambda asked: payload_of(asked["payload"])

    def _payloads(self, form: Form, chance: Chance) -> Iterator[Any]:
        """Yield payloads by chance, some of them what a mapping makes, then each field's own."""
        mapped = self._mapped.get(form.place, [])
        for number in range(self.amount.payloads):
            if number % 8 == 7 and mapped:
                yield mapped[number // 8 % len(mapped)]
            else:
                yield _MAKERS[number % len(_MAKERS)](chance, form.fields)
        if self.amount.payloads:
            yield from make_sweep(chance, form.fields)

    def _compile_trigger(self, rule: Rule, published: str) -> Work:
        def compile_() -> Work:
            return compile_trigger(rule.our_trigger or "")

        if published in REFUSED_BY_D5 and spelled_out(published) is None:
            self.refused += 1
            return _compiled(compile_)
        return self._once(rule.place, "trigger", compile_)

    def _once(self, place: str, what: str, compile_: Callable[[], Work]) -> Work:
        """Compile a mapping or a trigger; that it cannot be compiled is a fault in itself."""
        try:
            done = compile_()
        except DestinationKitError as error:
            self.faults.append(f"{place}: the {what} does not compile: {error}")
            return _raising(error)
        self.compiled += what == "trigger"
        return done

    def _events(self, rule: Rule) -> list[Message]:
        chance = self._chance(rule.place)
        paths, clauses = paths_read(rule.mapping), _clauses(rule.trigger)
        made = (make_leading_event(chance, paths, clauses) for _ in range(self.amount.events))
        return [wire.decode(wire.encode(each)) for each in made]

    def _keep_payloads(self, rule: Rule, resolve: Work, events: list[Message]) -> None:
        """Keep what the mapping makes of events, for the fields of its action."""
        kept = self._mapped.setdefault(pointer("actions", rule.action, "fields"), [])
        for event in events:
            try:
                kept.append(resolve(event))
            except DestinationKitError:
                continue

    def _chance(self, place: str) -> Chance:
        return Chance(f"{self.amount.seed} {self.document.get('slug')} {place}")


def _done(request: Message, work: Work) -> object:
    return work(wire.decode(request))


def _compiled(compile_: Callable[[], Work]) -> Work:
    """Compile now; what goes wrong is the answer to every question, as in the reference."""
    try:
        return compile_()
    except DestinationKitError as error:
        return _raising(error)


def _raising(error: Exception) -> Work:
    def fail(_asked: Any) -> object:
        raise error

    return fail


def _matched(matches: Work, event: Any) -> object:
    """Match; an unreadable trigger matches nothing, as in the reference."""
    try:
        return matches(event)
    except TriggerError:
        return False


def _clauses(trigger: object) -> list[Comparison]:
    try:
        return list(_comparisons(parse_trigger(trigger))) if isinstance(trigger, str) else []
    except TriggerError:
        return []


def _comparisons(node: Node) -> Iterator[Comparison]:
    if isinstance(node, Comparison):
        yield node
        return
    for each in node.children:
        yield from _comparisons(each)
