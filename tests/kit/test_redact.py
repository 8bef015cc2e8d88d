"""No text shows a secret."""

import logging
from decimal import Decimal
from types import MappingProxyType

import pytest

from destination_kit import (
    Action,
    Catalog,
    Destination,
    mask_secrets,
)
from destination_kit._json import MISSING
from destination_kit._redact import compile_redactor, mask_json, mask_path, mask_url
from destination_kit._secrets import Secret
from tests.kit.runtime.odd_destination import SETTINGS, open_odd, send_one


@pytest.mark.parametrize(
    "spelling", ['a"b/c d', "a%22b%2Fc%20d", "a%22b%2Fc+d", 'a\\"b/c d'], ids=str
)
def test_a_secret_is_masked_however_it_is_spelt(spelling):
    assert compile_redactor(['a"b/c d'])(f"<{spelling}>") == "<[secret]>"


TOKEN = "Zq7Lm2Rp84TsVw6y"


@pytest.mark.parametrize(
    ("secrets", "text", "masked"),
    [
        ([TOKEN], f"{TOKEN}{TOKEN}", "**"),
        ([TOKEN], f"<{TOKEN[:12]}!{TOKEN[12:]}>", "<*!Vw6y>"),
        ([TOKEN], f"<{TOKEN[:11]}X{TOKEN[12:]}>", "<*XVw6y>"),
        (["ab1"], "ab1 ab", "* ab"),
        (["abc", "abcabc"], "abcabcabc", "**"),
        (["token-one", "one-token"], "token-one-token, token-one-token", "*, *"),
        (["token-one", "one-token"], "one-token-one", "*"),
        (["abcdefgh", "cdef"], "abcdefgh abcdefgh", "* *"),
        (
            ["Bearer Zq7Lm2Rp84Ts"],
            "Bearer Zq7Lm2R|Bearer Zq7Lm2Rp|Bearer ",
            "Bearer Zq7Lm2R|*|Bearer ",
        ),
        (["abcdefghi Zq7Lm2Rp84Ts"], "abcdefghi Zq7Lm2R|abcdefghi Zq7Lm2Rp", "abcdefghi Zq7Lm2R|*"),
        (["abcdefghij Zq7Lm2Rp84Ts"], "abcdefghi|abcdefghij", "abcdefghi|*"),
        ([" padded-token "], "padded-token", "*"),
        (["0012345"], "12345 0012345", "* *"),
        (["p\u00e4sswort-Zq7"], "pa\u0308sswort-Zq7", "*"),
        (["pa\u0308sswort-Zq7"], "p\u00e4sswort-Zq7", "*"),
    ],
)
def test_so_much_of_a_token_is_masked(secrets, text, masked):
    assert mask_secrets(text, secrets, mask="*") == masked


@pytest.mark.parametrize(
    ("secret", "text"),
    [
        ("a&b-token-12", "a&amp;b-token-12"),
        ("a/b-token-12", "a~1b-token-12"),
        ("a/b-token-12", "a\\u002fb-token-12"),
        ("a/b-token-12", "a%2fb-token-12"),
    ],
)
def test_one_kind_of_escape_is_enough_to_look_for_a_secret(secret, text):
    assert mask_secrets(text, [secret], mask="*") == "*"


SEGMENTS = [f"Segm{number:02}xy" for number in range(1, 61)]


@pytest.mark.parametrize(
    ("url", "text", "masked"),
    [
        (
            "https://h.example/services/Qrstuv01",
            "services Qrstuv01 h.example",
            "services * h.example",
        ),
        ("https://h.example/x1/Qrstuv0", "Qrstuv0 x1/Qrstuv0", "Qrstuv0 *"),
        ("https://h.example/x1/Qrstuvwx", "Qrstuvwx x1/Qrstuvwx", "Qrstuvwx *"),
        (
            f"https://h.example/{'/'.join(SEGMENTS)}",
            " ".join(SEGMENTS[48:51]),
            "* * Segm51xy",
        ),
        ("https://h.example/hook", "hook /hook", "hook *"),
        ("https://h.example/ab1", "ab1 https://h.example/", "ab1 https:*/"),
        ("https://h.example/ab1c", "ab1c https://h.example/", "* https://h.example/"),
        ("https://h.example/?k=abc&l=abcd&m=a%2Fbc", "abc abcd a/bc a%2Fbc", "abc * * *"),
        ("https://h.example/path1#frag=abcd", "abcd", "*"),
        ("https://h.example/a/../ab1/cd2?x=123", "ab1/cd2", "*"),
        ("https://user:pass@h.example/", "user pass", "* *"),
        ("https://user:pass@h.example/ab", "https://h.example/x", "https:*/x"),
        ("https://h.example/ab", "https://h.example/x h.example", "https:*/x h.example"),
        ("https://h.example:8443", "https://h.example/x https://h.example:8443", "https:*/x *"),
        ("https://b\u00fccher.example/", "//xn--bcher-kva.example/", "*/"),
        ("https://xn--bcher-kva.example/", "//b\u00fccher.example/", "*/"),
    ],
)
def test_the_parts_of_a_secret_url_are_masked(url, text, masked):
    """The host is, too, where hardly anything else is secret."""
    assert mask_secrets(text, [url], mask="*") == masked


@pytest.mark.parametrize(
    ("value", "masked"),
    [
        (True, True),
        (None, None),
        (MISSING, None),
        (12345, "[secret]"),
        (12345.0, "[secret]"),
        (Decimal(12345), "[secret]"),
        (54321, 54321),
        (float("nan"), None),
        (float("-inf"), None),
        (("12345", [12345]), ["[secret]", ["[secret]"]]),
        (b"12345", "<bytes>"),
        ({12345}, "<set>"),
        ({"a": {"12345": "12345"}}, {"a": {"[secret]": "[secret]"}}),
        (MappingProxyType({"a": "12345"}), {"a": "[secret]"}),
    ],
)
def test_a_value_is_masked_as_json(value, masked):
    shown = mask_json(value, compile_redactor(["12345"]))
    assert (shown, type(shown)) == (masked, type(masked))


def test_three_names_that_mask_alike_are_numbered():
    masked = mask_json(
        dict.fromkeys(["token1", "TOKEN1", "Token1"], 0), compile_redactor(["token1"])
    )
    assert list(masked) == ["[secret]", "[secret] 2", "[secret] 3"]


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


def test_an_object_of_texts_without_a_secret_is_copied():
    value = {"id": "1", "b": "c"}
    shown = mask_json(value, compile_redactor(["Zq7Lm2Rp"]))
    assert shown == value
    assert shown is not value


@pytest.mark.parametrize("value", [{"a": "b", "c": "Zq7Lm2Rp"}, {"Zq7Lm2Rp": "a", "c": "b"}])
def test_each_text_of_an_object_of_texts_is_masked(value):
    shown = mask_json(value, compile_redactor(["Zq7Lm2Rp"]))
    assert "Zq7Lm2Rp" not in str(shown)
    assert len(shown) == 2
    assert "b" in str(shown)


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
