"""Forms, files and bytes arrive as they were given, and a person reads what was sent."""

import math
from email import message_from_bytes

import pytest

from destination_kit import IntegrationError
from destination_kit.request_bodies import describe_body, encode_body

FORM = "application/x-www-form-urlencoded;charset=UTF-8"


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ({"a": "x y", "b": 1}, b"a=x+y&b=1"),
        ({"a": "*-._~'()!"}, b"a=*-._%7E%27%28%29%21"),
        ({"a": ["1", 2], "é": "€"}, b"a=1&a=2&%C3%A9=%E2%82%AC"),
        ({"a": True, "b": 1e21, "c": 1.0, "d": math.inf}, b"a=true&b=1e%2B21&c=1&d=Infinity"),
        ({"a": "\ud800&=\n"}, b"a=%EF%BF%BD%26%3D%0A"),
        ({}, b""),
    ],
)
def test_a_form_is_encoded_as_browsers_encode_it(form, expected):
    assert encode_body({"form": form}) == (expected, {"content-type": FORM})


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"content": "é"}, ("é".encode(), "text/plain;charset=UTF-8")),
        ({"content": b"\xff"}, (b"\xff", "application/octet-stream")),
        ({"content": "<a/>", "content_type": "text/xml"}, (b"<a/>", "text/xml")),
    ],
)
def test_content_is_sent_as_it_is(options, expected):
    content, headers = encode_body(options)
    assert (content, headers["content-type"]) == expected


def test_files_are_multipart_and_equal_ones_have_equal_bytes():
    files = {"a": "x", "f": [('é".csv', b"\xff\r\n", "text/csv"), ("b", "t")]}
    content, headers = encode_body({"files": files})
    assert (content, headers) == encode_body({"files": files})
    assert content != encode_body({"files": {**files, "a": "y"}})[0]
    head = f"content-type: {headers['content-type']}\r\n\r\n".encode()
    parts = message_from_bytes(head + content).get_payload()
    assert [part.get_payload(decode=True) for part in parts] == [b"x", b"\xff\r\n", b"t"]
    assert [part.get("content-type") for part in parts] == [
        None,
        "text/csv",
        "application/octet-stream",
    ]
    assert 'name="f"; filename="é%22.csv"'.encode() in content


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"data": b"a"}, "no option 'data'; it knows json, form, content, .*files, params"),
        ({"contents": b"a"}, "did you mean 'content'?"),
        ({"json": None, "form": {}}, "one body: json or form, not both"),
        ({"content_type": "a/b"}, "`content_type` needs `content`"),
        ({"content": {}}, "`content` must be bytes or a text, not a dict"),
        ({"content": "", "content_type": "a/b\r\nx: y"}, "in one line"),
        ({"form": "a=1"}, "`form` must be a mapping by name, not a str"),
        ({"form": {1: ""}}, "the names of `form` must be texts, not a int"),
        ({"form": {"a": None}}, "'a' of `form` must be a text, .* not a NoneType"),
        ({"files": {"a": b""}}, "'a' of `files` must be a text, or a tuple .*, not a bytes"),
        ({"files": {"a": ("n", "", "x\n")}}, "in one line"),
        ({"files": {}, "headers": {"Content-Type": "a"}}, "leave it out"),
        ({"auth": "a:b"}, "`auth` must be"),
        ({"auth": ("a:b", "c")}, "`auth` must be"),
        ({"sign": "x"}, "`sign` must be a function"),
    ],
)
def test_options_that_do_not_fit_are_a_type_error_whose_text_a_result_may_show(options, message):
    with pytest.raises(TypeError, match=message) as caught:
        encode_body(options)
    assert isinstance(caught.value, IntegrationError)
    assert (caught.value.code, caught.value.remedy) == ("INVALID_REQUEST", "code")


def test_the_authors_own_content_type_wins():
    assert encode_body({"content": "a", "headers": {"Content-Type": "a/b"}}) == (b"a", {})


def test_basic_credentials_are_utf8():
    assert encode_body({"auth": ("ü", "p:w")})[1] == {"authorization": "Basic w7w6cDp3"}


@pytest.mark.parametrize(
    ("options", "shown"),
    [
        ({"form": {"a": ["1", "2"], "b": ""}}, {"a": ["1", "2"], "b": ""}),
        ({"content": "<a/>", "content_type": "text/xml"}, "<a/>"),
        ({"content": "1"}, "1"),
        ({"content": "[1]", "content_type": "application/vnd.api+json"}, [1]),
        ({"content": "[1", "content_type": "application/json"}, "[1"),
        ({"content": b"\xff\xfe"}, "<2 bytes of application/octet-stream>"),
        ({"content": ""}, None),
        (
            {"files": {"n": "A", "f": ("a.csv", "a,b", "text/csv"), "z": ("z", b"\xff")}},
            {
                "n": "A",
                "f": {"filename": "a.csv", "content": "a,b"},
                "z": {"filename": "z", "content": "<1 bytes of application/octet-stream>"},
            },
        ),
    ],
)
def test_a_body_is_shown_for_a_person(options, shown):
    assert describe_body(*encode_body(options)) == shown
