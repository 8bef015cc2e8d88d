"""The port of Slack for `python -m tests.conformance.exchanges.run`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tests.conformance.exchanges.partner_answers import accept, make_answers, moved_rules
from tests.conformance.exchanges.prescription import Delivery
from tests.conformance.exchanges.records import Case, Port
from tests.conformance.generate.chance import Chance

from slack import SLACK

HOSTS = "S1"
ROWS = {
    HOSTS: "A URL of a host that only begins like one of Slack's (`x.slack.community`) gets the"
    " message; here it is refused.",
}
URLS = (
    "https://hooks.slack.com/services/T000/B000/XXXX",
    "https://hooks.slack.com/workflows/T1/A1/1/x",
    "https://acme.slack.com/",
)
ODD_URLS = (
    "https://hooks.slack.community/services/T000",
    "https://hooks.slack-com/services/T000",
    "https://a.slackxcom/services",
    "http://hooks.slack.com/services/T000",
    "https://hooks.slack.com/services?x=1",
    "https://slack.com/services",
    "https://hooks.slack.com",
    "https://evil.example/https://hooks.slack.com/",
)
TEXTS = (
    "Order Completed",
    "*bold* & <https://a.example|link>",
    "été 👍🏽",
    "two\nlines",
    "x" * 200,
)
ODD_TEXTS = ("", " ", "\ud83d half", "{{userId}}")
_AS_REFERENCE = re.compile(r"https://[a-zA-Z0-9.-]+\.slack.com[/a-zA-Z0-9]+")
_AS_OURS = re.compile(r"https://[a-zA-Z0-9.-]+\.slack\.com/[/a-zA-Z0-9]*")


def post_to_channel(chance: Chance) -> Case:
    """Return a case of postToChannel."""
    url = chance.pick(ODD_URLS if chance.maybe(0.12) else URLS)
    mapping: dict[str, Any] = {
        "url": url if chance.maybe(0.6) else {"@path": "$.context.webhook"},
        "text": chance.pick(({"@path": "$.event"}, {"@template": "{{event}}: {{properties.n}}"})),
    }
    for name in ("channel", "username", "icon_url"):
        if chance.maybe():
            mapping[name] = chance.pick(("general", {"@path": f"$.properties.{name}"}))
    event = {
        "type": chance.pick(("track",) * 9 + ("page",)),
        "event": _text(chance),
        "context": {"webhook": url},
        "properties": {
            "n": chance.pick((0, 1.5, 1e21, True, None)),
            "channel": _text(chance),
            "username": chance.pick((_text(chance), 7, None)),
            "icon_url": "https://a.example/icon.png",
        },
    }
    subscription = {
        "partnerAction": "postToChannel",
        "subscribe": 'type = "track"',
        "mapping": mapping,
    }
    accepted = {"status": 200, "headers": {"content-type": "text/html"}, "body": "ok"}
    answers = make_answers(chance, chance.pick((accepted, accept({"ok": True}))))
    script = [*moved_rules(), {"method": "POST", "path": "", "answers": answers}]
    return {"settings": {"subscriptions": [subscription]}, "event": event, "script": script}


def _text(chance: Chance) -> str:
    text: str = chance.pick(ODD_TEXTS if chance.maybe(0.06) else TEXTS)
    return text


def deliver_message(delivery: Delivery, payload: Mapping[str, Any]) -> None:
    """Post the message to the webhook."""
    url = payload["url"]
    is_webhook = bool(_AS_REFERENCE.fullmatch(url))
    if delivery.departs(HOSTS, is_webhook and not _AS_OURS.fullmatch(url)):
        is_webhook = False
    if not is_webhook:
        delivery.fail("Bad Request")
    names = ("channel", "text", "username", "icon_url")
    message = {name: payload[name] for name in names if name in payload}
    delivery.request("POST", url, message, address_field="url")


PORT = Port(
    reference="slack",
    destination=SLACK,
    makers={"postToChannel": post_to_channel},
    deliveries={"postToChannel": deliver_message},
    rows=ROWS,
)
