import pytest

from destination_kit.mapping.liquid import LiquidError, compile_liquid

NESTED = 170
EVENT = {"a": {"b": "bee", "1": "one"}, "no": False}


def nested(values):
    return "{{ " + "a[" * (values - 1) + "a" + "]" * (values - 1) + " }}"


def test_values_nest_as_deep_as_the_limit_and_not_one_deeper():
    assert compile_liquid(nested(NESTED)).render({}) == ""
    for template in (nested(NESTED + 1), nested(NESTED + 1).replace("{{", "{{ b b b[1] ")):
        with pytest.raises(LiquidError, match=f"more than {NESTED} brackets and ranges are nested"):
            compile_liquid(template)


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        *(("a['b'.size]", "one"), ("a['b' x]", "bee"), ("a['b']", "bee"), ("a[1 x]", "one")),
        *(("a.b", "bee"), ("a . b", "[object Object]"), ("['a'].b", "bee"), ("(1..3) | size", "3")),
        *(("1. | json", "1"), ("-1.5 | json", "-1.5"), ("+2 | json", "2"), ("1.2.3", "")),
        *(("'x' | append:'y'", "xy"), ("'x' | append : 'y'", "xy"), ("'x' |", "x")),
        *(("no | default:1,allow_false:true", "false"), ("no | default:1", "1")),
        *(("none | default:a.b,allow_false:true", "bee"), ("a.b | upcase|downcase", "bee")),
    ],
)
def test_an_expression_means_what_it_means_to_liquidjs(expression, text):
    assert compile_liquid(f"{{{{ {expression} }}}}").render(EVENT) == text
