"""What a context offers beside the event: logger, cache, features, metrics, the attempt."""

import logging
from argparse import Namespace

import httpx
import pytest

from destination_kit import FileStore, MemoryStore
from destination_kit.cli.errors import UsageError
from destination_kit.cli.instances import open_store
from destination_kit.services import Cache, MaskingLogger
from tests.kit.runtime.odd_destination import open_odd, send_one

TRANSPORT = httpx.MockTransport(lambda request: httpx.Response(200))


class Counting:
    """A telemetry that keeps what it gets."""

    def __init__(self):
        self.counted = []

    def count(self, name, attributes):
        self.counted.append((name, dict(attributes)))

    def measure(self, name, seconds, attributes):
        pass


def test_a_logger_masks_messages_arguments_and_exceptions(caplog):
    log = MaskingLogger("destination_kit.odd", lambda text: text.replace("s3cret", "[secret]"))
    log.warning("token %s of %(a)s", "s3cret")
    log.warning("token %s", "s3cret", extra={"token": "s3cret"})
    try:
        int("s3cret")
    except ValueError:
        log.exception("it failed")
    assert "s3cret" not in caplog.text
    assert caplog.records[1].token == "[secret]"
    assert caplog.records[1].filename == "test_services.py"
    assert "it failed: raised ValueError (test_services.py" in caplog.text


async def test_perform_gets_the_services_of_its_instance(caplog):
    seen = []

    async def perform(context, payload):
        seen.append((await context.cache.get("k"), dict(context.features), context.attempt))
        await context.cache.set("k", 1)
        context.logger.warning("token %s", context.settings["token"])
        context.telemetry.count("found", token=str(context.settings["token"]))

    live = open_odd(perform, TRANSPORT)
    telemetry = Counting()
    instance = live.plan
    store = MemoryStore()
    for attempt in (1, 3):
        live = instance.open(TRANSPORT, store=store, features={"fast": True}, telemetry=telemetry)
        telemetry.span = lambda name, attributes: httpx.Client()  # a context manager
        await send_one(live, attempt=attempt)
    assert seen == [(None, {"fast": True}, 1), (1, {"fast": True}, 3)]
    assert "token [secret]" in caplog.text
    assert ("destination_kit.odd.found", {"token": "[secret]"}) in telemetry.counted


async def test_a_store_that_fails_costs_no_event(caplog):
    class Broken(MemoryStore):
        async def get(self, key):
            raise OSError

        async def set(self, key, value, *, ttl=None):
            raise OSError

    cache = Cache(Broken())
    await cache.set("a", 1)
    assert await cache.get("a") is None
    assert "the cache cannot be read" in caplog.text
    assert logging.getLogger("destination_kit").name == "destination_kit"
    with pytest.raises(TypeError):
        await Cache().set("a", object())


def test_the_command_line_names_a_store_that_it_cannot_use(tmp_path):
    (tmp_path / "events").write_text("[]")
    assert open_store(Namespace(store=None)) is None
    assert isinstance(open_store(Namespace(store=str(tmp_path / "new"))), FileStore)
    for name, reason in (
        ("events", "no store"),
        ("missing/s", "no such folder"),
        (".", "director"),
    ):
        with pytest.raises(UsageError, match=f"(?i){reason}"):
            open_store(Namespace(store=str(tmp_path / name)))
