import pytest

from destination_kit.mapping.liquid import compile_liquid


@pytest.mark.parametrize(
    ("template", "paths"),
    [
        ("{{ traits.email | upcase }} {{ a['b c' ].d }}", ("traits.email", "a.b c.d")),
        ("{% if x.y == z[0] %}{{ list[n].name }}{% endif %}", ("x.y", "z", "n", "list")),
        (
            "{% assign v = a.b %}{{ v.c }}{% capture w %}{{ q }}{% endcapture %}{{ w }}",
            ("a.b", "q"),
        ),
        ("{{ 'text' | append: suffix }}{% unless on %}{% endunless %}", ("suffix", "on")),
        ("plain {% raw %}{{ no }}{% endraw %}{% comment %}{{ no }}{% endcomment %}", ()),
        ("{% assign a = a | append: 'x' %}{{ a }}", ("a",)),
        ("{{ a.x }}{% assign a = b %}{{ a.y }}", ("a.x", "b")),
        ("{% if on %}{% assign a = 1 %}{% endif %}{{ a.b }}", ("on", "a.b")),
        ("{% increment n %}{{ n }}", ("n",)),
        ("{{ a | default: z, allow_false: q }}", ("a", "z", "q")),
        ("{{ 😀.x }}", ("😀.x",)),
    ],
)
def test_the_paths_that_a_template_reads_are_known(template, paths):
    assert set(map(".".join, compile_liquid(template).paths)) == set(paths)
