import pytest

from destination_kit.mapping.liquid import compile_liquid


def render(template, event):
    return compile_liquid(template).render(event)


def test_a_character_beyond_the_bmp_counts_twice_and_comes_out_whole():
    assert (
        render("{{ s | size }} {{ s | slice: 0, 2 }}{{ t }}", {"s": "👍a", "t": "x👍"}) == "3 👍x👍"
    )


@pytest.mark.parametrize(
    ("template", "event", "text"),
    [
        ("{{ a.size }}{{ b.c[1] }}", {"a": "Ana 😀", "b": {"c": "x😀"}}, "6\ufffd"),
        ("{{ 😀 }}{{ p.😀 }}{{ p['😀'] }}", {"😀": 1, "p": {"😀": 2}}, "122"),
        ("{{ (2.5..2) | json }}", {}, "[2.5]"),
        ("{{ a | slugify: 'raw' }}", {"a": "x\0  y\t"}, "x\0-y"),
    ],
)
def test_text_is_counted_and_found_in_code_units(template, event, text):
    assert render(template, event) == text
