"""Text, outputs and tags of a template are split as liquidjs splits them."""

import pytest

from destination_kit.errors import MappingError
from destination_kit.mapping import compile_mapping


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{% liquid\nassign a = 1\necho a\n %}", "1"),
        ("{% liquid assign a = 'x'\n\n  echo a %}", "x"),
        ("{% liquid\nraw\necho x\nendraw\necho x %}", "echo x\nX"),
        ("{% liquid echo x\necho x%}!", "XX!"),
        ("{% liquid\n  if x\n    echo x\n  endif\n%}", "X"),
        ("{% liquid\nraw\nraw\necho x\nendraw\n%}", "rawecho x\n"),
        ("{% liquid %}a", "a"),
        ("{{ 'a}}b' }}", "a}}b"),
        ('{{ "it\'s" }}', "it's"),
        ("{{ 'it\\'s' }}!", "it's!"),
        ("{{ 'a\\nb\\t\\u0041\\101\\q\\\\' }}", "a\nb\tAAq\\"),
        ("{{ '\\u41' }}", "A"),
        ("{{ '\\7' | size }}", "1"),
        ("{{ '\\1012' }}", "A2"),
        ("{{ '\\u00e9\\v\\b\\f\\r' }}", "é\x0b\x08\x0c\r"),
        ("{{ '\\u' | size }}", "1"),
        ("{{ '' | size }}|{{ 'a' }}|{{ '\\n' | size }}", "0|a|1"),
        ("a{% raw %}{{ x }}{% endraw %}b", "a{{ x }}b"),
        ("{% raw %}{%- endraw %}x{% endraw %}y", "{%- endraw %}xy"),
        ("{% raw %}a{% endraw {% endraw %}b", "ab"),
        ("{% raw %}{% endraw %}", ""),
        ("{%raw%}a{%endrawx%}b{%endraw%}c", "a{%endrawx%}bc"),
        ("{% raw %}a{% if %}b{% endraw %}{% raw %}c{% endraw %}", "a{% if %}bc"),
        ("a {{- 'b' -}} c", "abc"),
        (" {{- 'a' }} ", "a "),
        ("a \n{%- assign y = 1 -%}\t c", "ac"),
        ("{%- assign y = 1 -%}", ""),
        (" {%- raw -%} x {% endraw -%} y ", " x y "),
        ("a {% raw -%} x {% endraw %} y", "a  x  y"),
        ("a {{- x }}{{ x -}} b", "aXXb"),
        ("{{-x-}}", "X"),
        ("{%#note%}x", "x"),
        ("{% # note %}x", "x"),
        ("{{ x}}{{x }}{{x}}", "XXX"),
        ("a{b}c{ {d} }", "a{b}c{ {d} }"),
        ("}}{{ x }}%}", "}}X%}"),
        ("{% assign y = '%' %}{{ y }}", "%"),
        ("{{'}}'}}{{ \"{{\" }}", "}}{{"),
        ("{{ x | append: '|' }}", "X|"),
        ("{{ 'a' | append: 'b\\'c' | append: \"d\\\"e\" }}", "ab'cd\"e"),
    ],
)
def test_a_template_is_split_into_its_tokens(template, text):
    assert compile_mapping({"f": {"@liquid": template}})({"x": "X"}) == {"f": text}


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{{--}}|", "expected a value, such as a path, a number or a text in quotes (column 4)"),
        ("{{ x }", "this output is not closed: '}}' is missing (column 1)"),
        (
            "{%}{% assign y = 1 %}",
            "the name of the tag is missing, such as 'if' or 'assign' (column 1)",
        ),
        ("{{ 'a", "this output is not closed: '}}' is missing (column 1)"),
        ("{%", "this tag is not closed: '%}' is missing (column 1)"),
        ("{{", "this output is not closed: '}}' is missing (column 1)"),
        ("{% raw %}{% endraw", "the tag 'raw' is not closed: add '{% endraw %}' (column 1)"),
        ("x{{ 'a\\' }}", "this output is not closed: '}}' is missing (column 2)"),
    ],
)
def test_a_token_without_its_end_is_shown_with_its_column(template, message):
    with pytest.raises(MappingError) as caught:
        compile_mapping({"f": {"@liquid": template}})
    assert caught.value.problems[0].message.partition("\n")[0] == message
