"""The log: sentences or JSON, a line for each final delivery, and no secret in either."""

import io
import json
import logging
import re
from contextlib import contextmanager
from pathlib import Path

import pytest

from destination_host.monitoring.log_format import JsonFormatter, TextFormatter
from destination_kit import (
    Action,
    Catalog,
    Destination,
    IntegrationError,
    RetryableError,
    Skipped,
)
from host.tests.running import Partner, document, instance, running

TOKEN = "t0ken-9f3c-logs"
PAGE = (Path(__file__).parents[3] / "docs" / "host.md").read_text(encoding="utf-8")


def documented_line():
    blocks = map(json.loads, re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL))
    [line] = [block for block in blocks if "messageId" in block]
    return line


@contextmanager
def captured(formatter, name="destination_host"):
    """Yield a function that returns what the logger has written so far, line by line."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    logger = logging.getLogger(name)
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield lambda: stream.getvalue().splitlines()
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)


class TwoActions(Partner):
    """A partner with the actions `post` and `note`, whose errors a test sets."""

    def __init__(self):
        super().__init__()
        self.errors = {}
        settings = {
            "type": "object",
            "properties": {"token": {"type": "string", "title": "Token", "format": "password"}},
        }
        actions = {
            name: Action(title=name, perform=self.perform_of(name)) for name in ("post", "note")
        }
        self.catalog = Catalog.of(
            Destination(slug="actions-partner", name="Partner", settings=settings, actions=actions)
        )

    def perform_of(self, action):
        async def perform(_context, _payload):
            result = self.errors.get(action)
            if isinstance(result, list):
                result = result.pop(0) if result else None
            if isinstance(result, Exception):
                raise result
            return result

        return perform


def config(**more):
    subscriptions = [
        {"name": f"The {name}", "action": name, "trigger": 'type = "track"'}
        for name in ("post", "note")
    ]
    settings = {"token": TOKEN}
    own = {**instance(), "settings": settings, "subscriptions": subscriptions, **more}
    return document(destinations={"partner": own}, retry={"firstPause": "1s"})


def track(number, **more):
    return {"type": "track", "event": "n", "messageId": f"m-{number}", "userId": "u-1", **more}


def deliveries(lines):
    records = [json.loads(line) for line in lines]
    return [record for record in records if record["logger"] == "destination_host.deliveries"]


async def test_each_subscription_has_one_line_when_its_result_is_final(tmp_path):
    partner = TwoActions()
    partner.errors = {
        "post": [RetryableError("later", 503)],
        "note": [IntegrationError("no", "GONE", 410)],
    }
    with captured(JsonFormatter()) as read:
        async with running(tmp_path, config(), partner) as host:
            await host.send(track(1))
            await host.settled()
        found = deliveries(read())
    assert all([*record] == [*documented_line()] for record in found)
    shown = ("subscription", "action", "outcome", "code", "attempts", "level")
    assert [tuple(record[name] for name in shown) for record in found] == [
        ("The note", "note", "dead", "GONE", 1, "warning"),
        ("The post", "post", "delivered", "", 2, "info"),
    ]
    assert {(record["instance"], record["messageId"]) for record in found} == {("partner", "m-1")}
    assert all(0 <= record["seconds"] < 60 for record in found)


async def test_a_skipped_delivery_has_a_line_wherever_it_was_skipped(tmp_path):
    partner = TwoActions()
    partner.errors = {"post": Skipped("no change"), "note": Skipped("no change")}
    denied = {"consent": {"categoryPreferences": {"Ads": False}}}
    with captured(JsonFormatter()) as read:
        async with running(tmp_path, config(consent=["Ads"]), partner) as host:
            await host.send(track(1, context=denied), track(2))
            await host.settled(2)
        found = deliveries(read())
    shown = ("messageId", "subscription", "outcome", "attempts")
    assert [tuple(record[name] for name in shown) for record in found] == [
        ("m-1", "", "skipped", 0),
        ("m-2", "The post", "skipped", 1),
        ("m-2", "The note", "skipped", 1),
    ]


async def test_no_line_shows_a_secret_of_the_instance_or_a_value_of_the_event(tmp_path):
    partner = TwoActions()
    partner.errors = {
        "post": IntegrationError("no", f"CODE {TOKEN}", 400),
        "note": ValueError(TOKEN),
    }
    named = config()
    named["destinations"]["partner"]["subscriptions"][0]["name"] = f"Post with {TOKEN}"
    denied = {"consent": {"categoryPreferences": {"Ads": False}}}
    named["destinations"]["partner"]["consent"] = ["Ads"]
    with captured(JsonFormatter()) as read, captured(JsonFormatter(), "destination_kit") as kit:
        async with running(tmp_path, named, partner) as host:
            await host.send(
                track(1, messageId=f"m {TOKEN}", properties={"email": "ann@example.com"}),
                track(2, messageId=f"n {TOKEN}", context=denied),
            )
            await host.settled(2)
        lines = read()
    found = deliveries(lines)
    assert [record["messageId"] for record in found] == ["n [secret]", "m [secret]", "m [secret]"]
    assert {record["code"] for record in found} == {"", "CODE [secret]", "UNKNOWN_ERROR"}
    assert TOKEN not in "".join([*lines, *kit()])
    assert "ann@" not in "".join(lines)


async def test_as_sentences_no_delivery_has_a_line(tmp_path, capsys):
    logging.getLogger("destination_host.deliveries").setLevel(logging.CRITICAL)
    try:
        with captured(TextFormatter()) as read:
            async with running(tmp_path, config(), TwoActions()) as host:
                await host.send(track(1))
                await host.settled()
            assert not [line for line in read() if "deliveries" in line]
            assert read()
    finally:
        logging.getLogger("destination_host.deliveries").setLevel(logging.NOTSET)


def failing():
    try:
        int(f"bad {TOKEN}")
    except ValueError:
        logging.getLogger("destination_host.test").exception("it failed\n\x1b[2Jforged: %s", "line")


@pytest.mark.parametrize("formatter", [TextFormatter(), JsonFormatter()])
def test_a_record_is_one_line_and_its_exception_has_the_place_without_the_text(formatter):
    with captured(formatter) as read:
        failing()
    [line] = read()
    assert TOKEN not in line
    assert "\x1b" not in line
    assert "ValueError (test_logs.py, line " in line
    if isinstance(formatter, JsonFormatter):
        record = json.loads(line)
        assert (record["level"], record["logger"]) == ("error", "destination_host.test")
        assert record["message"] == "it failed\n\x1b[2Jforged: line"
        assert record["time"].endswith("Z")
