"""The checked-in schemas are equal to the ones that the code generates."""

import json
from pathlib import Path

from destination_kit import Catalog
from destination_kit.publish import definition_document, documents
from destination_kit.schema_checks import load_metaschema_validator
from destinations.qualtrics import QUALTRICS

FOLDER = Path(__file__).parents[2] / "schemas" / "qualtrics"


def test_the_generated_schemas_are_fresh():
    checked_in = {
        path.name: json.loads(path.read_text(encoding="utf-8")) for path in FOLDER.iterdir()
    }
    installed = Catalog.installed().destinations[QUALTRICS.slug]
    assert checked_in == documents(installed), "run: make schemas"


def test_the_plugin_of_bulk_imports_changes_no_form_of_the_three_actions():
    own = documents(QUALTRICS)
    installed = documents(Catalog.installed().destinations[QUALTRICS.slug])
    shared = {name for name in own if name.startswith(tuple(QUALTRICS.actions))}
    assert len(shared) == 5 * len(QUALTRICS.actions)
    assert {name: installed[name] for name in shared} == {name: own[name] for name in shared}
    assert all(
        installed["manifest.json"]["actions"][slug] == found
        for slug, found in own["manifest.json"]["actions"].items()
    )


def test_the_definition_is_valid_under_its_meta_schema():
    document = json.loads(json.dumps(definition_document(QUALTRICS)))
    assert [
        error.message for error in load_metaschema_validator("destination").iter_errors(document)
    ] == []
