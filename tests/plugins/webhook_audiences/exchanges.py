"""The port of Webhook Audiences for `python -m tests.conformance.exchanges.run`."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from destination_kit.errors import is_retryable
from tests.conformance.exchanges.partner_answers import accept, make_answers, moved_rules
from tests.conformance.exchanges.prescription import Delivery, json_text
from tests.conformance.exchanges.records import Case, Port
from tests.conformance.generate.chance import Chance

from webhook_audiences import WEBHOOK_AUDIENCES

SIGNATURE, NO_OBJECT, ID_TEXT, NO_AUDIENCE = "W1", "W2", "W3", "W4"
ROWS = {
    SIGNATURE: "The signature leaves out the extra fields of the audience, and all of a batch but its"
    " first event; here it is that of the body as it is sent.",
    NO_OBJECT: "Extras that are JSON but no object are spread into the body, or ignored; here they"
    " are refused.",
    ID_TEXT: "An id of any type is returned as it is; here a number becomes text, and another type is"
    " refused.",
    NO_AUDIENCE: "An audience without a name, or without an id to find it by, is requested; here it is"
    " refused.",
}
SEND_BATCH = "send-batch"
ODD_ANSWERS = (
    *("{}", "[]", "null", "no JSON", "", '"text"', "5"),
    *(
        f'{{"externalId": {value}}}'
        for value in ('""', '"0"', "5", "1.50", "0", "true", "null", "[1]")
    ),
)
TYPES = ("application/json", "text/plain")
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


def send_batch(chance: Chance) -> Case:
    """Return a case of a batch of send: events of one audience that all match."""
    case = send(chance)
    context = case.pop("event")["context"]
    events = [_make_event(chance) for _ in range(chance.pick((1, 2, 3, 10)))]
    return {
        **case,
        "function": SEND_BATCH,
        "events": [{**event, "type": "track", "context": context} for event in events],
    }


def create_audience(chance: Chance) -> Case:
    """Return a case of createAudience."""
    name = chance.pick(TEXTS if chance.maybe(0.95) else ("", None))
    return _make_audience(chance, "createAudience", {"audienceName": name})


def get_audience(chance: Chance) -> Case:
    """Return a case of getAudience."""
    external_id = chance.pick(("ext-1", "ext-1", "5", "a/b?c", *TEXTS))
    return _make_audience(chance, "getAudience", {"externalId": external_id})


def _make_audience(chance: Chance, function: str, named: dict[str, Any]) -> Case:
    extras = chance.pick(ODD_EXTRAS if chance.maybe(0.1) else EXTRAS)
    settings = chance.pick(({"extras": extras}, {"extras": extras}, {}))
    url = {} if chance.maybe(0.05) else {f"{function}Url": chance.pick(URLS)}
    secret = {"sharedSecret": "s3cret"} if chance.maybe(0.3) else {}
    answer = accept({"externalId": "ext-1"})
    if chance.maybe(0.15):
        text = chance.pick(ODD_ANSWERS)
        answer = {**answer, "body": text, "headers": {"content-type": chance.pick(TYPES)}}
    rules = [{"method": "POST", "path": "", "answers": make_answers(chance, answer)}]
    return {
        "settings": {**url, **secret, "subscriptions": []},
        "function": function,
        "audience": {key: value for key, value in named.items() if value is not None}
        | {"audienceSettings": settings},
        "script": [*moved_rules(), *rules],
    }


class WebhookDelivery(Delivery):
    """A delivery, or a call of an audience function, which has no event to keep."""

    def fail_on_status(self, status: int, address_field: str) -> NoReturn:
        """End by the status of a refusal."""
        if "audience" not in self.case:
            super().fail_on_status(status, address_field)
        self.fail(self.code_of(status), "retry" if is_retryable(status) else "give up")


def deliver_audience(delivery: Delivery, audience: Mapping[str, Any]) -> None:
    """Request an audience, and return its id."""
    function = delivery.case["function"]
    name = {"createAudience": "audienceName", "getAudience": "externalId"}[function]
    settings = audience["audienceSettings"]
    if delivery.departs(NO_AUDIENCE, not audience.get(name)):
        delivery.refuse_instance()
    if function == "createAudience" and audience.get(name) == "":
        delivery.fail("MISSING_REQUIRED_FIELD")
    url = delivery.settings.get(f"{function}Url")
    if not url:
        delivery.fail("MISSING_REQUIRED_FIELD")
    body = {**_parse_extras(delivery, settings.get("extras"))}
    if name in audience:
        body[name] = audience[name]
    answer = delivery.request("POST", url, body)
    try:
        answered = json.loads(answer["body"])
    except ValueError:
        answered = None
    external_id = answered.get("externalId") if isinstance(answered, dict) else None
    if not external_id:
        delivery.fail("INVALID_RESPONSE")
    if delivery.departs(ID_TEXT, not isinstance(external_id, str)):
        if isinstance(external_id, bool | list | dict):
            delivery.fail("INVALID_RESPONSE")
        external_id = json_text(external_id)
    delivery.succeed(external_id)


def deliver_batch(delivery: Delivery, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Send the data of several events, each with the extra fields of the audience."""
    extras = _extras(delivery)
    bodies = [_merge(payload.get("data"), extras) for payload in payloads]
    first = payloads[0]
    token = _token(delivery, first.get("data"), bodies)
    delivery.request(first["method"], first["url"], bodies, token=token, address_field="url")


def deliver_data(delivery: Delivery, payload: Mapping[str, Any]) -> None:
    """Send the data with the extra fields of the audience."""
    data = payload.get("data")
    body = _merge(data, _extras(delivery))
    token = _token(delivery, data, body)
    delivery.request(payload["method"], payload["url"], body, token=token, address_field="url")


def _merge(data: Mapping[str, Any] | None, extras: dict[str, Any]) -> dict[str, Any]:
    body = {**(data or {}), **extras}
    # JavaScript writes such keys first.
    return {**extras, **body} if "0" in extras else body


def _token(delivery: Delivery, signed: object, body: object) -> str | None:
    """Return the signature: the reference signs the data of one event, without extra fields."""
    if not delivery.settings.get("sharedSecret"):
        return None
    if delivery.departs(SIGNATURE, signed is None or json_text(signed) != json_text(body)):
        signed = body
    return None if signed is None else _sign(signed)


def _extras(delivery: Delivery) -> dict[str, Any]:
    event = delivery.case.get("event") or delivery.case["events"][0]
    personas = event["context"].get("personas", {})
    return _parse_extras(delivery, personas.get("audience_settings", {}).get("extras"))


def _parse_extras(delivery: Delivery, text: str | None) -> dict[str, Any]:
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
    makers={
        "send": send,
        SEND_BATCH: send_batch,
        "createAudience": create_audience,
        "getAudience": get_audience,
    },
    deliveries={
        "send": deliver_data,
        SEND_BATCH: deliver_batch,
        "createAudience": deliver_audience,
        "getAudience": deliver_audience,
    },
    rows=ROWS,
    delivery=WebhookDelivery,
)
