"""Decoding undoes what encoders make of a text, whatever their order."""

import base64
import html
import json
from urllib.parse import quote

import pytest
from hypothesis import given, strategies as st

from destination_kit._spellings import Origins, base64_spellings, decode, fold, iter_decoded

ENCODERS = (
    lambda text: quote(text, safe=""),
    lambda text: json.dumps(text)[1:-1],
    html.escape,
    lambda text: text.replace("~", "~0").replace("/", "~1"),
    lambda text: "".join(f"&#{ord(character)};" for character in text),
)
# A backslash or percent sign can make an escape of its neighbours. Both sides of a comparison are
# decoded then, which other tests hold.
texts = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\\%&~"), max_size=20
)


@given(text=texts, encoders=st.lists(st.sampled_from(ENCODERS), max_size=3))
def test_a_text_is_found_under_its_encodings(text, encoders):
    encoded = text
    for encode in encoders:
        encoded = encode(encoded)
    assert fold(text) in map(fold, iter_decoded(encoded))


@given(text=st.text("a%\\&;#x41u0/~1 é", max_size=40))
def test_each_character_has_its_origin(text):
    origins = Origins(text)
    for decoded in iter_decoded(text):
        assert origins.text == decoded
        spans = [origins.span(index, index + 1) for index in range(len(decoded))]
        assert spans == sorted(spans)
        assert all(0 <= start < end <= len(text) for start, end in spans)
        origins.decode()


@pytest.mark.parametrize(
    ("encoded", "text"),
    [
        ("%2525252f", "/"),
        ("%u0041%u0042", "AB"),
        ("%E9", "é"),
        ("\\\\\\/", "/"),
        ("\\u{1F600}\\ud83d\\ude00", "😀😀"),
        ("\\x41\\x42", "AB"),
        ("&amp;amp;lt;&#X41;&#66", "<AB"),
        ("~1~0", "/~"),
        ("100 % & \\ ~ &x; %g1", "100 % & \\ ~ &x; %g1"),
    ],
)
def test_escapes_are_decoded(encoded, text):
    assert decode(encoded) == text


@given(before=st.binary(max_size=7), text=st.text(min_size=8, max_size=20), after=st.binary())
def test_a_text_is_found_in_base64_behind_any_other(before, text, after):
    encoded = base64.b64encode(before + text.encode("utf-8", "replace") + after).decode()
    assert any(spelling in encoded for spelling in base64_spellings(text))


def test_folding_keeps_the_length():
    assert fold("İÄß+A") == "iäß a"
