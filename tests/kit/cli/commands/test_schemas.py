"""`dkit schemas` writes the schemas of destinations."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from destination_kit import Catalog
from destination_kit.cli.commands.schemas import COMPANIONS
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
    own = {path.name: json.loads(path.read_text()) for path in kept.glob("*.json")}
    del own["host.schema.json"]  # the host's, which is a distribution of its own
    assert written == own
    for name in COMPANIONS:
        assert (tmp_path / name).read_bytes() == (kept / name).read_bytes()


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


def test_destinations_that_share_a_short_name_get_a_folder_each(tmp_path):
    other = replace(PARTNER, slug="partner")
    dkit("schemas", "--out", tmp_path, destinations=[PARTNER, other])
    assert {
        path.parent.name: json.loads(path.read_text())["destination"]
        for path in tmp_path.rglob("manifest.json")
    } == {"actions-partner": "actions-partner", "partner": "partner"}


@pytest.mark.parametrize("slug", ["../x", "/x", "a/../../x", "a\0b"])
def test_a_slug_that_the_catalog_overlooked_is_written_nowhere(tmp_path, slug):
    catalog = Catalog({"odd": replace(PARTNER, slug="odd", actions={slug: PARTNER.actions["say"]})})
    ran = dkit("schemas", "odd", "--out", tmp_path / "in" / "out", load=lambda: catalog)
    assert ran.code == 2
    assert "cannot write" in ran.err
    assert not {path for path in tmp_path.rglob("*payload*") if path.is_file()}
