"""`dkit deliver` of `delete` events, and of the dead letters that they leave."""

import json

import pytest

from tests.end_to_end.conftest import dkit, environment_with, serving

PLUGIN = """
from destination_kit import Action, Destination, hookimpl

URL = "https://api.partner.example/"


async def perform(context, payload):
    return await context.http.post(URL + "events", json=payload)


async def on_delete(context, payload):
    return await context.http.post(URL + "deletions", json=payload)


@hookimpl
def register_destinations():
    fields = {"type": "object", "properties": {"userId": {"type": "string"}}}
    return [
        Destination(
            slug="forgetful",
            name="Forgetful",
            hosts=("*.partner.example",),
            on_delete=on_delete,
            actions={
                "do": Action(title="Do", trigger='type = "track"', fields=fields, perform=perform)
            },
        )
    ]
"""
TRACKED = {"type": "track", "event": "Seen", "userId": "ada"}
ADA, BOB = ({"type": "delete", "userId": name} for name in ("ada", "bob"))
NAMELESS = {"type": "delete", "anonymousId": "a-7"}
NO_ONE = {"type": "delete", "traits": {}}


class Partner:
    """A partner that refuses to delete bob until it is mended."""

    def __init__(self):
        self.requests, self.is_mended = [], False

    def answer(self, path, _authorization, body):
        self.requests.append((path, body))
        return (400 if body == {"userId": "bob"} and not self.is_mended else 200), {}


@pytest.fixture
def partner():
    partner = Partner()
    with serving(partner.answer) as url:
        partner.options = ("--connect-to", f"*.partner.example={url}")
        yield partner


@pytest.fixture
def deliver(tmp_path, partner):
    """Return a file of events, options -> the finished command."""
    environment = environment_with(PLUGIN, tmp_path / "site")
    subscription = {"name": "Do it", "action": "do", "mapping": {"userId": {"@path": "$.userId"}}}
    instance = tmp_path / "instance.json"
    instance.write_text(json.dumps({"destination": "forgetful", "subscriptions": [subscription]}))
    return lambda events, *options: dkit(
        "deliver", instance, events, *partner.options, *options, env=environment
    )


def write(path, *events):
    path.write_text("".join(f"{json.dumps(event)}\n" for event in events), encoding="utf-8")
    return path


def read(path):
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_delete_events_reach_the_partner_and_have_results_like_any_other(
    partner, deliver, tmp_path
):
    events = write(tmp_path / "events.jsonl", TRACKED, ADA, NAMELESS, BOB, NO_ONE, TRACKED)
    ran = deliver(events, "--results", tmp_path / "r", "--dead-letters", tmp_path / "d")
    assert ran.returncode == 1, ran.stderr
    results = {record["line"]: record for record in read(tmp_path / "r")}
    assert [results[line]["status"] for line in range(1, 7)] == [
        *("delivered", "delivered", "delivered", "failed", "failed", "delivered")
    ]
    assert [results[line]["results"][0]["subscription"] for line in range(1, 7)] == [
        *("Do it", "on_delete", "on_delete", "on_delete", "on_delete", "Do it")
    ]
    # A user's events keep their order, so that no event brings back whom a deletion removed.
    assert [path for path, body in partner.requests if body == {"userId": "ada"}] == [
        *("/events", "/deletions", "/events")
    ]
    assert ("/deletions", {"anonymousId": "a-7"}) in partner.requests
    assert len(partner.requests) == 5


def test_the_dead_letter_of_a_deletion_is_delivered_again_and_nothing_else(
    partner, deliver, tmp_path
):
    events = write(tmp_path / "events.jsonl", TRACKED, ADA, BOB)
    ran = deliver(events, "--results", tmp_path / "r", "--dead-letters", tmp_path / "d")
    assert ran.returncode == 1, ran.stderr
    [letter] = read(tmp_path / "d")
    assert letter["event"] == BOB
    assert [failure["subscription"] for failure in letter["failures"]] == ["on_delete"]
    partner.requests.clear()
    partner.is_mended = True
    again = deliver(tmp_path / "d", "--results", tmp_path / "r2", "--dead-letters", tmp_path / "d2")
    assert again.returncode == 0, again.stderr
    assert partner.requests == [("/deletions", {"userId": "bob"})]
    [record] = read(tmp_path / "r2")
    assert (record["status"], record["results"][0]["subscription"]) == ("delivered", "on_delete")
    assert not (tmp_path / "d2").exists() or not read(tmp_path / "d2")


def test_a_deletion_that_a_run_has_delivered_is_not_repeated_by_resume(partner, deliver, tmp_path):
    events = write(tmp_path / "events.jsonl", ADA, NAMELESS)
    assert deliver(events, "--results", tmp_path / "r").returncode == 0
    with events.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"type": "delete", "userId": "eve"}) + "\n")
    ran = deliver(events, "--resume", tmp_path / "r")
    assert ran.returncode == 0, ran.stderr
    first, second, last = (body for _, body in partner.requests)
    assert [*first.items(), *second.items()] in (
        [("userId", "ada"), ("anonymousId", "a-7")],
        [("anonymousId", "a-7"), ("userId", "ada")],
    ), "users wait for nothing of each other"
    assert last == {"userId": "eve"}
