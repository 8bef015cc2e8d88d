"""What a person may rely on in `@liquid`; that all of it answers as liquidjs is for conformance."""

import pytest

from destination_kit import Catalog, paths_read
from destination_kit.errors import PayloadValidationError
from destination_kit.mapping import check_mapping, compile_mapping
from destination_kit.mapping.liquid import compile_liquid, limits
from tests.conftest import ECHO
from tests.kit.liquid_bombs import BOMBS, HUGE


def render(template, event=None):
    return compile_mapping({"f": {"@liquid": template}})(event or {})["f"]


@pytest.mark.parametrize("template", BOMBS.values(), ids=BOMBS)
def test_a_bomb_costs_its_own_event_only(template):
    """It renders within the bounds, or it is refused: when it is configured, or for this event."""
    if len(template) > limits.MAX_TEMPLATE_LENGTH:
        pytest.fail("this bomb is longer than a template can be")
    mapping = {"f": {"@liquid": template}}
    if check_mapping(mapping):
        return
    resolve = compile_mapping(mapping)
    try:
        rendered = str(resolve(HUGE)["f"])
    except PayloadValidationError as error:
        rendered = str(error)
    assert len(rendered) <= limits.MAX_TEXT_LENGTH


def test_work_beyond_the_bounds_is_refused_with_its_place():
    with pytest.raises(
        PayloadValidationError,
        match="/f: a text in the Liquid template exceeds 2,000,000 characters",
    ):
        render(BOMBS["replacing again and again"])


def test_a_template_beyond_a_thousand_characters_is_refused_when_configured():
    (problem,) = check_mapping({"f": {"@liquid": "👍" * 501}})
    assert (problem.path, problem.code) == ("/f", "ALWAYS_FAILS")
    assert "at most 1,000 characters" in problem.message
    assert not check_mapping({"f": {"@liquid": "👍" * 500}})


def test_a_template_that_cannot_be_read_is_shown_with_a_caret():
    (problem,) = check_mapping({"f": {"@liquid": "Hi\n{{ name | }} {{ x = y }}"}})
    assert problem.message == (
        "expected '|' before a filter, found '=' (line 2, column 19)\n"
        "  {{ name | }} {{ x = y }}\n"
        "                    ^"
    )


def test_a_template_behind_a_condition_fails_only_the_events_that_reach_it():
    mapping = {"f": {"@if": {"exists": {"@path": "$.x"}, "then": {"@liquid": "{{"}, "else": "ok"}}}
    resolve = compile_mapping(mapping)
    assert resolve({}) == {"f": "ok"}
    with pytest.raises(PayloadValidationError, match="not closed"):
        resolve({"x": 1})


def test_counting_leaves_the_event_alone():
    """Unlike in the reference, whose `increment` is seen by the fields behind it."""
    event = {"n": 5}
    mapping = {"a": {"@liquid": "{% increment n %}"}, "b": {"@liquid": "{{ n }}"}}
    assert compile_mapping(mapping)(event) == {"a": "5", "b": "5"}
    assert event == {"n": 5}


@pytest.mark.parametrize(
    ("template", "written"),
    [
        ("{{ '0001-01-01T00:00:00Z' | date: '%Y', 'America/New_York' }}", "1"),
        (
            "{{ '0001-01-01T00:00:00Z' | date: '%Y-%m-%d %H:%M:%S', 'America/New_York' }}",
            "1-12-31 19:03:58",
        ),
        ("{{ '-000001-06-01T12:00:00Z' | date: '%Y %H', 'Asia/Tokyo' }}", "-1 21"),
        ("{{ '0000-01-01T00:00:00Z' | date: '%x' }}", "1/1/1"),
        ("{{ '-000001-01-01T00:00:00Z' | date: '%c' }}", "1/1/2, 12:00:00 AM"),
    ],
)
def test_a_date_at_the_edge_of_the_calendar_comes_out_as_javascript_writes_it(template, written):
    assert render(template) == written


def test_whole_numbers_of_an_event_keep_their_digits():
    assert render("{{ id }}", {"id": 9007199254740993}) == "9007199254740993"


def test_a_character_beyond_the_bmp_counts_twice_and_comes_out_whole():
    assert (
        render("{{ s | size }} {{ s | slice: 0, 2 }}{{ t }}", {"s": "👍a", "t": "x👍"}) == "3 👍x👍"
    )


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


@pytest.mark.parametrize(
    ("template", "event", "said"),
    [
        ("{{ a.size }}{{ b.c[1] }}", {"a": "Ana 😀", "b": {"c": "x😀"}}, "6\ufffd"),
        ("{{ 😀 }}{{ p.😀 }}{{ p['😀'] }}", {"😀": 1, "p": {"😀": 2}}, "122"),
        ("{{ (2.5..2) | json }}", {}, "[2.5]"),
        ("{{ a | slugify: 'raw' }}", {"a": "x\0  y\t"}, "x\0-y"),
    ],
)
def test_text_is_counted_and_found_in_code_units(template, event, said):
    assert compile_liquid(template).render(event) == said


def test_the_paths_that_a_mapping_reads_are_known():
    mapping = {
        "a": {"@path": "$.traits.email"},
        "b": {"@template": "{{first}} {{{ last.name }}}"},
        "c": {"@arrayPath": ["$.items", {"sku": {"@path": "$.id"}}]},
        "d": {"@if": {"exists": {"@path": "x['y']"}, "then": {"@liquid": "{{ l.i }}"}, "else": 1}},
        "e": {"@transform": {"apply": {"p": {"@path": "q"}}, "mapping": {"r": {"@path": "p"}}}},
        "f": {"@path": {"@path": "computed"}},
        "g": [{"@literal": "$.no"}, "{{ no }}"],
    }
    assert paths_read(mapping) == (
        *("traits.email", "last.name", "first", "items", "items.id"),
        *("x.y", "l.i", "q", "computed"),
    )


def warnings_of(template):
    document = {
        "destination": "echo",
        "subscriptions": [
            {"name": "n", "action": "say", "mapping": {"word": {"@liquid": template}}}
        ],
    }
    return Catalog.of(ECHO).configure(document).warnings


def test_check_warns_of_filters_that_nobody_knows_and_of_disabled_ones():
    assert warnings_of("{{ a | nosuch | sort | upcase }}") == (
        ("n", "/word: there is no Liquid filter 'nosuch', so it changes nothing"),
        ("n", "/word: the Liquid filter 'sort' is disabled: events that reach it fail"),
    )
    assert warnings_of("{{ a | upcase }}") == ()
