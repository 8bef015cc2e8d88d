"""The hosts of docs/hosts.md run: each engine is the real one, and only the partner is played."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import httpx
import pytest
import uvicorn
from celery.contrib.testing.worker import start_worker
from celery.signals import setup_logging
from faststream import TestApp
from faststream.nats import TestNatsBroker

from destination_kit import EventResult, Failed, SubscriptionResult
from tests.contracts.documents import RUFF, blocks, load, modules

HOSTS = "docs/hosts.md"
API = "https://iad1.qualtrics.com/API/v3/directories"
URL = f"{API}/POOL_1/contacts"
CREATED = {"result": {"id": "CID_1"}, "meta": {}}
LISTED = {"result": {"elements": []}, "meta": {}}
MYPY = """[mypy]
strict = true
[mypy-celery.*]
ignore_missing_imports = true
[mypy-tasks]
disallow_untyped_decorators = false
"""


def person(number: int) -> dict:
    traits = {"email": f"ann{number}@example.com"}
    return {"type": "identify", "userId": f"u-{number}", "traits": traits}


EVENT, ANOTHER, THIRD = map(person, range(3))
INVALID = {"type": "identify", "traits": {"email": ["no", "text"]}}


@pytest.fixture(autouse=True)
def instance_file(tmp_path, monkeypatch):
    """Put the README's instance file where the examples look for it."""
    [instance] = blocks("README.md", "json")
    (tmp_path / "instance.json").write_text(instance, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(os.environ, "QUALTRICS_API_TOKEN", "s3cret!")


@pytest.fixture
def qualtrics(httpx_mock):
    """Return what tells Qualtrics the status of its next answers; it knows nobody."""
    for method, url in (("GET", API), ("POST", f"{URL}/search")):
        httpx_mock.add_response(
            method=method, url=url, json=LISTED, is_optional=True, is_reusable=True
        )

    def answer(*statuses):
        for status in statuses:
            headers = {} if status == 200 else {"retry-after": "0"}
            httpx_mock.add_response(
                method="POST", url=URL, status_code=status, json=CREATED, headers=headers
            )

    return answer


def test_every_example_is_typed_and_formatted(tmp_path):
    for name, source in modules(HOSTS).items():
        (tmp_path / f"{name}.py").write_text(source, encoding="utf-8")
    (tmp_path / "mypy.ini").write_text(MYPY, encoding="utf-8")
    (tmp_path / "ruff.toml").write_text(RUFF, encoding="utf-8")
    for command in (
        ("mypy", "--cache-dir", str(tmp_path / "cache"), "."),
        ("ruff", "format", "--no-cache", "--check", "."),
        ("ruff", "check", "--no-cache", "."),
    ):
        done = subprocess.run(
            [sys.executable, "-m", *command],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    assert sorted(modules(HOSTS)) == ["program", "requeue", "stream", "tasks", "web", "worker"]


def test_the_asyncio_program_tries_again_what_can_still_succeed(tmp_path, qualtrics, capsys):
    lines = map(json.dumps, [EVENT, {"type": "page"}, INVALID])
    (tmp_path / "events.jsonl").write_text("\n".join(lines), encoding="utf-8")
    qualtrics(408, 408, 200)
    asyncio.run(load(HOSTS, "program").main())
    shown = capsys.readouterr().out
    assert shown.startswith("line 3: PAYLOAD_VALIDATION_FAILED (failed): ")
    assert shown.count("\n") == 1


def test_the_stream_keeps_what_failed_as_dead_letters(tmp_path, qualtrics):
    lines = map(json.dumps, [EVENT, {"type": "page"}, INVALID, ANOTHER])
    (tmp_path / "events.jsonl").write_text("\n".join([*lines, "{"]), encoding="utf-8")
    qualtrics(408, 200, 200)
    asyncio.run(load(HOSTS, "stream").main())
    text = (tmp_path / "dead-letters.jsonl").read_text(encoding="utf-8")
    letters = {letter["line"]: letter for letter in map(json.loads, text.splitlines())}
    assert sorted(letters) == [3, 5]
    assert letters[3]["event"] == INVALID
    assert letters[3]["failures"][0]["code"] == "PAYLOAD_VALIDATION_FAILED"
    assert letters[5]["text"] == "{"


def test_a_durable_queue_gets_the_time_of_the_next_attempt():
    seconds_until_retry = load(HOSTS, "requeue").seconds_until_retry

    def result(**failure):
        failed = Failed("REQUEST_TIMEOUT", "no answer", **failure)
        return EventResult((SubscriptionResult("Talk", "say", failed),))

    assert seconds_until_retry(result(), 1, 0.0) is None
    assert seconds_until_retry(result(retryable=True, retry_after=7.0), 1, 0.0) == 7.0
    assert 0.5 <= seconds_until_retry(result(retryable=True), 1, 0.0) <= 1.0
    assert seconds_until_retry(result(retryable=True), 9, 14_400.0) is None


@contextmanager
def serving(app):
    """Run an application in a thread; yield what posts to it."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1/batch"

    def post(content: bytes):
        try:
            answer = urlopen(Request(url, content, method="POST"), timeout=30)
        except HTTPError as error:
            answer = error
        with answer:
            return answer.status, answer.headers.get("retry-after"), json.load(answer)

    while not server.started:
        time.sleep(0.01)
    try:
        yield post
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


def test_the_starlette_application_answers_when_it_is_delivered(qualtrics):
    def batch(*events):
        return json.dumps({"batch": events}).encode()

    with serving(load(HOSTS, "web").app) as post:
        qualtrics(200, 200)
        assert post(batch(EVENT, ANOTHER)) == (200, None, {"failures": []})
        qualtrics(408)
        status, retry_after, failed = post(batch(THIRD))
        assert (status, retry_after) == (503, "1")
        assert failed["failures"][0]["code"] == "REQUEST_TIMEOUT"
        for nonsense in (b"{", b"[]", b"{}", b'{"batch": "x"}', b'{"batch": [1]}'):
            assert post(nonsense)[0] == 400


@pytest.mark.broker
async def test_the_faststream_application_acknowledges_what_is_over(qualtrics, monkeypatch):
    worker = load(HOSTS, "worker")
    told = []
    for verdict in ("ack", "nack"):

        async def note(_message, verdict=verdict, **options):
            told.append((verdict, options))

        monkeypatch.setattr(f"faststream.nats.message.NatsMessage.{verdict}", note)
    async with TestNatsBroker(worker.broker) as broker, TestApp(worker.app):
        qualtrics(200)
        await broker.publish(EVENT, "events", stream="events")
        qualtrics(408)
        await broker.publish(ANOTHER, "events", stream="events")
        await broker.publish(INVALID, "events", stream="events")
    assert told == [("ack", {}), ("nack", {"delay": 1.0}), ("ack", {})]


@pytest.fixture
def left_logging():
    """Keep the worker from setting up logging for the whole process."""

    def leave(**_options):
        pass

    setup_logging.connect(leave)
    yield
    setup_logging.disconnect(leave)


@pytest.mark.usefixtures("left_logging")
@pytest.mark.broker
def test_the_celery_task_is_tried_again_by_the_worker(qualtrics, monkeypatch):
    monkeypatch.setitem(os.environ, "BROKER", "memory://")
    tasks = load(HOSTS, "tasks")
    tasks.app.conf.update(result_backend="cache+memory://")
    qualtrics(408, 408, 200)
    with start_worker(tasks.app, pool="solo", perform_ping_check=False):
        assert tasks.deliver.delay(EVENT).get(timeout=60) == []
        assert tasks.deliver.delay(INVALID).get(timeout=60) == ["PAYLOAD_VALIDATION_FAILED"]


def test_a_host_that_is_told_of_a_dead_partner_says_so(httpx_mock, capsys, tmp_path):
    (tmp_path / "events.jsonl").write_text(json.dumps(EVENT), encoding="utf-8")
    program = load(HOSTS, "program")
    program.MAX_ATTEMPTS = 1
    httpx_mock.add_exception(httpx.ReadTimeout("no answer"), url=URL)
    asyncio.run(program.main())
    assert capsys.readouterr().out.startswith("line 1: REQUEST_TIMEOUT (unknown): ")
