"""Literals of a mapping are refused when every event would be, and never otherwise."""

import pytest
from hypothesis import given, strategies as st

from destination_kit import Action, Catalog, ConfigurationError, Delivered, Destination, Failed
from tests.conftest import echo

URL = {"type": "string", "title": "URL", "format": "uri"}
FIELDS = {
    "type": "object",
    "required": ["id"],
    "properties": {
        "id": {"type": "string", "title": "Id", "pattern": "^A", "x-pattern-message": "begins A"},
        "count": {"type": "integer", "title": "Count", "maximum": 9},
        "kind": {"type": "string", "title": "Kind", "enum": ["a", "b"]},
        "data": {"type": "object", "title": "Data"},
        "when": {"type": ["string", "number"], "title": "When", "format": "date-like"},
        "hook": {**URL, "writeOnly": True, "x-request-url": True},
        "secret": {**URL, "writeOnly": True},
        "picture": URL,
        "tags": {"type": "array", "title": "Tags", "items": {"type": "integer"}, "minItems": 2},
        "deep": {
            "type": "object",
            "title": "Deep",
            "required": ["x", "y"],
            "properties": {"x": {"type": "integer"}, "y": {"type": "integer"}},
        },
    },
}
HOSTS = ("*.partner.example",)
COMPUTED = {"@path": "$.properties.id"}


def configure(mapping, fields=FIELDS, **rest):
    action = Action(title="Do", trigger='type = "track"', fields=fields, perform=echo)
    destination = Destination(slug="d", name="D", hosts=HOSTS, actions={"do": action})
    subscription = {"action": "do", "mapping": mapping}
    document = {"destination": "d", "subscriptions": [subscription], **rest}
    return Catalog.of(destination).configure(document)


def problems(mapping, **rest):
    try:
        found = configure(mapping, **rest).problems
    except ConfigurationError as error:
        found = error.problems
    start = "/subscriptions/0/mapping"
    assert all(problem.path.startswith(start) for problem in found)
    return [(problem.path.removeprefix(start), problem.message) for problem in found]


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("id", "B1", "Id begins A."),
        ("id", "", "Id is required"),
        ("id", None, "Id is required"),
        ("id", {"@literal": "B1"}, "Id begins A."),
        ("count", "12x", "Count must be a whole number"),
        ("count", 10, "Count must be 9 or less."),
        ("kind", "c", 'Kind must be one of "a", "b".'),
        ("data", "free", "Data must be an object, but text was found."),
        ("data", [1], "Data must be an object, but a list was found."),
        ("when", "soon", "When must be a valid date."),
        ("picture", "no address", "URL must be a valid URI."),
    ],
)
@pytest.mark.parametrize("other", [COMPUTED, [1, 2]])
def test_a_literal_that_its_field_refuses_is_found_when_configured(name, value, message, other):
    mapping = {"id": "A1", "kind": "a", "tags": other, name: value}
    [(path, found)] = problems(mapping)
    assert path == f"/{name}"
    assert found.startswith(message)


@pytest.mark.parametrize(("text", "kind"), [('{"a":1}', "object"), ("[1, 2]", "array")])
def test_the_json_text_of_an_object_gets_the_cause(text, kind):
    [(_, message)] = problems({"id": COMPUTED, "data": text})
    assert f"The text is the JSON of an {kind}: write the {kind} itself" in message


def test_every_literal_is_reported_beside_the_other_faults():
    mapping = {"id": {"@pth": "x"}, "count": "many", "kind": "c", "data": "x"}
    assert [path for path, _ in problems(mapping)] == ["/id", "/count", "/data", "/kind"]


def test_what_an_event_may_fill_is_never_refused():
    mapping = {
        "id": COMPUTED,
        "count": {"@if": {"exists": COMPUTED, "then": "many"}},
        "tags": [COMPUTED],
        "deep": {"x": 1},
        "data": {"any": COMPUTED, "text": "x"},
    }
    mapping["deep"] = {"x": 1, "y": COMPUTED}
    assert not problems(mapping)


def test_the_literal_part_of_a_list_or_object_is_checked():
    mapping = {"id": "A", "tags": ["one", COMPUTED], "deep": {"x": "one", "y": COMPUTED}}
    assert [path for path, _ in problems(mapping)] == ["/deep/x", "/tags/0"]


def test_conditions_count_only_where_no_event_takes_part():
    rule = {"if": {"properties": {"kind": {"const": "a"}}}, "then": {"required": ["count"]}}
    fields = {**FIELDS, "allOf": [rule]}
    assert [path for path, _ in problems({"id": "A", "kind": "a"}, fields=fields)] == ["/count"]
    assert not problems({"id": "A", "kind": COMPUTED}, fields=fields)
    assert not problems({"id": COMPUTED, "kind": "a", "count": COMPUTED}, fields=fields)


@pytest.mark.parametrize("value", ["7", 7, "7.0", True])
def test_a_literal_that_coercion_makes_fit_is_accepted(value):
    assert not problems({"id": COMPUTED, "count": value})
    assert not problems({"id": "A", "count": value})


def test_a_url_that_requests_cannot_reach_is_an_error_where_the_action_requests_it():
    [(path, message)] = problems({"id": "A", "hook": "https://evil.example/x?token=t0k3n"})
    assert path == "/hook"
    assert "evil.example is not one of this destination's hosts" in message
    assert "t0k3n" not in message
    assert not problems({"id": "A", "hook": "https://api.partner.example/x"})
    allowed = {"allowedHosts": ["evil.example"]}
    assert not problems({"id": "A", "hook": "https://evil.example/x"}, **allowed)
    [(path, message)] = problems({"id": "A", "hook": "http://api.partner.example/x"})
    assert (path, "https" in message) == ("/hook", True)


def test_another_secret_url_is_a_warning_and_a_picture_is_none():
    configured = configure(
        {"id": "A", "secret": "https://evil.example/x", "picture": "https://a.b/"}
    )
    [warning] = configured.warnings
    assert warning.path == "/subscriptions/0/mapping/secret"
    assert warning.message.startswith("URL: evil.example is not one of")


def test_a_root_directive_leaves_the_literals_alone():
    wrapped = {"__segment_internal_directive": {"@transform": {"apply": {}}}, "count": "many"}
    assert not problems(wrapped)


values = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(max_size=3), st.just("A1"), st.just({"a": 1})
)
mappings = st.fixed_dictionaries(
    {"id": values},
    optional=dict.fromkeys(("count", "kind", "data", "when", "tags", "deep"), values),
)


@given(mappings)
def test_a_mapping_of_literals_has_problems_exactly_when_its_events_fail(mapping):
    """The law that keeps a check from refusing what a run would deliver, or the reverse."""
    configured = configure(mapping)
    [event_result] = configured.send_sync([{"type": "track"}])
    assert bool(configured.problems) == isinstance(event_result.results[0].result, Failed)


def test_a_sound_subscription_runs_beside_one_whose_literal_fails_every_event():
    """As in the reference: each event learns of the literal, and the other subscription delivers."""
    action = Action(title="Do", trigger='type = "track"', fields=FIELDS, perform=echo)
    destination = Destination(slug="d", name="D", actions={"do": action})
    subscriptions = [{"action": "do", "mapping": {"id": word}} for word in ("A", "B")]
    document = {"destination": "d", "subscriptions": subscriptions}
    configured = Catalog.of(destination).configure(document)
    assert [problem.path for problem in configured.problems] == ["/subscriptions/1/mapping/id"]
    [event_result] = configured.send_sync([{"type": "track"}])
    assert [type(found.result) for found in event_result.results] == [Delivered, Failed]


def test_a_disabled_subscription_fails_no_event():
    assert problems({"id": "B"})
    action = Action(title="Do", trigger='type = "track"', fields=FIELDS, perform=echo)
    destination = Destination(slug="d", name="D", actions={"do": action})
    subscription = {"action": "do", "mapping": {"id": "B"}, "enabled": False}
    document = {"destination": "d", "subscriptions": [subscription]}
    assert Catalog.of(destination).configure(document).problems == ()
