"""The checked-in schemas are equal to the ones that the code generates."""

import json
from pathlib import Path

from destination_kit import Catalog
from destination_kit.publish import definition_document, documents, vocabulary
from destination_kit.publish.mapping_document import build_mapping_document
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
    assert len(shared) == 7 * len(QUALTRICS.actions)
    assert {name: installed[name] for name in shared} == {name: own[name] for name in shared}
    assert all(
        installed["manifest.json"]["actions"][slug] == found
        for slug, found in own["manifest.json"]["actions"].items()
    )


def test_the_kits_own_schemas_are_fresh():
    own = {"mapping.schema.json": build_mapping_document(), "vocabulary.json": vocabulary()}
    for name, document in own.items():
        text = (FOLDER.parent / name).read_text(encoding="utf-8")
        assert json.loads(text) == json.loads(json.dumps(document, default=dict)), (
            "run: make schemas"
        )


def test_documents_of_destinations_are_compact():
    for path in FOLDER.iterdir():
        assert path.read_text(encoding="utf-8").count("\n") == 1


def test_the_definition_is_valid_under_its_meta_schema():
    document = json.loads(json.dumps(definition_document(QUALTRICS)))
    assert [
        error.message for error in load_metaschema_validator("destination").iter_errors(document)
    ] == []
