"""Runs of the destination against a simulator with one switch turned, for the ledger of facts."""

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.request import Request, urlopen

from destination_kit import AuthResult, Catalog, Delivered
from destination_kit.runtime.live import Live
from destinations.qualtrics import QUALTRICS
from destinations.qualtrics.simulator import load_config, running

POOL, LIST, TOKEN = "POOL_1", "CG_1", "t0ken"
WORKFLOW = "https://iad1.qualtrics.com/inbound-event/v1/events/json/triggers?urlTokenId=s3cret-id"
UNSET = object()


def subscription(action: str, event: str, **mapping) -> dict:
    """Return a subscription to the events of one name."""
    trigger = f'event = "{event}"'
    return {"action": action, "trigger": trigger, "useDefaultMapping": True, "mapping": mapping}


def instance_document(**settings) -> dict:
    """Return an instance with a subscription for each action."""
    people = {"email": {"@path": "$.traits.email"}, "phone": {"@path": "$.traits.phone"}}
    return {
        "destination": "actions-qualtrics",
        "settings": {"apiToken": TOKEN, "datacenter": "iad1", **settings},
        "subscriptions": [
            subscription(
                "addContactToXmd",
                "contact",
                directoryId=POOL,
                embeddedData={"@path": "$.data"},
                firstName={"@path": "$.traits.firstName"},
            ),
            subscription(
                "upsertContactTransaction",
                "transaction",
                **people,
                directoryId=POOL,
                mailingListId={
                    "@if": {
                        "exists": {"@path": "$.list"},
                        "then": {"@path": "$.list"},
                        "else": LIST,
                    }
                },
                transactionData={"@path": "$.data"},
            ),
            subscription("triggerXflowWorkflow", "workflow", workflowUrl=WORKFLOW),
        ],
    }


def contact(who: str = "u-1", data: Any = None, **traits) -> dict:
    """Return an event of a contact; a trait that is None is absent."""
    return _event("contact", who, data, traits)


def transaction(who: str = "u-1", data: Any = None, **traits) -> dict:
    """Return an event of a transaction; `mailing_list` among the traits is its list."""
    mailing_list = traits.pop("mailing_list", None)
    found = _event("transaction", who, data, traits)
    return {**found, "list": mailing_list} if mailing_list else found


def workflow(data: Any = None) -> dict:
    """Return an event that starts a workflow."""
    return {**_event("workflow", "u-1", data, {}), "properties": {"data": data}}


def _event(name: str, who: str, data: Any, traits: Mapping) -> dict:
    named = {"email": f"{who}@example.com", **traits}
    known = {key: value for key, value in named.items() if value is not None}
    return {"type": "track", "event": name, "userId": who, "data": data, "traits": known}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A switch with its values, and what the destination makes of each value."""

    #: The switch's place in the simulator's configuration, such as `search.lag`.
    switch: str
    #: A value of the switch -> what `shows` then returns; `UNSET` leaves the switch alone.
    expected: Sequence[tuple[Any, Any]]
    #: What a run shows; it may send events and read the simulator's state.
    shows: Callable
    #: The rest of the simulator's configuration.
    config: Mapping = field(default_factory=dict)
    settings: Mapping = field(default_factory=dict)


class Run:
    """A live instance and the simulator behind it."""

    def __init__(self, live: Live, url: str) -> None:
        self.live, self.url = live, url

    async def send(self, *events: Mapping) -> list[str]:
        """Return `delivered`, or the code of the failure, for each event."""
        found = await self.results(*events)
        return ["delivered" if isinstance(result, Delivered) else result.code for result in found]

    async def results(self, *events: Mapping) -> list:
        return [
            part.result for outcome in await self.live.send([*events]) for part in outcome.results
        ]

    async def message(self, *events: Mapping) -> str:
        """Return the message of the last event's failure, "" where it was delivered."""
        *_, last = await self.results(*events)
        return getattr(last, "message", "")

    async def authenticate(self) -> AuthResult:
        return await self.live.authenticate()

    async def choices(self, name: str = "directoryId") -> list[str]:
        """Return all choices of a field, from every page."""
        found: list[str] = []
        page = None
        while True:
            choices = await self.live.choices(
                "upsertContactTransaction", name, mapping={"directoryId": POOL}, page=page
            )
            found += [choice.label for choice in choices.choices]
            if (page := choices.next_page) is None:
                return found

    def state(self, part: str) -> Any:
        with urlopen(f"{self.url}/_sim/state?part={part}") as answer:  # noqa: S310 - our own server
            return json.load(answer)[part]

    def contacts(self) -> list:
        return self.state("contacts")[POOL]

    def calls(self) -> dict[str, int]:
        """Return the number of requests by method and the last word of the path."""
        counts: dict[str, int] = {}
        for route, outcomes in self.state("calls").items():
            method, _, path = route.partition(" ")
            words = [word for word in path.split("/") if "{" not in word]
            name = f"{method} {words[-1]}"
            counts[name] = counts.get(name, 0) + sum(outcomes.values())
        return counts

    def delete(self, contact_id: str) -> None:
        request = Request(  # noqa: S310 - our own server
            f"{self.url}/API/v3/directories/{POOL}/contacts/{contact_id}",
            method="DELETE",
            headers={"X-API-TOKEN": TOKEN},
        )
        urlopen(request).close()  # noqa: S310 - our own server


@asynccontextmanager
async def open_run(case: Case, value: Any):
    """Yield a run of a case with a value of its switch."""
    known = {"mailingLists": {LIST: {}}, "mergeRules": [["extRef"], ["email"]]}
    config: dict = {
        "tokens": {TOKEN: "UR_000000000000001"},
        "directories": {POOL: known},
    }
    merged = _merge(config, case.config)
    if value is not UNSET:
        merged = _merge(merged, _at(case.switch.split("."), value))
    async with running(load_config(merged)) as url:
        instance = Catalog.of(QUALTRICS).configure(instance_document(**case.settings))
        async with instance.open(connect_to={"*.qualtrics.com": url}) as live:
            yield Run(live, url)


def _at(path: Sequence[str], value: Any) -> Any:
    return {path[0]: _at(path[1:], value)} if path else value


def _merge(document: Any, patch: Any) -> Any:
    if not (isinstance(document, Mapping) and isinstance(patch, Mapping)):
        return patch
    names = dict.fromkeys([*document, *patch])
    return {
        name: _merge(document.get(name), patch[name]) if name in patch else document[name]
        for name in names
    }
