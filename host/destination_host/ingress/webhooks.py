"""Webhooks: requests of other routers, what proves their sender, and their events in Segment's shape.

Segment's Webhooks (Actions) and Customer.io's sign a body with HMAC-SHA1. Segment's `X-Signature`
covers the first event of a batch only; the setting "Use X-Segment-Signature Header" covers all of it
(https://www.twilio.com/docs/segment/connections/destinations/catalog/actions-webhook,
https://docs.customer.io/cdp/destinations/connections/webhook). RudderStack and PostHog sign nothing,
and send headers that an operator writes
(https://www.rudderstack.com/docs/destinations/webhooks/setup-guide/,
https://posthog.com/docs/data-pipelines/destinations/webhook).
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from destination_host.ingress.refusals import RequestRefusedError

if TYPE_CHECKING:
    from destination_host.config.records import Webhook
    from destination_kit import Json

#: Headers with a signature of the whole body, of which the first one that is sent counts.
_SIGNATURE_HEADERS: Final = ("x-segment-signature", "x-signature")
_ARRAY: Final = b"["


class PartlySignedError(RequestRefusedError):
    """A batch of the right sender, whose signature covers the first event only."""

    def __init__(self) -> None:
        message = (
            "the signature covers the first event of the batch only: switch on"
            ' "Use X-Segment-Signature Header" at the sender, or send one event a request'
        )
        super().__init__(401, "PARTLY_SIGNED", message)


def check_sender(webhook: Webhook | None, headers: Mapping[str, str], body: bytes) -> None:
    """Raise `RequestRefusedError` unless the headers prove who sent these bytes."""
    if webhook is None:
        raise _forged()
    if webhook.is_signed:
        _check_signature(webhook.secret, headers, body)
        return
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not _is_equal(token.strip(), webhook.secret):
        raise _forged()


def _check_signature(secret: str, headers: Mapping[str, str], body: bytes) -> None:
    given = next((headers[name] for name in _SIGNATURE_HEADERS if name in headers), "")
    # What a sender that knows the secret signed is not to be read before it is checked.
    if _is_equal(given.strip().lower(), _sign(secret, body)):
        return
    first = _first_event(body)
    if first and _is_equal(given.strip().lower(), _sign(secret, first)):
        raise PartlySignedError
    raise _forged()


def _sign(secret: str, content: bytes) -> str:
    return hmac.new(secret.encode(), content, "sha1").hexdigest()


def _is_equal(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode())


def _first_event(body: bytes) -> bytes | None:
    """Return the exact bytes of the first value of a JSON array, None for other bodies."""
    if not body.startswith(_ARRAY):
        return None
    try:
        text = body.decode()
        _, end = json.JSONDecoder().raw_decode(text, 1)
    except (ValueError, RecursionError):
        return None
    return text[1:end].encode()


def _forged() -> RequestRefusedError:
    message = "the signature or token does not belong to a webhook of this host"
    return RequestRefusedError(401, "INVALID_SIGNATURE", message)


def list_webhook_items(webhook: Webhook, value: Json) -> list[Any]:
    """Return the events of a body, one or a list, in Segment's shape."""
    items: list[Any] = [*value] if isinstance(value, list) else [value]
    translate = _TRANSLATIONS.get(webhook.sender)
    return [translate(item) if translate else item for item in items]


def _translate_posthog(item: Any) -> Any:
    """Return an event of PostHog's webhook, `{"event": {…}, "person": {…}}`, in Segment's shape.

    What is none stays as it is, and is rejected with its reason.
    """
    event = item.get("event") if isinstance(item, dict) else None
    if not isinstance(event, dict) or not isinstance(event.get("event"), str):
        return item
    properties, person = _object(event.get("properties")), _object(item.get("person"))
    traits = {**_object(person.get("properties")), **_object(properties.get("$set"))}
    translated = {
        "type": _POSTHOG_TYPES.get(event["event"], "track"),
        "messageId": event.get("uuid"),
        "userId": event.get("distinct_id"),
        "timestamp": event.get("timestamp"),
        "context": {"traits": traits} if traits else {},
        **_POSTHOG_PARTS.get(event["event"], _track)(event["event"], properties, traits),
    }
    return {name: value for name, value in translated.items() if value is not None}


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _track(name: str, properties: dict[str, Any], _traits: dict[str, Any]) -> dict[str, Any]:
    return {"event": name, "properties": properties}


def _identify(_name: str, _properties: dict[str, Any], traits: dict[str, Any]) -> dict[str, Any]:
    return {"traits": traits}


def _page(_name: str, properties: dict[str, Any], _traits: dict[str, Any]) -> dict[str, Any]:
    return {"name": properties.get("title"), "properties": _with_url(properties)}


def _screen(_name: str, properties: dict[str, Any], _traits: dict[str, Any]) -> dict[str, Any]:
    return {"name": properties.get("$screen_name"), "properties": properties}


def _group(_name: str, properties: dict[str, Any], _traits: dict[str, Any]) -> dict[str, Any]:
    traits = _object(properties.get("$group_set"))
    return {"groupId": properties.get("$group_key"), "traits": traits}


def _alias(_name: str, properties: dict[str, Any], _traits: dict[str, Any]) -> dict[str, Any]:
    return {"previousId": properties.get("alias")}


def _with_url(properties: dict[str, Any]) -> dict[str, Any]:
    url = properties.get("$current_url")
    return {"url": url, **properties} if url is not None else properties


#: The names that PostHog's own libraries give to what Segment has types for.
_POSTHOG_TYPES: Final = {
    "$identify": "identify",
    "$set": "identify",
    "$pageview": "page",
    "$screen": "screen",
    "$groupidentify": "group",
    "$create_alias": "alias",
}
_Parts = Callable[[str, dict[str, Any], dict[str, Any]], dict[str, Any]]
_POSTHOG_PARTS: Final[dict[str, _Parts]] = {
    "$identify": _identify,
    "$set": _identify,
    "$pageview": _page,
    "$screen": _screen,
    "$groupidentify": _group,
    "$create_alias": _alias,
}
_TRANSLATIONS: Final[dict[str, Callable[[Any], Any]]] = {"posthog": _translate_posthog}
