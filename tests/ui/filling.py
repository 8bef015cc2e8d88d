"""What a person types into the forms of Qualtrics, and the payload that must come of it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Json = dict[str, Any]

EVENT: Json = {
    "type": "identify",
    "messageId": "m-1",
    "userId": "u-1",
    "event": "Order Completed",
    "timestamp": "2026-05-04T03:02:01Z",
    "traits": {
        "email": "ann@example.com",
        "workEmail": "ann@work.example",
        "firstName": "Ann",
        "middleName": "Mae",
        "address": {"city": "Rome"},
    },
    "properties": {"total": 12.5},
}
SETTINGS = [
    {"field": "API Token", "type": {"": "made-up-token"}},
    {"field": "Datacenter ID", "type": {"": "brand.iad1"}},
]
_DIRECTORY = {"field": "Directory ID", "choice": "Text", "type": {"": "POOL_1"}}
_EMAIL = {
    "field": "Email",
    "choice": "If exists",
    "type": {
        "If this exists": "$.traits.workEmail",
        "then take": "$.traits.workEmail",
        "otherwise": "$.traits.email",
    },
}
STEPS = {
    "addContactToXmd": [
        _DIRECTORY,
        _EMAIL,
        {
            "field": "First Name",
            "choice": "Template",
            "type": {"Template": "{{traits.firstName}} {{traits.middleName}}"},
        },
        {
            "field": "Language",
            "choice": "If exists, else text",
            "type": {"If this exists": "$.traits.tongue", "otherwise": "DE"},
        },
        {
            "field": "Contact embedded data",
            "choice": "Properties",
            "add": [
                {"name": "plan", "choice": "Text", "text": "gold"},
                {"name": "city", "choice": "Variable", "text": "$.traits.address.city"},
            ],
        },
    ],
    "upsertContactTransaction": [
        _DIRECTORY,
        {"field": "Mailing list ID", "choice": "Text", "type": {"": "CG_1"}},
        _EMAIL,
        {
            "field": "Transaction data",
            "choice": "Properties",
            "add": [{"name": "total", "choice": "Variable", "text": "$.properties.total"}],
        },
    ],
    "addContactsToMailingList": [
        _DIRECTORY,
        {"field": "Mailing list ID", "choice": "Text", "type": {"": "CG_1"}},
        _EMAIL,
    ],
    "triggerXflowWorkflow": [
        {"field": "Workflow URL", "choice": "Text", "type": {"": "https://iad1.qualtrics.com/inbound-event/v1/events/json/triggers?urlTokenId=t-1"}},
        {
            "field": "Event payload",
            "choice": "Properties",
            "add": [{"name": "greeting", "choice": "Template", "text": "Hello {{traits.firstName}}"}],
        },
    ],
}  # fmt: skip
_CONTACT = {
    "directoryId": "POOL_1",
    "extRef": "u-1",
    "email": "ann@work.example",
    "unsubscribed": False,
}
PAYLOADS: dict[str, Json] = {
    "addContactToXmd": {
        **_CONTACT,
        "firstName": "Ann Mae",
        "language": "DE",
        "embeddedData": {"plan": "gold", "city": "Rome"},
    },
    "upsertContactTransaction": {
        **_CONTACT,
        "mailingListId": "CG_1",
        "firstName": "Ann",
        "language": "EN",
        "transactionDate": "2026-05-04T03:02:01Z",
        "transactionData": {"total": 12.5},
    },
    "addContactsToMailingList": {
        "directoryId": "POOL_1",
        "mailingListId": "CG_1",
        "extRef": "u-1",
        "email": "ann@work.example",
        "firstName": "Ann",
        "transactionKey": "m-1",
    },
    "triggerXflowWorkflow": {
        "workflowUrl": "https://iad1.qualtrics.com/inbound-event/v1/events/json/triggers?urlTokenId=t-1",
        "eventPayload": {
            **{key: EVENT[key] for key in ("event", "type", "userId", "properties", "traits")},
            "greeting": "Hello Ann",
        },
    },
}


def wrong_payloads(yielded: dict[str, Json], generator: str, folder: Path) -> Iterator[str]:
    """Take what the forms of a generator yield through `dkit`; yield what is not as it must be."""
    names = {slug: f"qualtrics/{slug} in {generator}" for slug in ("settings", *STEPS)}
    if missing := [each for each in names.values() if each not in yielded]:
        yield f"nothing was yielded by {', '.join(missing)}"
        return
    events = folder / "events.jsonl"
    events.write_text(json.dumps(EVENT), encoding="utf-8")
    instance = folder / f"{generator}.json"
    instance.write_text(json.dumps(_instance(yielded, names)), encoding="utf-8")
    checked = _dkit("check", instance)
    if not checked["ok"]:
        yield f"dkit check refuses it: {checked['problems']}"
        return
    [event] = _dkit("preview", instance, events)
    for each in event["subscriptions"]:
        wanted = PAYLOADS[each["action"]]
        if _shown(wanted) != _shown(each.get("payload")):
            yield f"{each['action']} makes {each.get('payload')}, not {wanted}"


def _instance(yielded: dict[str, Json], names: dict[str, str]) -> Json:
    subscriptions = [
        {"action": slug, "trigger": 'type = "identify"', "mapping": yielded[names[slug]]}
        for slug in STEPS
    ]
    return {
        "destination": "actions-qualtrics",
        "settings": yielded[names["settings"]],
        "subscriptions": subscriptions,
    }


def _shown(payload: Any) -> Any:
    """Return a payload as a preview shows it: a secret is not there to be compared."""
    return {**payload, "workflowUrl": None} if payload and "workflowUrl" in payload else payload


def _dkit(*words: str | Path) -> Any:
    command = [sys.executable, "-m", "destination_kit.cli", *map(str, words), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if not done.stdout:
        raise RuntimeError(done.stderr)
    return json.loads(done.stdout)
