"""The result of each simple filter."""

import pytest

from destination_kit.mapping import compile_mapping


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        *(("5 | plus: 3", "8"), ("5 | minus: 3", "2"), ("5 | times: 3", "15")),
        *(("7 | divided_by: 2", "3.5"), ("7 | modulo: 4", "3"), ("2.345 | round: 2", "2.35")),
        *(("l | shift | join", "2 3"), ("l | pop | join", "1 2"), ("l | slice: 1, 1 | join", "2")),
        *(("'a<b>c' | strip_html", "ac"), ("l | first", "1"), ("l | last", "3")),
    ],
)
def test_a_filter_has_its_result(expression, text):
    template = f"{{{{ {expression} }}}}"
    assert compile_mapping({"f": {"@liquid": template}})({"l": [1, 2, 3]}) == {"f": text}
