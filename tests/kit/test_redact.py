"""No text shows a secret."""

import logging

import pytest

from destination_kit import (
    Action,
    Catalog,
    Destination,
    mask_secrets,
)
from destination_kit._redact import compile_redactor, mask_json, mask_path, mask_url
from destination_kit._secrets import Secret
from tests.kit.runtime.odd_destination import SETTINGS, open_odd, send_one


@pytest.mark.parametrize(
    "spelling", ['a"b/c d', "a%22b%2Fc%20d", "a%22b%2Fc+d", 'a\\"b/c d'], ids=str
)
def test_a_secret_is_masked_however_it_is_spelt(spelling):
    assert compile_redactor(['a"b/c d'])(f"<{spelling}>") == "<[secret]>"


def test_without_secrets_text_stays():
    assert compile_redactor(["", "ab"])("ab") == "ab"


@pytest.mark.parametrize(
    ("length", "is_masked"), [(12, True), (10, True), (9, False)], ids=["12", "10", "9"]
)
def test_a_cut_of_ten_characters_is_masked(length, is_masked):
    token = "Zq7Lm2Rp84TsVw6y"
    shown = compile_redactor([token])(f"<{token[:length]}>")
    assert (shown == "<[secret]>") is is_masked


def test_of_a_short_secret_two_thirds_are_masked_and_below_eight_characters_the_whole():
    assert compile_redactor(["Qw8Er7Ty"])("Qw8Er7 Qw8Er") == "[secret] Qw8Er"
    assert compile_redactor(["Qw8Er7T"])("Qw8Er7T Qw8Er7") == "[secret] Qw8Er7"


def test_a_part_of_a_url_is_masked_from_four_characters_on():
    redact = compile_redactor(["https://a.example/hooks?k=ab1&l=ab12"])
    assert redact("ab1 ab12 a.example hooks") == "ab1 [secret] a.example hooks"


def test_what_is_masked_twice_is_the_same():
    redact = compile_redactor(["secret", "mask"])
    assert redact(redact("a secret mask")) == "a [secret] [secret]"


def test_a_text_with_escapes_and_without_a_secret_stays():
    text = "100 % &amp; \\u0041 ~1 %41 &#65;"
    assert compile_redactor(["Zq7Lm2Rp84TsVw6y"])(text) == text


def test_an_author_masks_what_a_message_quotes():
    assert mask_secrets("key a%2fb%2fc", ["a/b/c"], mask="…") == "key …"


def test_names_that_mask_alike_keep_their_members():
    redact = compile_redactor(["Zq7Lm2Rp"])
    masked = mask_json({"Zq7Lm2Rp": 1, "zq7lm2rp": [True, "Zq7Lm2Rp"], "a": None}, redact)
    assert masked == {"[secret]": 1, "[secret] 2": [True, "[secret]"], "a": None}


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://a.b/c?d=e", "https://a.b/c?…"),
        ("https://u:p@a.b/c", "https://a.b/c"),
        ("https://a.b", "https://a.b"),
        ("no url?x", "no url?…"),
        ("https://a.b/c#d", "https://a.b/c"),
        ("https://u:p/w@a.b/c", "https://a.b/c"),
        ("https://a.b:80/c@d", "https://a.b:80/c@d"),
        ("u:p@a.b/c", "a.b/c"),
    ],
)
def test_a_url_is_shown_without_query_and_user(url, shown):
    assert mask_url(url) == shown


@pytest.mark.parametrize(
    ("url", "shown"),
    [("https://a.b/c/d?e", "https://a.b/…"), ("https://a.b/", "https://a.b/"), ("a.b", "a.b")],
)
def test_a_url_is_shown_by_its_host(url, shown):
    assert mask_path(url) == shown


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
