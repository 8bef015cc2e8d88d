import pytest

from destination_kit._redact import compile_redactor, mask_url


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
