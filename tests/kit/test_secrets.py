"""Secrets hide their repr, and are found wherever a schema has them."""

import json
from copy import deepcopy

import pytest

from destination_kit import stringify_json
from destination_kit._secrets import (
    Secret,
    SecretFloat,
    SecretInt,
    SecretNames,
    find_secret_texts,
    find_url_secrets,
    mark_secrets,
)

NAMES = SecretNames(secrets=frozenset({"key"}), urls=frozenset({"page"}))


@pytest.mark.parametrize(
    "secret", [Secret("Zq7Lm2Rp"), SecretInt(12345678), SecretFloat(1.5)], ids=repr
)
def test_a_secret_shows_itself_to_formats_and_json_and_never_to_its_repr(secret):
    plain = type(secret).__mro__[1](secret)
    assert repr(secret) == repr(deepcopy(secret)) == "'[secret]'"
    assert (f"{secret}", str(secret)) == (f"{plain}", str(plain))
    assert secret == plain
    assert json.dumps([secret]) == json.dumps([plain])
    assert stringify_json({"a": secret}) == stringify_json({"a": plain})


def test_a_part_of_a_secret_is_a_secret():
    assert repr([Secret("Zq7Lm2Rp")[:4], Secret("Zq7Lm2Rp")[1]]) == "['[secret]', '[secret]']"


def test_all_that_a_secret_holds_is_secret():
    settings = {"key": {"a": ["text", 5, True, None]}, "deep": [{"key": 1.5}], "other": "shown"}
    marked = mark_secrets(settings, NAMES)
    assert marked == settings
    assert repr(marked["key"]) == "{'a': ['[secret]', '[secret]', True, None]}"
    assert (repr(marked["deep"]), marked["other"]) == ("[{'key': '[secret]'}]", "shown")
    assert sorted(find_secret_texts(settings, NAMES)) == ["1.5", "5", "text"]


def test_a_whole_number_is_searched_in_both_its_forms():
    assert find_secret_texts({"key": 5e20}, NAMES) == ["5e+20", "500000000000000000000"]


def test_a_public_url_has_secrets_in_its_query_and_user():
    assert find_url_secrets("https://me:p%40ss@a.example/b?k=abcd&efgh&x=1#part") == [
        "k=abcd&efgh&x=1",
        "abcd",
        "efgh",
        "part",
        "me:p%40ss",
        "p%40ss",
    ]
    assert find_url_secrets("https://a.example/b") == find_url_secrets(5) == []
    assert find_secret_texts({"page": ["https://a.example/?k=abcd"]}, NAMES) == ["k=abcd", "abcd"]


def test_a_url_inside_a_secret_is_secret_as_a_whole():
    settings = {"key": {"page": "https://a.example/b"}}
    assert find_secret_texts(settings, NAMES) == ["https://a.example/b"]
