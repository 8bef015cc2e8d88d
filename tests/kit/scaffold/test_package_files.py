import importlib
import itertools
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from destination_kit import BatchLimits, Catalog, Destination
from destination_kit.scaffold import package_files, package_name
from destination_kit.scaffold.formatter import Call, Name, format_assignment, format_value
from destination_kit.scaffold.names import module_names
from destination_kit.segment import read_definition, write_definition
from destination_kit.segment.write_fields import is_same
from tests.laws.test_segment import DOCUMENTS

FOLDER = os.environ.get("DEFINITIONS")  # of published definitions
PUBLISHED = sorted(Path(FOLDER).absolute().glob("*.json")) if FOLDER else []
COUNT = itertools.count()
LONG = "A text that goes on and on, with 'quotes' and a \\ and a tab\t, " * 4
DOCUMENT = {
    "slug": "actions-acme-crm",
    "name": "Acme CRM",
    "authentication": {
        "scheme": "oauth2",
        "fields": {
            "apiKey": {"label": "Key", "type": "password", "required": True},
            "pool": {"label": "Pool", "type": "string", "dynamic": True},
        },
    },
    "actions": {
        "sendContact": {
            "title": 'Send "contact"',
            "description": LONG,
            "defaultSubscription": 'type = "identify"',
            "hasPerformBatch": True,
            "syncMode": {
                "label": "How",
                "default": "add",
                "choices": [{"label": "Add", "value": "add"}],
            },
            "hooks": {
                "onMappingSave": {
                    "label": "Save",
                    "inputFields": {"list": {"label": "L", "type": "string", "dynamic": True}},
                }
            },
            "fields": {
                "e-mail": {"label": "Email", "description": LONG, "type": "string"},
                "class": {"label": "Class", "type": "number", "choices": [1, 2], "required": True},
                "tags": {"label": "Tags", "type": "string", "multiple": True},
                "when": {"label": "When", "type": "datetime", "default": {"@path": "$.timestamp"}},
                "more": {"label": "More", "type": "object", "allowNull": True, "dynamic": True},
                "list": {"label": "List", "type": "string", "dynamic": True},
                "items": {
                    "label": "Items",
                    "type": "object",
                    "multiple": True,
                    "properties": {
                        "a name that is longer than any of a real one": {
                            "label": "Name",
                            "type": "string",
                            "dynamic": True,
                        }
                    },
                },
            },
            "dynamicFields": {
                "more": ["__keys__", "__values__"],
                "items": ["a name that is longer than any of a real one"],
            },
        },
        "send_contact": {"title": "Again", "fields": {"n": {"label": "N", "type": "integer"}}},
        "fields": {"title": "", "fields": {}},
    },
    "presets": [
        {"name": "P", "partnerAction": "sendContact", "eventSlug": "joined", "mapping": {"a": 1.5}},
    ],
    "audienceConfig": {
        "mode": {"type": "synced", "full_audience_sync": True},
        "audienceFields": {
            "x": {"label": "X", "type": "boolean", "default": True},
            "pool": {"label": "Pool", "type": "string", "dynamic": True},
        },
    },
}


def write(document, folder):
    destination = read_definition(document).destination
    for name, text in package_files(destination).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return package_name(destination.slug)


def test_a_package_keeps_the_batch_controls(tmp_path):
    controls = {
        "batch_keys": {"label": "K", "type": "string", "multiple": True, "default": ["e-mail"]},
        "batch_size": {"label": "S", "type": "number", "default": 50},
    }
    action = DOCUMENT["actions"]["sendContact"]
    action = {**action, "fields": {**action["fields"], **controls}}
    written = load(write({**DOCUMENT, "actions": {"send": action}}, tmp_path), tmp_path)
    assert written.actions["send"].batch == BatchLimits(count=50, keys=("e-mail",))
    run("ruff", "format", "--no-cache", "--check", ".", cwd=tmp_path)


def load(package, folder) -> Destination:
    """Import a package under a name of its own, so that no test sees that of another."""
    alias = f"{package}_{next(COUNT)}"
    for path in folder.rglob("*.py"):
        text = path.read_text(encoding="utf-8").replace(f"from {package}", f"from {alias}")
        path.write_text(text, encoding="utf-8")
    (folder / package).rename(folder / alias)
    sys.path.insert(0, str(folder))
    try:
        (destination,) = importlib.import_module(alias).register_destinations()
    finally:
        sys.path.remove(str(folder))
    return destination


def run(*command, cwd=None):
    done = subprocess.run(
        [sys.executable, "-m", *map(str, command)],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
def test_a_package_is_formatted_typed_and_says_what_the_document_said(tmp_path):
    package = write(DOCUMENT, tmp_path)
    run("ruff", "format", "--no-cache", "--check", ".", cwd=tmp_path)
    run("ruff", "check", "--no-cache", "--select", "F,I,UP", ".", cwd=tmp_path)
    run("mypy", "--strict", "--no-incremental", tmp_path / package)
    assert is_same(write_definition(load(package, tmp_path)), DOCUMENT)


def test_a_package_has_a_function_for_each_dynamic_field(tmp_path):
    written = load(write(DOCUMENT, tmp_path), tmp_path)
    action = written.actions["sendContact"]
    long = "items.a name that is longer than any of a real one"
    assert list(action.choices) == ["more.__keys__", "more.__values__", "list", long]
    assert list(action.hooks["onMappingSave"].choices) == ["list"]
    assert (list(written.choices), list(written.audience.choices)) == (["pool"], ["pool"])
    functions = [*action.choices.values(), *action.hooks["onMappingSave"].choices.values()]
    assert len({*functions, *written.choices.values(), *written.audience.choices.values()}) == 7
    assert Catalog.of(written).destinations


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(DOCUMENTS)
def test_any_package_gives_its_document_back(tmp_path_factory, document):
    folder = tmp_path_factory.mktemp("package")
    assert is_same(write_definition(load(write(document, folder), folder)), document)


@pytest.mark.skipif(not PUBLISHED, reason="DEFINITIONS names no folder of published definitions")
def test_every_published_definition_becomes_a_package(tmp_path):
    for path in PUBLISHED:
        document = json.loads(path.read_text(encoding="utf-8"))
        folder = tmp_path / path.stem
        package = write(document, folder)
    run("ruff", "format", "--isolated", "--line-length", "100", "--check", tmp_path)
    run("ruff", "check", "--isolated", "--select", "F,UP", tmp_path)
    for path in PUBLISHED:
        folder = tmp_path / path.stem
        document = json.loads(path.read_text(encoding="utf-8"))
        package = package_name(read_definition(document).destination.slug)
        assert is_same(write_definition(load(package, folder)), document), path.stem


@pytest.mark.parametrize("name", ["send", 'a"""b', "a\\\\", "a\x00b"])
def test_what_cannot_be_shown_as_it_is_makes_a_package_all_the_same(tmp_path, name):
    action = {"title": 'a\x00"""b\\\ud800\x85.', "description": "\x00", "fields": {}}
    document = {"name": "Acme", "slug": "acme", "actions": {name: action}}
    assert is_same(write_definition(load(write(document, tmp_path), tmp_path)), document)


async def test_what_is_left_to_write_says_so(tmp_path):
    destination = load(write(DOCUMENT, tmp_path), tmp_path)
    with pytest.raises(Exception, match="still to be written"):
        await destination.actions["sendContact"].perform(None, {})


def test_names_are_pythons_and_never_the_same():
    slugs = ["sendContact", "send_contact", "import", "json", "2nd", "fields", "sendJSONNow"]
    assert list(module_names(slugs).values()) == [
        *("send_contact", "send_contact_2", "action_import", "action_json", "action_2nd"),
        *("action_fields", "send_json_now"),
    ]
    assert package_name("actions-1plusx") == "destination_1plusx"


def test_names_are_files_on_every_system():
    assert list(module_names(["CON", "a" * 300, "a" * 301]).values()) == [
        *("action_con", "a" * 60, f"{'a' * 60}_2"),
    ]
    assert package_name("actions-nul") == "destination_nul"


@pytest.mark.parametrize(
    ("value", "source"),
    [
        ({"a": [1, None, True], "b": 1.5}, '{"a": [1, None, True], "b": 1.5}'),
        ('say "hi"', "'say \"hi\"'"),
        ("it's", '"it\'s"'),
        ("\\\n\u2028é", '"\\\\\\n\\u2028é"'),
        (Call("F", {"a": Name("X"), "b": None, "c": {}}), "F(a=X, c={})"),
    ],
)
def test_a_value_becomes_source(value, source):
    assert format_value(value) == source


def test_what_does_not_fit_stands_on_lines_of_its_own():
    assert format_assignment("X", {"a": "b" * 60, "c": ["d" * 40]}) == (
        f'X = {{\n    "a": "{"b" * 60}",\n    "c": ["{"d" * 40}"],\n}}\n'
    )
