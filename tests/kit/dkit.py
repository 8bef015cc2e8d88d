"""The command line in this process, on a small partner that does what the events tell it to."""

import asyncio
import io
import json
import os
import signal
from collections import Counter
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from destination_kit import (
    Action,
    Authentication,
    AuthResult,
    Catalog,
    Choice,
    Choices,
    Destination,
    IntegrationError,
    InvalidAuthenticationError,
    Preset,
    RetryableError,
    TransportError,
)
from destination_kit.cli import run
from destination_kit.plugins import Plugins

TOKEN = "tok-3n9-distinct"

ERRORS = {
    "refuse": lambda: InvalidAuthenticationError("who are you?"),
    "later": lambda: RetryableError("busy", retry_after=3.0),
    "never": lambda: IntegrationError("no such thing", "NO_SUCH_THING", 404),
    "unlisted": lambda: IntegrationError("no such list", "NO_SUCH_LIST", 404, remedy="settings"),
    "lost": lambda: TransportError("no answer", code="CONNECTION_FAILED", outcome_unknown=True),
}
PASSING = {  # "busy 3" is busy three times, then it works
    "busy": lambda count: RetryableError(f"busy, try {count}", code="BUSY", retry_after=0.01),
    "lose": lambda _: ERRORS["lost"](),
}


def pass_over(context, word):
    kind, times = word.split()
    context.shared_state[word] += 1
    if context.shared_state[word] <= int(times):
        raise PASSING[kind](context.shared_state[word])


async def say(context, payload):
    word = payload["word"]
    if word in ERRORS:
        make = ERRORS[word]
        raise make()
    if word.split()[0] in PASSING:
        pass_over(context, word)
        return {"said": word, "taken": context.received_at.isoformat()}
    if word == "set":
        return {word}
    if word == "leak":
        raise ValueError(f"it is {context.settings['token']}")
    if word.startswith("wait "):
        await asyncio.sleep(float(word.removeprefix("wait ")))
    for _ in range(word.count("interrupt")):
        os.kill(os.getpid(), signal.SIGINT)
        await asyncio.sleep(0.02)
    return {"said": word}


async def shout(context, payload):
    return await context.http.post(
        "https://api.partner.example/shout?key=hidden", json={"room": payload["room"]}
    )


async def list_rooms(context, mapping, page):
    if mapping.get("word") == "broken":
        raise IntegrationError(f"no rooms for {context.settings['token']}", "NO_ROOMS", 500)
    return Choices((Choice("r1", "Room 1"),), None if page else "2")


async def who(context):
    good = context.settings["token"] == TOKEN
    return AuthResult(
        good, account="ann" if good else None, message="" if good else "unknown token"
    )


SETTINGS = {
    "type": "object",
    "required": ["token"],
    "properties": {
        "token": {"type": "string", "title": "Token", "format": "password", "writeOnly": True},
        "region": {"type": "string", "title": "Region", "default": "eu"},
    },
}
FIELDS = {
    "type": "object",
    "required": ["word", "room"],
    "properties": {
        "word": {
            "type": "string",
            "title": "Word",
            "description": "What to say.",
            "default": {"@path": "$.event"},
        },
        "room": {"type": "string", "title": "Room", "x-dynamic": True},
        "hook": {"type": "string", "title": "Hook", "format": "uri", "writeOnly": True},
    },
}
ROOM = {"type": "string", "title": "Room"}
SHOUT_FIELDS = {**FIELDS, "properties": {**FIELDS["properties"], "room": ROOM}}
PARTNER = Destination(
    slug="actions-partner",
    name="Partner",
    description="Says what it is told.",
    settings=SETTINGS,
    authentication=Authentication(test=who),
    hosts=("*.partner.example",),
    create_shared_state=Counter,
    extend_request=lambda settings: {"authorization": f"Bearer {settings['token']}"},
    actions={
        "say": Action(
            title="Say",
            description="Say it.",
            trigger='type = "track"',
            fields=FIELDS,
            perform=say,
            choices={"room": list_rooms},
        ),
        "shout": Action(title="Shout", fields=SHOUT_FIELDS, perform=shout),
    },
    presets=(Preset(name="Greet", action="say", trigger='event = "Hi"', mapping={"word": "hi"}),),
)


@dataclass
class Ran:
    code: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)


def dkit(*arguments, destinations=(PARTNER,), load=None, load_plugins=Plugins):
    out, err = io.StringIO(), io.StringIO()
    load = load or (lambda: Catalog.of(*destinations))
    with redirect_stdout(out), redirect_stderr(err):
        code = run([str(argument) for argument in arguments], load, load_plugins)
    return Ran(code, out.getvalue(), err.getvalue())


def instance(*subscriptions, **rest):
    usual = {"name": "Talk", "action": "say", "useDefaultMapping": True, "mapping": {"room": "r1"}}
    return {
        "destination": "actions-partner",
        "settings": {"token": TOKEN},
        "subscriptions": list(subscriptions) or [usual],
        **rest,
    }


def track(*words):
    """Return an event for each word, with message ids of their own."""
    again = [f" {words[:index].count(word)}".removesuffix(" 0") for index, word in enumerate(words)]
    return [
        {"type": "track", "event": word, "messageId": f"m-{word}{times}"}
        for word, times in zip(words, again, strict=True)
    ]


def write(path: Path, *events, tail=b""):
    """Write an instance (one document) or events (JSON lines); text and bytes go in as they are."""
    lines = [each if isinstance(each, bytes) else json.dumps(each).encode() for each in events]
    path.write_bytes(b"".join(line + b"\n" for line in lines) + tail)
    return path


def records(path: Path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


LOUD = {
    "name": "Loud",
    "action": "say",
    "trigger": 'type = "track"',
    "mapping": {"word": {"@path": "$.properties.loud"}, "room": "r1"},
}
TALK = {**LOUD, "name": "Talk", "mapping": {"word": {"@path": "$.event"}, "room": "r1"}}
