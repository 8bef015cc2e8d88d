"""Answers of whole instances: what becomes of events, told in the reference's words.

A destination of the oracle is made one of ours: its field definitions become schemas, and each
action echoes what it was given. Settings and subscriptions are read as Segment's documents are.
What the reference says and we have no word for is left as it is when nobody uses it: no OAuth
tokens. A destination that describes no settings takes all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from destination_kit._json import MISSING
from destination_kit.catalog import Catalog
from destination_kit.definitions import Action, Context, Destination
from destination_kit.errors import CANNOT_RESOLVE, ConfigurationError, Problem
from destination_kit.results import Delivered, EventResult, Failed, Result
from destination_kit.runtime import Instance
from destination_kit.schema_checks import check_schema
from destination_kit.segment import fields_to_schema

Request: TypeAlias = dict[str, Any]
Seen: TypeAlias = dict[str, Any]

_SLUG = "echo"
_AUTH = dict.fromkeys(("accessToken", "refreshToken", "refreshTokenUrl"), MISSING)
_NAMES = {
    "audienceMembership": "audience_membership",
    "syncMode": "sync_mode",
    "matchingKey": "matching_key",
    "personasContext": "personas_context",
}
_REFUSED = {
    "status": 400,
    "errortype": "PAYLOAD_VALIDATION_FAILED",
    "errorreporter": "INTEGRATIONS",
}


def on_event(request: Request) -> object:
    """Answer `onEvent`: the steps of every subscription, one after the other.

    A payload that one of several subscriptions cannot take stands among them as an `error`.
    """
    seen: list[Seen] = []
    instance = _configured(request, seen)
    (result,) = instance.send_sync([request["event"]])
    failed = result.failures
    if failed and len(instance.subscriptions) == 1:
        raise ConfigurationError(failed[0].problems)
    echoes = iter(seen)
    found = _by_subscription(instance, result)
    return [
        step for action, each in found for step in _steps(each, echoes, _fields(request, action))
    ]


def on_batch(request: Request) -> object:
    """Answer `onBatch`: one status per event, for each subscription."""
    seen: list[Seen] = []
    instance = _configured(request, seen)
    results = instance.send_sync(request["events"])
    echoes = iter(seen)
    rows = [
        [_status(each, echoes) for _, each in _by_subscription(instance, result)]
        for result in results
    ]
    count = len(instance.subscriptions)
    return [{"multistatus": [row[number] for row in rows]} for number in range(count)]


OPS: dict[str, Callable[[Request], object]] = {"onEvent": on_event, "onBatch": on_batch}


def _described(request: Request) -> Mapping[str, Any] | None:
    fields: Mapping[str, Any] | None = (
        request["destination"].get("authentication", {}).get("fields")
    )
    return fields


def _fields(request: Request, action: str) -> Mapping[str, Any]:
    fields: Mapping[str, Any] = request["destination"]["actions"][action]["fields"]
    return fields


def _configured(request: Request, seen: list[Seen]) -> Instance:
    """Return the instance; the problems of one that is refused leave out those of literals.

    The reference meets these with each event, as an instance without other problems does here.
    """
    catalog = Catalog.of(_destination(request, seen))
    document: dict[str, Any] = {"settings": request["settings"]}
    try:
        return catalog.configure(document, destination=_SLUG)
    except ConfigurationError as error:
        raise ConfigurationError(
            problem for problem in error.problems if not _is_of_literal(problem)
        ) from None


def _is_of_literal(problem: Problem) -> bool:
    """Say whether a problem of a mapping names a keyword of its field, and no rule of mappings."""
    return problem.path.startswith("/subscriptions/") and not problem.code.isupper()


def _destination(request: Request, seen: list[Seen]) -> Destination:
    settings = _schema(_described(request) or {})
    actions = {
        slug: _action(each, seen) for slug, each in request["destination"]["actions"].items()
    }
    return Destination(slug=_SLUG, name="Echo", settings=settings, actions=actions)


def _action(described: Mapping[str, Any], seen: list[Seen]) -> Action:
    """Return an action that notes what it is given, in the order of events and subscriptions.

    What it returned would come back with secrets masked.
    """

    async def perform(context: Context, payload: Any) -> None:
        seen.append({"payload": payload, "settings": dict(context.settings), **_known(context)})

    mode = described.get("syncMode")
    return Action(
        title=described["title"],
        fields=_schema(described["fields"]),
        perform=perform,
        sync_mode={"title": mode["label"]} if mode else None,
    )


def _known(context: Context) -> Seen:
    """Return what a context says beside the payload, in the reference's words."""
    known = {name: getattr(context, ours) for name, ours in _NAMES.items()}
    return {name: MISSING if each is None else each for name, each in known.items()}


def _schema(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    schema = fields_to_schema(fields)
    if problems := check_schema(schema):
        raise ConfigurationError(problems)
    return schema


def _by_subscription(
    instance: Instance, result: EventResult
) -> Iterator[tuple[str, Result | None]]:
    """Yield each subscription's action with its result, None where its trigger does not match."""
    found = {each.subscription: each.result for each in result.results}
    return ((each.action, found.get(each.name)) for each in instance.subscriptions)


def _steps(
    result: Result | None, echoes: Iterator[Seen], fields: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    match result:
        case None:
            yield {"output": "not subscribed"}
        case Failed(problems=problems):
            # The reference names no place where a mapping cannot be resolved.
            places = [each.path for each in problems if each.code != CANNOT_RESOLVE]
            yield {"error": places}
        case Delivered():
            yield {"output": "Mappings resolved"}
            if fields:
                yield {"output": "Payload validated"}
            data = {**next(echoes), "auth": _AUTH}
            yield {"data": data, "output": "Action Executed"}


def _status(result: Result | None, echoes: Iterator[Seen]) -> dict[str, Any]:
    if isinstance(result, Delivered):
        return {"status": 200, "sent": next(echoes)["payload"], "body": "ok"}
    return {**_REFUSED, "errormessage": "" if result is None else result.message}
