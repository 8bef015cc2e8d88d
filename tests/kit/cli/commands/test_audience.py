"""`dkit audience` creates and finds audiences at the partner."""

import io
import sys
from dataclasses import replace

import pytest

from destination_kit import Audience, IntegrationError
from tests.kit.dkit import PARTNER, TOKEN, dkit, instance, write

SETTINGS = {"type": "object", "properties": {"size": {"title": "Size", "type": "integer"}}}


async def create_audience(context, audience):
    if audience.name == "bad":
        raise IntegrationError(f"no audience for {TOKEN}", "REFUSED", 400)
    return f"{audience.name} {audience.computation_key} {audience.settings.get('size')}"


async def get_audience(context, audience):
    return audience.external_id


AUDIENCE = Audience(settings=SETTINGS, create_audience=create_audience, get_audience=get_audience)


def run(tmp_path, *options, audience=AUDIENCE):
    operation, *rest = options
    path = write(tmp_path / "i.json", instance())
    partner = replace(PARTNER, audience=audience)
    return dkit("audience", operation, path, *rest, destinations=(partner,))


def test_an_audience_is_created(tmp_path):
    options = ("create", "--name", "VIP", "--computation-key", "vip", "--settings", '{"size": "5"}')
    ran = run(tmp_path, *options, "--yes")
    assert (ran.code, ran.out) == (0, "VIP vip 5\n")
    assert run(tmp_path, *options, "--yes", "--json").json == {"externalId": "VIP vip 5"}


def test_a_creation_without_a_terminal_needs_an_approval(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    ran = run(tmp_path, "create", "--name", "VIP")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == "dkit: there is no terminal to ask on: --yes creates without asking\n"
    ran = run(tmp_path, "create")
    assert "--name: is required" in ran.err


@pytest.mark.parametrize(
    ("answer", "code", "out"), [("y\n", 0, "VIP None None\n"), ("n\n", 1, ""), ("", 1, "")]
)
def test_a_person_is_asked_first(tmp_path, answer, code, out, monkeypatch):
    terminal = io.StringIO(answer)
    terminal.isatty = lambda: True
    monkeypatch.setattr(sys, "stdin", terminal)
    ran = run(tmp_path, "create", "--name", "VIP")
    assert (ran.code, ran.out) == (code, out)
    assert "Create the audience 'VIP' in Partner? [y]es, [n]o: " in ran.err
    assert ("no audience was created" in ran.err) is (code == 1)


def test_an_audience_is_found(tmp_path):
    ran = run(tmp_path, "get", "--external-id", "a-1")
    assert (ran.code, ran.out) == (0, "a-1\n")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("get",), "--external-id: is required"),
        (("create", "--yes"), "--name: is required"),
        (("create", "--yes", "--name", "a", "--settings", '{"size": "x"}'), "--settings size: "),
        (("create", "--yes", "--name", "a", "--settings", "[]"), "should be a JSON object"),
        (("create", "--yes", "--name", "a", "--settings", "{"), "--settings"),
    ],
)
def test_misuse_names_the_option(tmp_path, options, message):
    ran = run(tmp_path, *options)
    assert ran.code == 2
    assert message in ran.err


def test_a_destination_without_audiences_says_so(tmp_path):
    ran = run(tmp_path, "create", "--yes", audience=None)
    assert (ran.code, ran.err) == (2, "dkit: Partner creates no audiences\n")
    ran = run(tmp_path, "get", audience=Audience())
    assert (ran.code, ran.err) == (2, "dkit: Partner finds no audiences\n")


def test_a_refusal_of_the_partner_shows_no_secret(tmp_path):
    ran = run(tmp_path, "create", "--yes", "--name", "bad")
    assert (ran.code, ran.err) == (1, "dkit: no audience for [secret]\n")


def test_what_an_audience_keeps_is_there_for_the_next_command(tmp_path):
    async def count(context, audience):
        times = (await context.cache.get("times") or 0) + 1
        await context.cache.set("times", times)
        return str(times)

    destination = replace(PARTNER, audience=Audience(get_audience=count))
    path = write(tmp_path / "i.json", instance())
    command = ("audience", "get", path, "--external-id", "a", "--store", tmp_path / "store.json")
    shown = [dkit(*command, destinations=(destination,)).out for _ in range(2)]
    assert shown == ["1\n", "2\n"]
