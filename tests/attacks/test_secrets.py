"""Attacks on secrets: spellings that hide them, documents that quote them, output that steers."""

import asyncio
import base64
import io
import json
import logging
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from destination_kit import (
    Action,
    Catalog,
    Command,
    ConfigurationError,
    Destination,
    Failed,
    Problem,
    RetryableError,
)
from destination_kit._redact import compile_redactor, mask_json, mask_url
from destination_kit.cli import plugin_output, run
from destination_kit.cli.progress import Progress, render_bar
from destination_kit.cli.writer import ConsoleWriter
from destinations.qualtrics.workflows import redact_query
from tests.kit.cli.test_plugin_commands import bringing, loading

pytestmark = pytest.mark.attack

TOKEN = 'tK9/vW3x-Zq7Lm2"Rp<8&yé'
PLAIN = "Zq7Lm2Rp84TsVw6y"
HOOK = "https://hooks.partner.example/services/T0A1B2C3/Xy9Zw8Vu7Ts6"
QUERY = "https://bücher.partner.example/in?key=Xy9Zw8%2FVu7Ts6&user=ann-4711"
WORKFLOW = (
    "https://iad1.qualtrics.com/inbound-event/v1/events/json/triggers?urlTokenId=Ab3%2DCd9&x=Ef7Gh1"
)


@dataclass(frozen=True, kw_only=True)
class Spelling:
    """A text in which a secret is spelt in another way, and what is shown of it."""

    secret: str
    text: str
    shown: str
    #: Whether the text was masked before the masker knew spellings.
    held: bool = False


def percent(text: str, digits: str = "X", times: int = 1) -> str:
    """Return the text with every byte percent-encoded."""
    for _ in range(times):
        text = "".join(f"%{byte:02{digits}}" for byte in text.encode())
    return text


def units(text: str) -> str:
    """Return the text with every character as an escape of JSON."""
    return "".join(f"\\u{ord(character):04x}" for character in text)


def entities(text: str, form: str) -> str:
    """Return the text with every character as an entity of HTML."""
    return "".join(form.format(ord(character)) for character in text)


def in_base64(text: str, encode: Callable[[bytes], bytes] = base64.b64encode) -> str:
    return encode(text.encode()).decode()


SPELLINGS = {
    "as it is": Spelling(secret=TOKEN, text=f"<{TOKEN}>", shown="<[secret]>", held=True),
    "upper case": Spelling(secret=PLAIN, text=f"key {PLAIN.upper()}!", shown="key [secret]!"),
    "percent, every byte": Spelling(secret=PLAIN, text=f"a={percent(PLAIN)};", shown="a=[secret];"),
    "percent, lower hex": Spelling(secret=TOKEN, text=percent(TOKEN, "x"), shown="[secret]"),
    "percent, twice": Spelling(
        secret=PLAIN, text=f"?a={percent(PLAIN, times=2)}", shown="?a=[secret]"
    ),
    "percent of the percent": Spelling(
        secret="a/b?c#d-e", text="a%25252Fb%25253Fc%252523d-e.", shown="[secret]."
    ),
    "percent, the slash alone": Spelling(
        secret="tok/en 12&3", text="x tok%2fen 12&3 y", shown="x [secret] y"
    ),
    "blank as plus": Spelling(
        secret="my pass word", text="p=my+pass+word", shown="p=[secret]", held=True
    ),
    "plus as percent in lower case": Spelling(
        secret="a+b+c+d/e", text="A%2bB%2bC%2bD/E", shown="[secret]"
    ),
    "JSON escapes, every character": Spelling(
        secret=PLAIN, text=f'"{units(PLAIN)}"', shown='"[secret]"'
    ),
    "JSON, escaped slash": Spelling(
        secret="abc/def/ghi", text='{"t":"abc\\/def\\/ghi"}', shown='{"t":"[secret]"}'
    ),
    "JSON in JSON": Spelling(
        secret='ab"cd"ef', text=json.dumps(json.dumps('ab"cd"ef')), shown='"\\"[secret]\\""'
    ),
    "JSON escape in upper hex": Spelling(
        secret="abc<def>ghi", text="abc\\u003Cdef\\u003Eghi", shown="[secret]"
    ),
    "a backslash that JSON doubles": Spelling(
        secret="DOMAIN\\user:pw", text="'DOMAIN\\\\user:pw'", shown="'[secret]'", held=True
    ),
    "a line break of a key": Spelling(
        secret="BEGIN\nMIIEvQ\nEND", text="k: BEGIN\\nMIIEvQ\\nEND", shown="k: [secret]", held=True
    ),
    "a pair of surrogates": Spelling(
        secret="pass😀word", text="pass\\ud83d\\ude00word", shown="[secret]", held=True
    ),
    "bytes in Python's repr": Spelling(
        secret="passé-wörd", text=repr("passé-wörd".encode()), shown="b'[secret]'"
    ),
    "HTML, named": Spelling(secret='a<b&c"d', text="a&lt;b&amp;c&quot;d", shown="[secret]"),
    "HTML, decimal": Spelling(
        secret=PLAIN, text=f"<p>{entities(PLAIN, '&#{};')}</p>", shown="<p>[secret]</p>"
    ),
    "HTML, hex, of JSON": Spelling(
        secret="abc/def-1", text="abc&#x5C;u002Fdef-1", shown="[secret]"
    ),
    "HTML, twice": Spelling(
        secret="abc<def>1", text="abc&amp;amp;lt;def&amp;gt;1", shown="[secret]"
    ),
    "base64": Spelling(secret=PLAIN, text=f"b64 {in_base64(PLAIN)}", shown="b64 [secret]=="),
    "base64 behind a user": Spelling(
        secret=PLAIN,
        text=f"Basic {in_base64('me:' + PLAIN)}",
        shown="Basic bWU6[secret]==",
    ),
    "base64 for URLs": Spelling(
        secret="~~~~>>>>~~~~",
        text=f"Basic {in_base64('~~~~>>>>~~~~', base64.urlsafe_b64encode)}",
        shown="Basic [secret]",
    ),
    "cut at the end": Spelling(
        secret=PLAIN, text=f"bad token {PLAIN[:12]}…", shown="bad token [secret]…"
    ),
    "a leading zero that a number loses": Spelling(
        secret="0012345678", text="pin 12345678", shown="pin [secret]"
    ),
    "a pointer": Spelling(secret="abc/def~g", text="/keys/abc~1def~0g/0", shown="/keys/[secret]/0"),
    "the URL in upper case with a port": Spelling(
        secret=HOOK,
        text="HTTPS://HOOKS.PARTNER.EXAMPLE:443/services/T0A1B2C3/Xy9Zw8Vu7Ts6 is gone",
        shown="HTTPS://HOOKS.PARTNER.EXAMPLE:443/[secret] is gone",
    ),
    "the path of the URL alone": Spelling(
        secret=HOOK,
        text="POST /services/T0A1B2C3/Xy9Zw8Vu7Ts6",
        shown="POST /[secret]",
    ),
    "one segment of the URL": Spelling(
        secret=HOOK, text="no hook Xy9Zw8Vu7Ts6 of T0A1B2C3", shown="no hook [secret] of [secret]"
    ),
    "a dot segment in the URL": Spelling(
        secret="https://h.example/a/../keys/ab12", text="GET /keys/ab12", shown="GET /[secret]"
    ),
    "the host in IDNA": Spelling(
        secret=QUERY,
        text="https://xn--bcher-kva.partner.example/in?key=Xy9Zw8%2FVu7Ts6&user=ann-4711.",
        shown="https://xn--bcher-kva.partner.example/[secret].",
    ),
    "one value of the query, decoded": Spelling(
        secret=QUERY, text="unknown key Xy9Zw8/Vu7Ts6", shown="unknown key [secret]"
    ),
    "the values in another order": Spelling(
        secret=QUERY, text="user=ann-4711&key=Xy9Zw8%2fVu7Ts6", shown="user=[secret]&key=[secret]"
    ),
    "the password of a URL": Spelling(
        secret="postgres://app:s3cr%40t-pw@db.example/app1",
        text="login app failed: s3cr@t-pw",
        shown="login app failed: [secret]",
    ),
    "what is masked stays": Spelling(
        secret="secret", text="a [secret] and secret", shown="a [secret] and [secret]"
    ),
}


def params(table: dict[str, Any]) -> Any:
    return pytest.mark.parametrize("attempt", [pytest.param(a, id=n) for n, a in table.items()])


@params(SPELLINGS)
def test_a_secret_is_masked_in_every_spelling(attempt):
    assert compile_redactor([attempt.secret])(attempt.text) == attempt.shown


WORKFLOW_TEXTS = {
    "the token, decoded": "no trigger ab3-cd9",
    "the token, in lower hex": "no trigger Ab3%2dCd9",
    "a second value": "x is Ef7Gh1",
    "the query as JSON": json.dumps("urlTokenId=Ab3%2DCd9&x=Ef7Gh1").replace("&", "\\u0026"),
    "the query as HTML": "urlTokenId=Ab3%2DCd9&amp;x=Ef7Gh1",
    "the URL in a URL": f"next={percent(WORKFLOW)}",
}


@pytest.mark.parametrize("text", WORKFLOW_TEXTS.values(), ids=WORKFLOW_TEXTS)
def test_no_value_of_a_workflow_url_is_shown(text):
    shown = redact_query(text, WORKFLOW)
    assert "…" in shown
    assert not [part for part in ("ab3", "cd9", "ef7gh1", "%") if part in shown.lower()]


HOSTILE_TEXTS = {
    "percent signs": "%41" * 300_000,
    "chains of percent": "%25" * 300_000,
    "backslashes": "\\" * 1_000_000,
    "ampersands": "&amp;" * 200_000,
    "entities": "&#x41;" * 150_000,
    "beginnings of the secret": PLAIN[:9] * 100_000,
}


@pytest.mark.parametrize("text", HOSTILE_TEXTS.values(), ids=HOSTILE_TEXTS)
def test_a_hostile_text_is_searched_in_linear_time(text):
    from time import process_time

    redact = compile_redactor([PLAIN])
    started = process_time()
    assert redact(text) == text
    assert process_time() - started < 5 * 0.6


SECRET_FIELDS = {
    "type": "object",
    "properties": {
        "hook": {"type": "string", "title": "Hook", "format": "uri", "writeOnly": True},
        "deep": {
            "type": "object",
            "properties": {"pin": {"type": "string", "format": "password"}},
        },
    },
}
SETTINGS = {
    "type": "object",
    "properties": {
        "token": {"type": "string", "title": "Token", "format": "password", "writeOnly": True},
        "pin": {"type": "integer", "title": "Pin", "writeOnly": True},
        "keys": {"type": "object", "writeOnly": True},
        "page": {"type": "string", "format": "uri"},
        "region": {"type": "string"},
    },
}


async def nothing(context, payload):
    return None


def destination(perform=nothing, **more):
    action = Action(title="Do", trigger='type = "track"', fields=SECRET_FIELDS, perform=perform)
    return Destination(
        slug="odd", name="Odd", settings=SETTINGS, hosts=("*.odd.example",),
        actions={"do": action}, **more,
    )  # fmt: skip


def document(mapping=None, settings=None, **subscription):
    subscriptions = [{"action": "do", "mapping": mapping or {}, **subscription}]
    return {"destination": "odd", "settings": settings or {}, "subscriptions": subscriptions}


def named(name: str) -> dict[str, Any]:
    return document(settings={"token": {"$secret": name}})


IN_HOOK = "https://a.odd.example/Zq7Lm2Rp84TsVw6y"
DOCUMENTS = {
    "@liquid that is not closed": document({"hook": {"@liquid": f"{IN_HOOK}/{{{{ x"}}),
    "@liquid with an unknown tag": document({"hook": {"@liquid": f"{{% {PLAIN} %}}"}}),
    "@liquid with an unknown filter": document({"hook": {"@liquid": f"{{{{ a | {PLAIN} }}}}"}}),
    "@liquid of two lines": document({"hook": {"@liquid": f"line\n{PLAIN} {{{{ a"}}),
    "@liquid in a branch": document(
        {"hook": {"@if": {"exists": "x", "then": {"@liquid": f"{PLAIN} {{{{ x"}}}}
    ),
    "@case": document({"hook": {"@case": {"operator": PLAIN, "value": "a"}}}),
    "@merge": document({"hook": {"@merge": {"objects": [], "direction": PLAIN}}}),
    "@json": document({"hook": {"@json": {"mode": PLAIN, "value": "a"}}}),
    "@replace": document({"hook": {"@replace": {"pattern": PLAIN, "value": "a"}}}),
    "@replace, the replacement": document(
        {"hook": {"@replace": {"pattern": "a", "replacement": PLAIN, "value": "a"}}}
    ),
    "an unknown directive": document({"hook": {f"@{PLAIN}": "a"}}),
    "a second key": document({"hook": {"@path": "$.a", PLAIN: 1}}),
    "a field inside a field": document({"deep": {"pin": {"@liquid": f"{PLAIN} {{% if"}}}),
    "a URL with a foreign host": document({"hook": f"https://foreign.example/{PLAIN}"}),
    "the token as the name of a secret": named(PLAIN),
    "a token of capitals and digits as a name": named("ZQ7LM2RP84TSVW6Y"),
    "a token with underscores as a name": named("sk_live_Zq7Lm2Rp84TsVw6y"),
    "the token as a key of a subscription": document(settings={"token": PLAIN}, **{PLAIN: 1}),
    "the token as an action": document(settings={"token": PLAIN}) | {
        "subscriptions": [{"action": PLAIN}]
    },
    "the token in a trigger": document(settings={"token": PLAIN}, trigger=f'{PLAIN} = "x"'),
    "a warning about a key": document({PLAIN: 1}, settings={"token": PLAIN}),
    "@path": document({"hook": {"@path": {"a": PLAIN}}}),
    "a number in place of the token": document(settings={"token": [PLAIN]}),
}  # fmt: skip
#: These documents were refused, and showed nothing, before.
HELD_DOCUMENTS = {"@path", "a number in place of the token", "a URL with a foreign host"}


@pytest.mark.parametrize("text", [pytest.param(d, id=n) for n, d in DOCUMENTS.items()])
def test_no_message_about_a_document_quotes_a_secret(text):
    try:
        instance = Catalog.of(destination()).configure(text, secrets={}.get)
    except ConfigurationError as error:
        shown = f"{error} {error.problems} {error.warnings}"
    else:
        shown = f"{instance.problems} {instance.warnings} {instance!r}"
        shown += repr(instance.send_sync([{"type": "track", "x": 1}]))
    assert "Zq7Lm2".lower() not in shown.lower()


class Unprintable(Exception):  # noqa: N818 - the name says what it is
    def __str__(self):
        return "".join(reversed(PLAIN))


def raising(error):
    def act(context):
        raise error(context.settings["token"])

    return act


async def fail(text):
    raise ValueError(text)


def in_task(context):
    asyncio.get_running_loop().create_task(fail(context.settings["token"][::-1] + "x"))


def in_future(context):
    asyncio.get_running_loop().create_future().set_exception(
        RetryableError(context.settings["token"])
    )


def in_callback(context):
    asyncio.get_running_loop().call_soon(int, f"no {context.settings['token']}")


def with_note(context):
    error = RetryableError("later")
    error.add_note(str(context.settings["token"]))
    raise error


def colliding(context):
    return {context.settings["token"]: 1, context.settings["token"].upper(): 2}


RESULTS = {
    "an exception, reversed": (raising(lambda token: ValueError(token[::-1])), False),
    "an exception with a text of its own": (raising(lambda _: Unprintable()), False),
    "a KeyError": (raising(lambda token: KeyError(tuple(token))), False),
    "a cause": (raising(lambda token: RuntimeError(list(token))), False),
    "an error of the kit, in upper case": (
        raising(lambda token: RetryableError(token.upper())),
        False,
    ),
    "an error of the kit": (raising(RetryableError), True),
    "a result, percent-encoded": (lambda context: percent(context.settings["token"]), False),
    "a result's problems": (
        lambda context: Failed(
            "X", "x", remedy="event", problems=(Problem(f"/{context.settings['token']}", "x", "x"),)
        ),
        False,
    ),
    "a key in upper case": (lambda context: {context.settings["token"].upper(): 1}, False),
    "a number": (lambda context: {"n": context.settings["pin"]}, False),
    "a number with a fraction": (lambda context: {"n": 87654321.0}, False),
    "a text of a secret object": (lambda context: context.settings["keys"]["one"], False),
    "a value of a public URL's query": (lambda _: "the key Qw8Er7 is old", False),
    "a task whose exception no code reads": (in_task, False),
    "a future whose exception no code reads": (in_future, False),
    "a callback with a text": (in_callback, False),
    "a note of an exception": (with_note, True),
    "a group of exceptions": (
        raising(lambda token: ExceptionGroup(token[::-1], [ValueError(token)])),
        True,
    ),
    "the repr of the settings": (lambda context: repr(dict(context.settings)), True),
    "a slice of a setting": (lambda context: repr(context.settings["token"][:9]), False),
}
VALUES = {
    "token": PLAIN,
    "pin": 87654321,
    "keys": {"one": "kEy-0ne-3Xq"},
    "page": "https://a.odd.example/?k=Qw8Er7",
}
TRACES = (PLAIN, PLAIN[::-1], PLAIN[:9], "87654321", "kEy-0ne-3Xq", "Qw8Er7", percent(PLAIN)[:9])


@pytest.mark.parametrize("act", [pytest.param(act, id=name) for name, (act, _) in RESULTS.items()])
def test_no_result_or_log_shows_a_secret(act, caplog):
    async def perform(context, payload):
        return act(context)

    text = document(settings=VALUES)
    outcome = Catalog.of(destination(perform)).configure(text).send_sync([{"type": "track"}])
    shown = f"{outcome!r} {caplog.text}"
    joined = "".join(character for character in shown if character.isalnum() or character in "%-")
    assert not [trace for trace in TRACES if trace.lower() in shown.lower() + joined.lower()]


def test_two_names_that_are_masked_lose_no_member():
    redact = compile_redactor([PLAIN])
    value = {PLAIN: 1, PLAIN.upper(): 2, "a": 3}
    assert mask_json(value, redact) == {"[secret]": 1, "[secret] 2": 2, "a": 3}


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://h.example/p#Zq7Lm2Rp84TsVw6y", "https://h.example/p"),
        ("ann:Zq7Lm2Rp84TsVw6y@h.example/p", "h.example/p"),
    ],
    ids=["a fragment", "a user without a scheme"],
)
def test_a_shown_url_has_no_fragment_and_no_user(url, shown):
    assert mask_url(url) == shown


async def test_a_header_whose_name_is_a_secret():
    async def perform(context, payload):
        response = await context.http.get("https://a.odd.example/")
        return dict(response.headers)

    def echo(_):
        return httpx.Response(200, headers={f"x-{PLAIN}": "1", "location": percent(PLAIN)})

    instance = Catalog.of(destination(perform)).configure(document(settings=VALUES))
    async with instance.open(httpx.MockTransport(echo)) as live:
        [outcome] = await live.send([{"type": "track"}])
    assert outcome.results[0].result.response["x-[secret]"] == "1"
    assert outcome.results[0].result.response["location"] == "[secret]"


UNSAFE = "\x1b]0;owned\x07 \x9b31m \u202egnp.exe \u2066x\u2069 \u200f \ufeff \u00ad \U000e0041 \r\b"


def progress(**more):
    return Progress(
        done=1, delivered=1, failed=0, skipped=0, in_flight=1, total=2, is_total_exact=True,
        per_second=1.0, paces=(), waiting={f"X{UNSAFE}\n": 1}, is_stopping=False, **more,
    )  # fmt: skip


def log_record():
    text = document()
    Catalog.of(destination()).configure(text)
    plugin_output.escape_log_records()
    handler = logging.lastResort
    handler.emit(logging.makeLogRecord({"msg": f"plugin {UNSAFE}", "levelno": 30}))


def plugin_help():
    run(["--help"], load_plugins=loading(x=bringing(Command(name="odd", help=UNSAFE, run=print))))


OUTPUTS = {
    "a table": (lambda: ConsoleWriter().table(("a",), [(UNSAFE,)]), True),
    "a text": (lambda: ConsoleWriter().text(UNSAFE), True),
    "JSON": (lambda: ConsoleWriter().json({UNSAFE: UNSAFE}), False),
    "a notice": (lambda: ConsoleWriter().notice(UNSAFE), True),
    "a notice in JSON": (lambda: ConsoleWriter(log_format="json").notice(UNSAFE), False),
    "an error": (lambda: ConsoleWriter().error(UNSAFE), True),
    "the bar": (lambda: print(render_bar(progress(), 200)), False),
    "misuse": (lambda: run(["check", "a", f"--{UNSAFE}"]), False),
    "an unknown command": (lambda: run([UNSAFE]), True),
    "a file that is not there": (lambda: run(["check", UNSAFE]), True),
    "the help of a plugin": (plugin_help, False),
    "a log record": (log_record, False),
}


@pytest.mark.parametrize("act", [pytest.param(act, id=name) for name, (act, _) in OUTPUTS.items()])
def test_no_output_steers_the_terminal(act):
    out = io.StringIO()
    with redirect_stdout(out), redirect_stderr(out):
        act()
    lines = out.getvalue().split("\n")
    assert len(out.getvalue()) > 10
    assert all(line.isprintable() for line in lines)


def test_at_most_half_of_the_attempts_were_held_before():
    held = [
        *(attempt.held for attempt in SPELLINGS.values()),
        *(name == "a second value" for name in WORKFLOW_TEXTS),
        *(True for _ in HOSTILE_TEXTS),
        *(name in HELD_DOCUMENTS for name in DOCUMENTS),
        *(is_held for _, is_held in (*RESULTS.values(), *OUTPUTS.values())),
    ]
    assert sum(held) * 2 <= len(held)
