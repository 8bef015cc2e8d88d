"""No text shows a secret."""

import logging

import pytest

from destination_kit import (
    Action,
    Catalog,
    Destination,
)
from destination_kit._redact import Secret, compile_redactor, mask_url
from tests.kit.runtime.odd_destination import SETTINGS, open_odd, send_one


@pytest.mark.parametrize(
    "spelling", ['a"b/c d', "a%22b%2Fc%20d", "a%22b%2Fc+d", 'a\\"b/c d'], ids=str
)
def test_a_secret_is_masked_however_it_is_spelt(spelling):
    assert compile_redactor(['a"b/c d'])(f"<{spelling}>") == "<[secret]>"


def test_without_secrets_text_stays():
    assert compile_redactor(["", "ab"])("ab") == "ab"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://a.b/c?d=e", "https://a.b/c?…"),
        ("https://u:p@a.b/c", "https://a.b/c"),
        ("https://a.b", "https://a.b"),
        ("no url?x", "no url?…"),
    ],
)
def test_a_url_is_shown_without_query_and_user(url, shown):
    assert mask_url(url) == shown


async def test_settings_that_are_logged_whole_show_no_secret(caplog):
    async def perform(context, payload):
        logging.getLogger("odd").warning("settings: %s, %r", dict(context.settings), context)
        return context.settings["token"] == "s3cret-token"

    assert (await send_one(open_odd(perform))).response is True
    assert "[secret]" in caplog.text
    assert "s3cret-token" not in caplog.text


def test_a_secret_is_a_text_like_any_other():
    secret = Secret("abc")
    assert (secret, hash(secret), f"{secret}", len(secret)) == ("abc", hash("abc"), "abc", 3)
    assert repr(secret) == "'[secret]'"


async def test_secrets_inside_other_settings_are_secrets_too(caplog):
    inner = {"type": "object", "properties": {"token": SETTINGS["properties"]["token"]}}
    settings = {"type": "object", "properties": {"deep": inner}}

    async def perform(context, payload):
        raise ValueError(f"{context.settings} {context.settings['deep']['token']}")

    action = Action(title="Do", trigger='type = "track"', perform=perform)
    deep = Destination(slug="odd", name="Odd", settings=settings, actions={"do": action})
    document = {
        "destination": "odd",
        "settings": {"deep": {"token": "s3cret-token"}},
        "subscriptions": [{"action": "do", "mapping": {}}],
    }
    failed = await send_one(Catalog.of(deep).configure(document).open())
    assert "s3cret" not in failed.message + caplog.text
