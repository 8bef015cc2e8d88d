"""The port of Webhook Audiences for `python -m tests.conformance.exchanges.run`."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from tests.conformance.exchanges.partner_answers import accept, make_answers, moved_rules
from tests.conformance.exchanges.prescription import Delivery, json_text
from tests.conformance.exchanges.records import Case, Port
from tests.conformance.generate.chance import Chance

from webhook_audiences import WEBHOOK_AUDIENCES

SIGNATURE, NO_OBJECT = "W1", "W2"
ROWS = {
    SIGNATURE: "The signature leaves out the extra fields of the audience; here it is that of the"
    " body as it is sent.",
    NO_OBJECT: "Extras that are JSON but no object are spread into the body, or ignored; here they"
    " are refused.",
}
URLS = ("https://hooks.example.com/a", "https://hooks.example.com/b?x=1")
EXTRAS = ('{"list": "a"}', '{"list": "a", "email": 1.50}', "", "{}", None)
ODD_EXTRAS = ("{", "[1, 2]", "5", "null", "NaN", '"text"')
TEXTS = ("ann@example.com", "\u00e9t\u00e9 \U0001f44d", "", "two\nlines", "x" * 200)


def send(chance: Chance) -> Case:
    """Return a case of send."""
    mapping: dict[str, Any] = {
        "url": chance.pick(URLS),
        "method": chance.pick(("POST", "POST", "PUT", "PATCH")),
    }
    if chance.maybe(0.9):
        mapping["data"] = chance.pick(({"@path": "$.properties"}, {"email": {"@path": "$.userId"}}))
    if chance.maybe(0.3):
        mapping["headers"] = {"x-custom": chance.pick(("a", 5, True))}
    subscription = {
        "partnerAction": "send",
        "subscribe": 'type = "track"',
        "mapping": mapping,
    }
    secret = {"sharedSecret": "s3cret"} if chance.maybe(0.4) else {}
    answers = make_answers(chance, accept({"ok": True}))
    rules = [{"method": mapping["method"], "path": "", "answers": answers}]
    return {
        "settings": {**secret, "subscriptions": [subscription]},
        "event": _make_event(chance),
        "script": [*moved_rules(), *rules],
    }


def _make_event(chance: Chance) -> dict[str, Any]:
    extras = chance.pick(ODD_EXTRAS if chance.maybe(0.08) else EXTRAS)
    personas = {
        "computation_class": "audience",
        "computation_key": "vip",
        "external_audience_id": "ext-1",
        "audience_settings": chance.pick(({"extras": extras}, {"extras": extras}, {})),
    }
    return {
        "type": chance.pick(("track",) * 9 + ("page",)),
        "userId": chance.pick(TEXTS),
        "context": {"personas": personas} if chance.maybe(0.6) else {},
        "properties": {
            "vip": chance.pick((True, False)),
            "email": chance.pick(TEXTS),
            "n": chance.pick((0, 1.5, 1e21, None, [1, None])),
        },
    }


def deliver_data(delivery: Delivery, payload: Mapping[str, Any]) -> None:
    """Send the data with the extra fields of the audience."""
    data = payload.get("data")
    extras = _extras(delivery)
    body = {**(data or {}), **extras}
    if "0" in extras:
        body = {**extras, **body}  # JavaScript writes such keys first
    signed = data
    if delivery.settings.get("sharedSecret"):
        if delivery.departs(SIGNATURE, data is None or json_text(data) != json_text(body)):
            signed = body
        token = None if signed is None else _sign(signed)
    else:
        token = None
    method = payload["method"]
    delivery.request(method, payload["url"], body, token=token, address_field="url")


def _extras(delivery: Delivery) -> dict[str, Any]:
    personas = delivery.case["event"]["context"].get("personas", {})
    text = personas.get("audience_settings", {}).get("extras")
    if not text:
        return {}
    try:
        extras = json.loads(text, parse_constant=int)  # `int("NaN")` is a ValueError too
    except ValueError:
        delivery.fail("INVALID_REQUEST_DATA")
    if delivery.departs(NO_OBJECT, not isinstance(extras, dict)):
        delivery.fail("INVALID_REQUEST_DATA")
    if isinstance(extras, list | str):
        return {str(index): value for index, value in enumerate(extras)}
    return extras if isinstance(extras, dict) else {}


def _sign(body: object) -> str:
    return hmac.new(b"s3cret", json_text(body).encode(), hashlib.sha1).hexdigest()


PORT = Port(
    reference="webhook-audiences",
    destination=WEBHOOK_AUDIENCES,
    makers={"send": send},
    deliveries={"send": deliver_data},
    rows=ROWS,
)
