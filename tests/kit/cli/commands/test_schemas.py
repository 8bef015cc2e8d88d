"""`dkit schemas` writes the schemas of destinations."""

import json
from pathlib import Path

from destination_kit.publish import documents
from tests.kit.dkit import PARTNER, dkit


def test_schemas_writes_a_folder_per_destination(tmp_path):
    ran = dkit("schemas", "--out", tmp_path, "--json")
    found = {path.removeprefix(f"{tmp_path}/") for path in ran.json["files"]}
    assert {path for path in found if "/" in path} == {
        f"partner/{path.name}" for path in (tmp_path / "partner").iterdir()
    }


def test_schemas_without_a_destination_writes_the_kits_own_too(tmp_path):
    dkit("schemas", "--out", tmp_path)
    kept = Path(__file__).parents[4] / "schemas"
    written = {path.name: json.loads(path.read_text()) for path in tmp_path.glob("*.json")}
    assert written == {path.name: json.loads(path.read_text()) for path in kept.glob("*.json")}
    assert (tmp_path / "open-map.jsx").read_bytes() == (kept / "open-map.jsx").read_bytes()


def test_schemas_without_a_folder_says_which_option_names_it():
    ran = dkit("schemas")
    assert (ran.code, ran.err) == (2, "dkit: schemas needs a folder to write to: --out DIR\n")


def test_schemas_writes_one_destination_into_a_new_folder(tmp_path):
    ran = dkit("schemas", "partner", "--out", tmp_path / "deep" / "down")
    names = [line.rpartition("/")[2] for line in ran.out.splitlines()]
    assert names == [*documents(PARTNER)]
    text = (tmp_path / "deep" / "down" / "settings.schema.json").read_text()
    assert text.endswith("}\n")
    assert json.loads(text)["properties"]["token"]["title"] == "Token"


def test_a_folder_that_cannot_be_made_is_misuse(tmp_path):
    (tmp_path / "file").write_text("")
    assert dkit("schemas", "partner", "--out", tmp_path / "file" / "x").code == 2
