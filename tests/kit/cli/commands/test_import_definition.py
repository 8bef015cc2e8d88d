"""`dkit import` turns a published definition into a package."""

import json

import pytest

from tests.kit.dkit import dkit
from tests.kit.scaffold.test_package_files import DOCUMENT


@pytest.fixture
def metadata(tmp_path):
    def write(document):
        path = tmp_path / "metadata.json"
        path.write_text(json.dumps(document, indent=1), encoding="utf-8")
        return path

    return write


def test_a_definition_becomes_a_package(metadata, tmp_path):
    done = dkit("import", metadata(DOCUMENT), "--out", tmp_path / "acme")
    assert done.code == 0
    assert "Acme CRM: 3 actions in" in done.out
    assert (tmp_path / "acme/acme_crm/actions/send_contact.py").is_file()


def test_a_folder_that_holds_something_is_left_alone(metadata, tmp_path):
    (tmp_path / "acme").mkdir()
    (tmp_path / "acme/mine.py").write_text("x = 1\n")
    done = dkit("import", metadata(DOCUMENT), "--out", tmp_path / "acme")
    assert done.code == 2
    assert "is not empty" in done.err
    assert [path.name for path in (tmp_path / "acme").iterdir()] == ["mine.py"]


def test_an_unknown_key_is_named_with_its_line_and_kept(metadata):
    done = dkit("import", metadata({**DOCUMENT, "version": 9}), "--json")
    assert done.code == 0
    assert "/version: There is no 'version' that this version knows: it is kept." in done.err
    assert json.loads(done.out)["x-segment"]["version"] == 9


def test_a_trigger_that_cannot_be_read_is_named_and_the_rest_is_imported(metadata):
    actions = {"a": {"title": "A", "defaultSubscription": "type ==", "fields": {}}}
    done = dkit("import", metadata({**DOCUMENT, "actions": actions, "presets": []}), "--json")
    assert done.code == 0
    assert "this trigger cannot be read, everything else works: /actions/a/trigger" in done.err
    assert list(json.loads(done.out)["actions"]) == ["a"]


def test_a_definition_that_cannot_be_loaded_is_a_failure(metadata):
    actions = {"a": {"title": "A", "fields": {"f": {"type": "text", "default": {"@pth": "x"}}}}}
    done = dkit("import", metadata({**DOCUMENT, "actions": actions, "presets": []}), "--json")
    assert done.code == 1
    assert "does not work as it is: /actions/a/fields" in done.err


def test_a_file_that_is_no_definition_is_refused_with_the_pointer(metadata):
    done = dkit(
        "import", metadata({"slug": "a", "name": "A", "actions": {"b": {"fields": []}}}), "--json"
    )
    assert done.code == 2
    assert "/actions/b/fields: should be a JSON object" in done.err


def test_import_needs_somewhere_to_write(metadata):
    assert dkit("import", metadata(DOCUMENT)).code == 2
