"""The input of both sides of the benchmark: events, triggers and mappings."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any

from destination_kit import Catalog, Instance
from destinations.qualtrics import QUALTRICS

DIRECTORY = "POOL_0123456789"
ADD, UPSERT = "addContactToXmd", "upsertContactTransaction"
SIMPLE = 'type = "identify"'
FIVE = (
    'type = "track" and event = "Order Completed" and properties.total >= 20 and'
    ' contains(properties.email, "@example.com") and'
    ' !match(context.page.url, "https://staging*")'
)
EITHER = 'type = "identify" or type = "track"'
MAPPINGS: Mapping[str, Mapping[str, Any]] = {
    ADD: {"directoryId": DIRECTORY},
    UPSERT: {
        "directoryId": DIRECTORY,
        "mailingListId": "CG_0123456789",
        "transactionData": {
            "order": {"@path": "$.properties.order_id"},
            "total": {"@path": "$.properties.total"},
            "currency": {"@path": "$.properties.currency"},
        },
    },
}
_CONTEXT = {
    "ip": "203.0.113.7",
    "library": {"name": "analytics.js", "version": "2.11.1"},
    "locale": "en-US",
    "timezone": "Europe/Amsterdam",
    "page": {
        "path": "/academy/",
        "referrer": "",
        "search": "",
        "title": "Analytics Academy",
        "url": "https://example.com/academy/",
    },
    "userAgent": "Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit/605.1.15"
    " (KHTML, like Gecko) Version/17.0",
}
_IDS = {
    "anonymousId": "8d9c9b6e-4f0a-4b0e-9d50-0b6f3b1d2c11",
    "messageId": "ajs-next-1708-2c4b9a7e",
    "userId": "user-1234",
}
_TIMES = dict.fromkeys(
    ("timestamp", "sentAt", "receivedAt", "originalTimestamp"), "2024-02-29T12:34:56.789Z"
)
_TRAITS = {
    "email": "ada.lovelace@example.com",
    "firstName": "Ada",
    "lastName": "Lovelace",
    "phone": "+15555550123",
    "language": "EN",
    "age": 36,
    "plan": "enterprise",
    "vip": True,
    "address": {
        "street": "12 St James's Square",
        "city": "London",
        "postalCode": "SW1Y 4JH",
        "country": "UK",
    },
}
_ORDER = {
    "order_id": "50314b8e9bcf000000000000",
    "affiliation": "Store",
    "total": 27.5,
    "subtotal": 22.5,
    "revenue": 25.0,
    "shipping": 3,
    "tax": 2,
    "discount": 2.5,
    "coupon": "hasbros",
    "currency": "USD",
    "email": "ada.lovelace@example.com",
}


def identify() -> dict[str, Any]:
    """Return an identify event of 1 KB."""
    event = {"type": "identify", **_IDS, "traits": _TRAITS, "context": _CONTEXT, **_TIMES}
    return _own(event)


def track(products: int = 27) -> dict[str, Any]:
    """Return a track event: 10 KB with 27 products, and 310 bytes more per further product."""
    properties = {**_ORDER, "products": [_product(number) for number in range(products)]}
    event = {"type": "track", "event": "Order Completed", **_IDS, "properties": properties}
    return _own({**event, "traits": _TRAITS, "context": _CONTEXT, **_TIMES})


EVENTS = {"identify": identify, "track": track}


def of_people(event: Mapping[str, Any], **traits: object) -> Iterator[dict[str, Any]]:
    """Yield the event as sent by one new person after the other, with these additional traits."""
    for number in count():
        email, phone = f"ada.{number}@example.com", f"+1555{number:07}"
        own = {**event["traits"], **traits, "email": email, "phone": phone}
        yield {**event, "userId": f"user-{number}", "traits": own}


def document(action: str, trigger: str = EITHER, others: int = 0) -> dict[str, Any]:
    """Return an instance document: a matching subscription after `others` that do not match."""
    triggers = [f'type = "track" and event = "Other {number}"' for number in range(others)]
    common = {"action": action, "mapping": MAPPINGS[action], "useDefaultMapping": True}
    return {
        "destination": "actions-qualtrics",
        "settings": {"apiToken": "token", "datacenter": "iad1"},
        "subscriptions": [{**common, "trigger": fql} for fql in (*triggers, trigger)],
    }


def configured(action: str, trigger: str = EITHER, others: int = 0) -> Instance:
    """Return the configured instance of `document`."""
    return Catalog.of(QUALTRICS).configure(document(action, trigger, others))


def shared() -> dict[str, Any]:
    """Return the input of the reference, as JSON."""
    triggers = {"simple": SIMPLE, "five": FIVE, "either": EITHER}
    events = {name: make() for name, make in EVENTS.items()}
    return {"events": events, "triggers": triggers, "mappings": MAPPINGS}


def _own(event: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy as a JSON parser makes it, without objects that occur twice."""
    parsed: dict[str, Any] = json.loads(json.dumps(event))
    return parsed


def _product(number: int) -> dict[str, Any]:
    return {
        "product_id": f"507f1f77bcf86cd79943{number:04d}",
        "sku": f"45790-{number}",
        "name": f"Monopoly: {number}rd Edition",
        "price": 19.99 + number,
        "quantity": 1 + number % 3,
        "position": number,
        "category": "Games",
        "brand": "Hasbro",
        "variant": "200 pieces",
        "coupon": "MAYDEALS",
        "url": f"https://www.example.com/product/path/{number}",
        "image_url": f"https://www.example.com/product/path/{number}.jpg",
    }
