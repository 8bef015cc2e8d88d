"""Sample events of every type of the Segment Spec, for triggers and mappings."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from destination_kit._json import JsonObject

_PERSON: JsonObject = {
    "firstName": "Ann",
    "lastName": "O'Neil",
    "email": "ann@example.com",
    "phone": "+1 555 0100",
    "plan": "pro",
    "address": {"city": "Zürich", "country": "CH"},
}
_COMMON: JsonObject = {
    "messageId": "message-1",
    "userId": "u-1",
    "anonymousId": "a-1",
    "timestamp": "2026-03-02T08:16:00.000Z",
    "receivedAt": "2026-03-02T08:16:01.000Z",
    "context": {
        "ip": "192.0.2.10",
        "locale": "de-CH",
        "userAgent": "Mozilla/5.0",
        "page": {"url": "https://shop.example.com/pricing?plan=pro", "path": "/pricing"},
        "traits": _PERSON,
    },
    "integrations": {"All": True},
}
_ORDER: JsonObject = {
    "orderId": "o-1",
    "total": 79.5,
    "currency": "EUR",
    "products": [{"sku": "LAMP-2", "price": 79.5, "quantity": 1}],
}
_PAGE: JsonObject = {
    "url": "https://shop.example.com/pricing",
    "path": "/pricing",
    "title": "Pricing",
}
_BY_TYPE: Mapping[str, JsonObject] = {
    "identify": {"traits": _PERSON},
    "track": {"event": "Order Completed", "properties": _ORDER},
    "page": {"name": "Pricing", "category": "Shop", "properties": _PAGE},
    "screen": {"name": "Pricing", "category": "Shop", "properties": {"variation": "blue"}},
    "group": {"groupId": "g-1", "traits": {"name": "Example Mills", "employees": 42}},
    "alias": {"previousId": "a-1"},
    "delete": {},
}


def events_of_every_type() -> dict[str, JsonObject]:
    """Return type -> a new event of this type, which the caller may change."""
    return {
        kind: deepcopy({"type": kind, **_COMMON, **members})
        for kind, members in sorted(_BY_TYPE.items())
    }
