"""The checker of the configuration and its published schema agree."""

import copy
import json
from pathlib import Path

import pytest
from hypothesis import given, strategies as st
from jsonschema import Draft7Validator
from referencing import Registry
from referencing.jsonschema import DRAFT7

from destination_host.config.options import (
    ADMINISTRATION,
    INGRESS,
    LIMITS,
    QUEUE,
    RETRY,
    Choice,
    Number,
    Secret,
)
from destination_host.config.schema import load_schema
from destination_host.config.structure import check_structure

FOLDER = Path(__file__).parents[3] / "schemas"
SCHEMAS = [json.loads(path.read_text(encoding="utf-8")) for path in FOLDER.glob("*.schema.json")]
[SCHEMA] = [schema for schema in SCHEMAS if schema["title"] == "Host"]
REGISTRY = Registry().with_resources(
    [(schema["$id"], DRAFT7.create_resource(schema)) for schema in SCHEMAS]
)
VALIDATOR = Draft7Validator(SCHEMA, registry=REGISTRY)
SECTIONS = {
    ("queue",): QUEUE,
    ("limits",): LIMITS,
    ("retry",): RETRY,
    ("listen", "ingress"): INGRESS,
    ("listen", "administration"): ADMINISTRATION,
}
GOOD = {
    "$schema": "host.schema.json",
    "sources": {
        "web": {
            "writeKeys": [{"$secret": "A"}, {"$secret": "B"}],
            "destinations": ["mail", "crm"],
        },
        "app.2": {"writeKeys": [{"$secret": "C"}]},
        "hook": {"webhook": {"sender": "posthog", "secret": {"$secret": "D"}}},
    },
    "destinations": {
        "mail": {"file": "mail.json"},
        "crm": {"file": "segment.json", "destination": "crm"},
    },
    "queue": {"file": "q.db", "keepDelivered": "1h", "keepDead": "2d", "keepRejectedBytes": 0},
    "listen": {
        "ingress": {"host": "::1", "port": 1, "origins": ["*"], "unknownWriteKeys": "keep"},
        "administration": {"host": "0.0.0.0", "port": 2, "token": {"$secret": "T"}},  # noqa: S104 - no listener
    },
    "limits": {
        "eventBytes": 1024,
        "batchBytes": 1024,
        "webhookBytes": 1024,
        "bodyTimeout": "1s",
        "unknownKeysPerMinute": 1,
        "unfinished": 1,
        "freeBytes": 0,
        "overdue": "1m",
        "inFlight": 1,
    },
    "retry": {"timeLimit": "4h", "firstPause": "1s", "maxPause": "5m"},
}
VALUES = st.sampled_from(
    [
        *(None, True, 0, 1, -1, 1.0, 1.5, 1024, 65_536, 10**20),
        *("", "a", "1s", "0s", "10", "10w", "refuse", "*", "Ü", "a b"),
        *([], [1], [""], ["a"], [{"$secret": "A"}]),
        *({}, {"a": 1}, {"$secret": "A"}, {"$secret": ""}, {"$secret": "A", "b": 1}, {"file": "f"}),
    ]
)


def test_the_published_schema_is_that_of_the_distribution():
    assert load_schema() == SCHEMA, "run: make schemas"


def paths(value, *at):
    """Yield the steps to every value of a document, itself included."""
    yield at
    children = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for step, child in children:
        yield from paths(child, *at, step)


def parent_of(document, path):
    for step in path[:-1]:
        document = document[step]
    return document


@st.composite
def changed_documents(draw):
    """A good document with one value replaced, removed or added."""
    document = copy.deepcopy(GOOD)
    path = draw(st.sampled_from([path for path in paths(GOOD) if path]))
    parent, change = parent_of(document, path), draw(st.sampled_from(["set", "remove", "add"]))
    if change == "set":
        parent[path[-1]] = draw(VALUES)
    elif change == "remove":
        del parent[path[-1]]
    elif isinstance(parent, dict):
        parent[draw(st.sampled_from(["more", "Ü", "", "a/b", *parent]))] = draw(VALUES)
    return document


def test_a_good_document_has_no_problem():
    assert check_structure(GOOD) == []
    assert [error.message for error in VALIDATOR.iter_errors(GOOD)] == []


def is_inline(document):
    """Whether a destination is an instance document, which `Catalog.configure` checks."""
    destinations = document.get("destinations")
    entries = destinations.values() if isinstance(destinations, dict) else ()
    return any(isinstance(entry, dict) and "file" not in entry for entry in entries)


@given(changed_documents())
def test_the_checker_and_the_schema_agree(document):
    if is_inline(document):
        return
    errors = list(VALIDATOR.iter_errors(document))
    problems = check_structure(document)
    assert bool(problems) == bool(errors), (problems, [error.message for error in errors])
    places = ["".join(f"/{step}" for step in error.absolute_path) for error in errors]
    for problem in problems:
        path = problem.path.replace("~1", "/")
        assert any(path.startswith(place) or place.startswith(path) for place in places)


@pytest.mark.parametrize("document", [None, [], 5, "x"])
def test_a_document_is_an_object(document):
    assert not VALIDATOR.is_valid(document)
    assert [problem.path for problem in check_structure(document)] == [""]


@pytest.mark.parametrize("steps", SECTIONS)
def test_the_schema_has_every_option_with_its_default_and_bounds(steps):
    schema, options = SCHEMA, SECTIONS[steps]
    for step in steps:
        schema = schema["properties"][step]
    assert [*schema["properties"]] == [*options]
    for name, option in options.items():
        rule = schema["properties"][name]
        default = [*option.default] if isinstance(option.default, tuple) else option.default
        assert isinstance(option, Secret) or rule["default"] == default, name
        if isinstance(option, Number):
            assert (rule["minimum"], rule["maximum"]) == (option.low, option.high), name
        if isinstance(option, Choice):
            assert rule["enum"] == [*option.choices]


def test_a_misspelt_key_is_named_with_the_likely_one():
    document = {**GOOD, "limits": {"eventByte": 5}}
    [problem] = check_structure(document)
    assert (problem.path, problem.code) == ("/limits/eventByte", "UNKNOWN_KEY")
    assert "did you mean 'eventBytes'" in problem.message


def test_a_write_key_in_plain_text_is_refused_and_not_quoted():
    document = {**GOOD, "sources": {"web": {"writeKeys": ["s3cret"]}}}
    [problem] = check_structure(document)
    assert problem.path == "/sources/web/writeKeys/0"
    assert "s3cret" not in problem.message
