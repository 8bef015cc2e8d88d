"""What an author tests with: made-up values, a partner, events, and nothing on the network."""

import asyncio
import base64
import logging
import socket
import subprocess
import sys

import httpx
import pytest

from destination_kit import Delivered
from destination_kit.fields import compile_validator
from destination_kit.schema_checks import check_schema, load_metaschema_validator
from destination_kit.testing import (
    Partner,
    check_destination,
    configured_instance,
    events_of_every_type,
    find_problems,
    no_network,
)
from destination_kit.testing.generators import (
    Hints,
    NoFittingValueError,
    make_payloads,
    make_settings,
)
from destination_kit.testing.harness.capture import Outputs, compile_secret_search
from destinations.qualtrics import QUALTRICS
from tests.kit.broken import BATCHING, SOUND, URL, having

TOKEN = "9f3c0e7712ab45cd9f3c0e7712ab45ef"
EVERYTHING = {
    "type": "object",
    "required": ["id", "when", "tags"],
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "when": {"type": ["string", "number"], "format": "date-like"},
        "tags": {"type": "array", "items": {"type": "string", "enum": ["a", "b"]}, "minItems": 2},
        "size": {"type": "integer", "minimum": 11, "maximum": 19},
        "rate": {"type": "number", "multipleOf": 0.25, "minimum": 3},
        "kind": {"type": "string", "oneOf": [{"const": "x", "title": "X"}, {"const": "y"}]},
        "code": {"type": "string", "pattern": "^[A-Z]{3}$", "examples": ["EUR", "not that"]},
        "short": {"type": "string", "maxLength": 3},
        "long": {"type": "string", "minLength": 500},
        "gone": {"type": "null"},
        "more": {"type": "object", "minProperties": 2},
        "who": {
            "type": "object",
            "required": ["name"],
            "properties": {"name": {"type": "string"}, "vip": {"type": "boolean"}},
        },
        "key": {"type": "string", "format": "password"},
        "hook": {"type": "string", "format": "uri", "writeOnly": True},
    },
    "if": {"properties": {"kind": {"const": "x"}}, "required": ["kind"]},
    "then": {"required": ["code"]},
}


def test_payloads_fit_and_the_first_has_everything():
    assert check_schema(EVERYTHING) == ()
    payloads = make_payloads(EVERYTHING, Hints(hosts=("*.acme.example",)), 30, 0)
    validate = compile_validator(EVERYTHING)
    assert [validate(each) for each in payloads] == [(each, ()) for each in payloads]
    assert set(payloads[0]) == set(EVERYTHING["properties"])
    assert set(payloads[1]) == {"id", "when", "tags"}
    assert len({str(each) for each in payloads}) == 30


def test_the_same_seed_makes_the_same_payloads():
    first, again, other = (make_payloads(EVERYTHING, Hints(), 5, seed) for seed in (1, 1, 2))
    assert first == again != other


def test_values_that_are_given_are_taken():
    hints = Hints({"code": ["CHF"], "name": ["Ann"]})
    payloads = make_payloads(EVERYTHING, hints, 20, 0)
    assert {each["code"] for each in payloads if "code" in each} == {"CHF"}
    assert {each["who"]["name"] for each in payloads if "who" in each} == {"Ann"}


def test_urls_lead_to_the_destinations_hosts_and_to_another():
    schema = {
        "type": "object",
        "required": ["u"],
        "properties": {"u": {"type": "string", "format": "uri"}},
    }
    payloads = make_payloads(schema, Hints(hosts=("*.acme.example",)), 20, 0)
    assert {httpx.URL(each["u"]).host for each in payloads} == {
        "made-up.acme.example",
        "www.example.net",
    }


def test_a_value_that_cannot_be_generated_is_named_with_its_path():
    field = {"type": "string", "pattern": "^acct-[0-9]{4}$"}
    nested = {"type": "object", "required": ["id"], "properties": {"id": field}}
    schema = {"type": "object", "required": ["a"], "properties": {"a": nested}}
    with pytest.raises(NoFittingValueError, match="`values`") as caught:
        make_payloads(schema, Hints(), 1, 0)
    assert caught.value.path == "/properties/a/properties/id"
    [problem] = find_problems(having(fields=schema, choices={}))
    assert problem.path == "/actions/add/fields/properties/a/properties/id"


def test_conditions_that_nothing_meets_are_told():
    schema = {
        "type": "object",
        "properties": {"a": {"type": "string"}},
        "allOf": [{"required": ["b"]}],
    }
    with pytest.raises(NoFittingValueError, match="every generated value is refused"):
        make_payloads(schema, Hints(), 1, 0)


def test_settings_are_what_a_form_starts_with_and_secrets_that_are_found_again():
    settings = make_settings(QUALTRICS.settings, Hints(), 0)
    assert settings["datacenter"] == "iad1"
    assert len(settings["apiToken"]) == 32
    assert make_settings(QUALTRICS.settings, Hints(), 1)["apiToken"] != settings["apiToken"]


def test_there_is_an_event_of_every_type_and_it_is_valid():
    events = events_of_every_type()
    assert list(events) == ["alias", "delete", "group", "identify", "page", "screen", "track"]
    for event in events.values():
        assert not list(load_metaschema_validator("event").iter_errors(event))
    events["track"]["properties"]["total"] = 0
    assert events_of_every_type()["track"]["properties"]["total"] == 79.5


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (f"Bearer {TOKEN}.", "token"),
        (base64.b64encode(f"ann:{TOKEN}".encode()).decode(), "token in base64"),
        (base64.urlsafe_b64encode(f"x{TOKEN}y".encode()).decode(), "token in base64"),
        (TOKEN.encode().hex().upper(), "token in hex"),
        (TOKEN[::-1], "token backwards"),
        (f"{TOKEN[:8]}…", "token, a part of it"),
        (f"…{TOKEN[-9:]}", "token, a part of it"),
        (f"{TOKEN[:7]}…", None),
        ("[secret]", None),
    ],
)
def test_a_secret_is_found_however_it_is_spelled(text, name):
    found = compile_secret_search({"token": TOKEN, "tiny": "ab"})(text)
    assert (found and found.name) == name
    assert found is None or (TOKEN not in found.quote and "[secret]" in found.quote)


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        (f"one\nCache(size=1, token='{TOKEN}')\ntwo", "Cache(size=1, token='[secret]')"),
        (f"{'x' * 90} {TOKEN} {'y' * 90}", f"…{'x' * 59} [secret] {'y' * 59}…"),
        (f"{TOKEN[:11]}: {TOKEN}", "[secret]: [secret]"),
    ],
)
def test_the_line_around_a_secret_is_quoted_without_it(text, quote):
    assert compile_secret_search({"token": TOKEN})(text).quote == quote


def test_what_is_captured_is_logged_printed_and_nothing_is_left_changed(capsys):
    before = (logging.root.level, list(logging.root.handlers), logging.getLogRecordFactory())
    outputs, silent = Outputs(), logging.getLogger("acme.silent")
    silent.propagate = False
    with outputs.capturing():
        silent.debug("one %s", "two", extra={"three": "four"})
        silent.debug("%d", "no number")
        print("five")
        print("six", file=sys.stderr)
    texts = "\n".join(text for _, text in outputs.texts)
    assert all(word in texts for word in ("one two", "four", "TypeError", "five", "six"))
    assert capsys.readouterr() == ("", "")
    assert before == (logging.root.level, logging.root.handlers, logging.getLogRecordFactory())


def test_nothing_reaches_the_network_while_somebody_watches():
    with no_network() as reached, no_network() as again:
        with pytest.raises(RuntimeError, match="reached for the network: api.acme.example"):
            socket.getaddrinfo("api.acme.example", 443)
        with socket.socket() as one, pytest.raises(RuntimeError, match="192.0.2.1"):
            one.connect(("192.0.2.1", 80))
        with socket.create_server(("127.0.0.1", 0)) as server:
            socket.create_connection(server.getsockname()).close()
    assert reached == again == ["api.acme.example", "192.0.2.1"]


def test_whatever_a_destination_tries_while_it_is_checked_stays_here():
    code = """
import sys
from dataclasses import replace
from destination_kit.testing import find_problems, no_network
sys.path.insert(0, ".")
from tests.kit.broken import BROKEN, goes_out_by_itself
with no_network():  # who listens later hears only of what was let pass
    sys.addaudithook(lambda event, seen: event == "socket.getaddrinfo" and print("let out", seen))
def subscription_warnings(subscription):
    goes_out_by_itself(None, {}).send(None)
destination, _ = BROKEN["a connection of its own"]
print(*sorted({each.code for each in find_problems(replace(destination, subscription_warnings=subscription_warnings))}))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("ADVICE NETWORK\n", 0), done.stderr


def test_the_partner_is_itself_no_network():
    code = """
import asyncio, sys
from destination_kit.testing import Partner, configured_instance
sys.path.insert(0, ".")
from tests.kit.broken import SOUND
sys.addaudithook(lambda event, _: event.startswith("socket.c") and sys.exit(event))
async def main():
    partner = Partner()
    async with configured_instance(SOUND).open(partner) as live:
        return await live.send([{"type": "identify", "traits": {"email": "ann@example.com"}}])
print(asyncio.run(main())[0].results[0].result.code)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("UNKNOWN_ERROR\n", 0), done.stderr


EVENT = {"type": "identify", "traits": {"email": "ann@example.com"}}
SENT = {"email": "ann@example.com", "plan": "free"}


async def sent(partner):
    async with configured_instance(SOUND).open(partner) as live:
        [outcome] = await live.send([EVENT])
    return outcome.results[0].result


async def test_a_partner_gives_expected_requests_their_responses():
    partner = Partner()
    partner.expect("POST", URL, {"id": 1}, given=SENT)
    partner.expect("POST", URL, status=503)
    partner.expect("POST", URL, httpx.Response(429, headers={"retry-after": "7"}))
    partner.expect("POST", URL, httpx.ReadTimeout("no answer"))
    assert await sent(partner) == Delivered({"id": 1})
    results = [await sent(partner) for _ in range(3)]
    assert [(each.code, each.retry_after, each.outcome) for each in results] == [
        ("SERVICE_UNAVAILABLE", None, "unknown"),
        ("TOO_MANY_REQUESTS", 7.0, "failed"),
        ("REQUEST_TIMEOUT", None, "unknown"),
    ]
    partner.check()
    assert len(partner.requests) == 4


@pytest.mark.parametrize(
    ("method", "url", "given"),
    [("PUT", URL, SENT), ("POST", f"{URL}?a=1", SENT), ("POST", URL, {"email": "bob@example.com"})],
)
async def test_a_partner_fails_on_anything_unexpected(method, url, given):
    partner = Partner()
    partner.expect(method, url, {"id": 1}, given=given)
    result = await sent(partner)
    assert result.code == "UNKNOWN_ERROR"
    assert f"unexpected: POST {URL} with" in result.message
    assert f"expected:   {method} {url} with" in result.message
    with pytest.raises(AssertionError, match="unexpected: POST"):
        partner.check()


def test_a_partner_misses_what_does_not_come():
    partner = Partner()
    partner.expect("GET", URL)
    with pytest.raises(AssertionError, match=f"expected:   GET {URL}"):
        partner.check()


def test_a_configured_instance_has_settings_and_the_default_of_every_action():
    instance = configured_instance(QUALTRICS, values={"directoryId": ["POOL_1"]})
    assert [each.action for each in instance.subscriptions] == list(QUALTRICS.actions)
    assert instance.subscriptions[0].mapping["directoryId"] == {"@literal": "POOL_1"}
    own = configured_instance(SOUND, {"action": "add", "mapping": {"email": "ann@example.com"}})
    assert [dict(each.mapping) for each in own.subscriptions] == [{"email": "ann@example.com"}]


def test_what_is_raised_names_the_destination_and_each_fault():
    async def fails(context, payload):
        raise KeyError(payload["email"])

    with pytest.raises(
        AssertionError, match=r"^acme breaks the rules:\n- /actions/add/perform PERFORM: "
    ):
        check_destination(having(perform=fails))


def test_without_respond_the_partner_accepts_everything():
    check_destination(SOUND)
    problems = find_problems(BATCHING)  # which takes an answer for each payload from the partner
    assert {each.code for each in problems} == {"PERFORM"}


async def test_it_runs_where_no_loop_runs():
    with pytest.raises(RuntimeError, match="not async"):
        check_destination(SOUND)
    await asyncio.sleep(0)
