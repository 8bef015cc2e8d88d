"""What filters of texts do without arguments, with too many, and at the ends of a range."""

import pytest

from destination_kit.mapping import compile_mapping

EVENT = {
    "x50": "x" * 50,
    "x51": "x" * 51,
    "w14": "w " * 13 + "w",
    "w15": "w " * 14 + "w",
    "w16": "w " * 15 + "w",
    "edge": "\uffffa\uffff",
}


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        *(("x50 | truncate", "x" * 50), ("x51 | truncate", "x" * 47 + "...")),
        *(("w14 | truncatewords", "w " * 13 + "w"), ("w15 | truncatewords", "w " * 14 + "w...")),
        ("w16 | truncatewords", "w " * 14 + "w..."),
        *(("edge | strip: '\uffff'", "a"), ("edge | lstrip: '\uffff'", "a\uffff")),
        *(("'aba' | remove: 'a', 'x'", "b"), ("'aba' | remove_first: 'a', 'x'", "ba")),
        ("'aba' | remove_last: 'a', 'x'", "ab"),
        *(("'aba' | replace_last: 'a', 'x'", "abx"), ("'aba' | replace_last: 'c', 'x'", "aba")),
        *(("1125899906842624.25 | round", "1125899906842625"), ("2.5 | round", "3")),
        *(("'a' | json: 0", '"a"'), ("edge | size | json", "3")),
    ],
)
def test_a_filter_has_the_result_of_liquidjs(expression, text):
    template = f"{{{{ {expression} }}}}"
    assert compile_mapping({"f": {"@liquid": template}})(EVENT) == {"f": text}
