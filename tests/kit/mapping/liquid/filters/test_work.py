"""The work that each filter reports before it does it, for a small input."""

import pytest

from destination_kit.mapping.liquid.filters import FILTERS
from destination_kit.mapping.liquid.limits import WorkLimiter


class Ledger(WorkLimiter):
    """Keeps what is reported to it, and refuses nothing."""

    def __init__(self):
        super().__init__()
        self.entries = []

    def spend(self, units=1):
        self.entries.append(("spend", units))

    def spend_per_character(self, length):
        self.entries.append(("per character", length))

    def reserve_text(self, length):
        self.entries.append(("text", length))

    def reserve_array(self, length):
        self.entries.append(("array", length))

    def check_requested_length(self, length):
        self.entries.append(("requested", length))


def text(length):
    return "text", length


def array(length):
    return "array", length


def spend(units=1):
    return "spend", units


def each(length):
    return "per character", length


CASES = [
    ("join", ([1, 2, 3], ","), [array(3), spend(), spend(), spend(), text(5)]),
    ("join", ([], "--"), [array(0), text(0)]),
    ("join", (["a"], "--"), [array(1), spend(), text(1)]),
    ("join", (["a", "b", "c"], "--"), [array(3), spend(), spend(), spend(), text(7)]),
    ("first", ([1, 2, 3],), []),
    ("last", ([1, 2, 3],), []),
    ("first", ({"length": 1},), []),
    ("size", ([1, 2, 3],), []),
    ("compact", ([1, 2, 3],), [array(3), array(4)]),
    ("push", ([1, 2, 3], 4), [array(3), array(4)]),
    ("push", ("a", 4), [array(1), array(2)]),
    ("pop", ([1, 2, 3],), [array(3), array(4)]),
    ("slice", ([1, 2, 3], 0, 2), [("requested", 2.0)]),
    ("slice", ("abc", -2), [("requested", 1.0)]),
    ("where", ([{"a": 1}, {}], "a"), [array(2), spend(), spend()]),
    ("where", ([{"a": 1}], "a.b", 2), [array(1), spend(3), spend()]),
    ("sample", ([1, 2, 3],), [array(3), spend(1000)]),
    ("sample", ([1, 2, 3], 2), [array(3), spend(2000)]),
    ("sample", ("abc", 5), [array(3), spend(3000)]),
    ("upcase", ("abc",), [text(3)]),
    ("upcase", ("äbc",), [text(3), each(3)]),
    ("downcase", ("äbc",), [text(3), each(3)]),
    ("capitalize", ("abc",), [text(3)]),
    ("capitalize", ("äbcé",), [text(4), each(3)]),
    ("strip_newlines", ("abc",), [text(3)]),
    ("normalize_whitespace", ("a  b",), [text(4), each(4)]),
    ("append", ("abc", "de"), [text(5)]),
    ("prepend", ("abc", "de"), [text(5)]),
    ("replace", ("aba", "a", "xyz"), [text(9)]),
    ("replace_first", ("aba", "a", "xyz"), [text(6)]),
    ("replace_last", ("aba", "a", "xyz"), [text(6)]),
    ("remove", ("aba", "a"), [text(3)]),
    ("strip", ("  a ",), [text(4), spend(3)]),
    ("strip", ("x" * 496, "xy"), [text(496), each(2), spend(31)]),
    ("lstrip", ("x" * 10, "é"), [text(10), each(1), spend(0)]),
    ("split", ("a,b,c", ","), [array(3)]),
    ("split", ("abc", ""), [array(3)]),
    ("truncate", ("abcdef", 5), [text(5)]),
    ("truncate", ("abc", 5), []),
    ("truncatewords", ("a b c", 2), [text(5), each(2), text(6)]),
    ("truncatewords", ("a b c d e", 9), [text(9), each(4), text(9)]),
    ("number_of_words", (" a b ",), [each(3)]),
    ("number_of_words", ("a b", "cjk"), [each(3), each(3)]),
    ("number_of_words", ("a b", "auto"), [each(3)]),
    ("number_of_words", ("a 漢", "auto"), [each(3), each(3)]),
    ("url_encode", ("abc",), [text(27)]),
    ("uri_escape", ("abc",), [text(27)]),
    ("url_decode", ("a%20b%21%22",), [text(11), each(6), each(1), each(1)]),
    ("slugify", ("a b",), [text(12), each(6)]),
    ("escape", ("a<b",), [text(15)]),
    ("escape_once", ("a&lt;",), [text(5), text(10)]),
    ("strip_html", ("a<b>c</b>d",), [text(10), spend(), spend()]),
    ("json", ("abc",), [spend(), spend(3), text(5)]),
    ("json", ("äb",), [spend(), spend(2), each(2), text(4)]),
    ("json", ([1, "a"],), [spend(), spend(), spend(), spend(), text(3), text(5)]),
    ("json", ({"a": []}, 2), [spend(), spend(), text(3), spend(), text(7)]),
    ("base64_encode", ("abc",), [text(12)]),
    ("base64_decode", ("YWJj",), [text(4)]),
    ("base64_decode", ("w6Q=",), [text(4), each(1)]),
    ("sha256", ("abc",), [text(12)]),
    ("hmac_sha256", ("abc", "key"), [text(12), text(12)]),
    ("sum", ([1, 2],), [array(0), array(2), spend(0), spend(0)]),
    ("sum", ([{"a": {"b": 1}}], "a.b"), [array(1), array(1), spend(2)]),
    ("plus", ("12", 3), [spend(8)]),
    ("date", ("2020-01-02T03:04:05Z", ""), [text(20), text(0)]),
    ("date", ("2020-01-02", ""), [text(10), *[each(1)] * 5, text(0)]),
    ("date", (0, "%Y"), [text(2), spend(), text(0)]),
    ("date", ("12", "%5N"), [text(2), spend(8), text(3), spend(), text(5), text(5)]),
]


@pytest.mark.parametrize(("name", "arguments", "entries"), CASES)
def test_a_filter_reports_its_work(name, arguments, entries):
    ledger = Ledger()
    FILTERS[name](ledger, *arguments)
    assert ledger.entries == entries
