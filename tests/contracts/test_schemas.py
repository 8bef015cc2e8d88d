"""The checked-in schemas are equal to the ones that the code generates."""

import json
from pathlib import Path

from destination_kit.publish import definition_document, documents
from destination_kit.schema_checks import load_metaschema_validator
from destinations.qualtrics import QUALTRICS

FOLDER = Path(__file__).parents[2] / "schemas" / "qualtrics"


def test_the_generated_schemas_are_fresh():
    checked_in = {
        path.name: json.loads(path.read_text(encoding="utf-8")) for path in FOLDER.iterdir()
    }
    assert checked_in == documents(QUALTRICS), "run: make schemas"


def test_the_definition_is_valid_under_its_meta_schema():
    document = json.loads(json.dumps(definition_document(QUALTRICS)))
    assert [
        error.message for error in load_metaschema_validator("destination").iter_errors(document)
    ] == []
