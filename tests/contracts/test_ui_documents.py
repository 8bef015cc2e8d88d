"""The guide docs/ui.md is true of the published documents; `make test-ui` draws its samples."""

import json
import re
from pathlib import Path

from destination_kit.fields import load_metaschema
from destination_kit.publish import documents
from destinations.qualtrics import QUALTRICS

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "ui.md").read_text(encoding="utf-8")
SAMPLES = re.findall(r"^```jsx\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE)


def test_there_is_a_short_sample_for_each_generator():
    assert [sample.partition("\n")[0] for sample in SAMPLES] == ["// rjsf.jsx", "// jsonforms.jsx"]
    for sample in SAMPLES:
        assert len([line for line in sample.splitlines() if line.strip()]) <= 20


def test_the_renderer_of_open_maps_is_small():
    text = (ROOT / "schemas" / "open-map.jsx").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 80


def test_every_annotation_is_explained():
    known = {name for name in load_metaschema("field")["properties"] if name.startswith("x-")}
    assert known - {"x-segment"} == set(re.findall(r"`(x-[a-z-]+)`", GUIDE))


def test_every_document_is_explained():
    names = {name.replace("addContactToXmd", "ACTION") for name in documents(QUALTRICS)}
    for name in names:
        if not name.startswith(("upsert", "trigger")):
            assert name in GUIDE or f"….{name.split('.', 1)[1].removeprefix('form.')}" in GUIDE, (
                name
            )


def test_every_choice_is_explained():
    form = documents(QUALTRICS)["upsertContactTransaction.form.schema.json"]
    titles = {choice["title"] for field in form["properties"].values() for choice in field["oneOf"]}
    for title in titles:
        assert title.partition(", else")[0] in GUIDE


def test_the_generators_are_pinned_without_a_registry():
    lock = json.loads((ROOT / "tests" / "ui" / "package-lock.json").read_text(encoding="utf-8"))
    assert not [name for name, package in lock["packages"].items() if "resolved" in package]
