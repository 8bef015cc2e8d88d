from types import MappingProxyType

import pytest

from destination_kit.mapping.liquid import compile_liquid


@pytest.mark.parametrize(
    ("template", "event", "text"),
    [
        ("{{ id }}", {"id": 9007199254740993}, "9007199254740993"),
        ("{{ a.b }}", {"a": MappingProxyType({"b": 1})}, "1"),
        ("{{ a.size }}", {"a": MappingProxyType({"b": 1})}, "1"),
        ("{{ a.b | json }}", {"a": None}, "null"),
        ("[{{ a.b.c | json }}]", {}, "[]"),
        ("{{ a | plus: 0 }}", {"a": 10**400}, "Infinity"),
        ("{{ a | plus: 0 }}", {"a": -(10**400)}, "-Infinity"),
    ],
)
def test_a_value_of_an_event_is_read_as_javascript_reads_it(template, event, text):
    assert compile_liquid(template).render(event) == text
