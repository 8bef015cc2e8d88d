"""The guide docs/ui.md is true of the published documents; `make test-ui` draws its samples."""

import json
import re
from dataclasses import replace
from functools import reduce
from pathlib import Path

import pytest
from jsonschema import Draft7Validator

from destination_kit import (
    Action,
    Audience,
    Catalog,
    Choice,
    ChoiceRequest,
    Choices,
    Destination,
    MappingHook,
)
from destination_kit.cli.commands.schemas import COMPANIONS
from destination_kit.fields import load_metaschema
from destination_kit.publish import documents
from destinations.qualtrics import QUALTRICS
from tests.conftest import echo

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "ui.md").read_text(encoding="utf-8")
SAMPLES = re.findall(r"^```jsx\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE)

PYTHON = re.findall(r"^```python\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE)


def test_there_is_a_short_sample_for_each_generator():
    assert [sample.partition("\n")[0] for sample in SAMPLES] == ["// rjsf.jsx", "// jsonforms.jsx"]
    for sample in SAMPLES:
        assert len([line for line in sample.splitlines() if line.strip()]) <= 20


def test_the_renderer_of_open_maps_is_small():
    text = (ROOT / "schemas" / "open-map.jsx").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 80


def test_the_samples_name_the_versions_that_the_tests_draw_with():
    package = json.loads((ROOT / "tests" / "ui" / "package.json").read_text(encoding="utf-8"))
    [command] = re.findall(r"^npm install --save-exact (.*)$", GUIDE, re.MULTILINE)
    named = dict(word.rpartition("@")[::2] for word in command.split())
    assert named.items() <= package["dependencies"].items()
    assert {"@rjsf/mui", "@jsonforms/material-renderers", "react"} <= named.keys()


def test_every_component_is_published_and_explained():
    shipped = set((ROOT / "schemas").glob("*.js*")) - set((ROOT / "schemas").glob("*.json"))
    assert {path.name for path in shipped} < {*COMPANIONS}
    readme = (ROOT / "schemas" / "README.md").read_text(encoding="utf-8")
    for path in shipped:
        assert path.name in GUIDE
        assert path.name in readme


def test_every_annotation_is_explained():
    known = {name for name in load_metaschema("field")["properties"] if name.startswith("x-")}
    assert known - {"x-segment"} == set(re.findall(r"`(x-[a-z-]+)`", GUIDE))


def test_every_document_is_explained():
    hook = MappingHook(title="Save")
    action = replace(QUALTRICS.actions["addContactToXmd"], hooks={"HOOK": hook})
    actions = {**QUALTRICS.actions, "addContactToXmd": action}
    hooked = replace(QUALTRICS, actions=actions, audience=Audience())
    names = {name.replace("addContactToXmd", "ACTION") for name in documents(hooked)}
    assert {"ACTION.HOOK.inputs.schema.json", "audience.schema.json"} <= names
    for name in names:
        if not name.startswith(("upsert", "trigger")):
            assert f"`{name}`" in GUIDE or f"….{'.'.join(name.split('.')[-2:])}" in GUIDE, name


def test_every_choice_is_explained():
    form = documents(QUALTRICS)["upsertContactTransaction.form.schema.json"]
    definitions = form["definitions"]
    choices = [choice for field in form["properties"].values() for choice in field["oneOf"]]
    for choice in choices:
        name = choice.get("$ref", "").rpartition("/")[2]
        assert (definitions[name] if name else choice)["title"].partition(", else")[0] in GUIDE


def test_the_generators_are_pinned_without_a_registry():
    lock = json.loads((ROOT / "tests" / "ui" / "package-lock.json").read_text(encoding="utf-8"))
    assert not [name for name, package in lock["packages"].items() if "resolved" in package]


async def list_things(context, request):
    return Choices((Choice(f"{request}", "thing"),), "2" if request.page is None else None)


DYNAMIC = {"type": "object", "properties": {"list": {"type": "string", "x-dynamic": True}}}
LISTS = {"list": list_things}
HOOK = MappingHook(title="Save", inputs=DYNAMIC, choices=LISTS)
SETTINGS = {**DYNAMIC, "required": ["list"]}
FORMS = Destination(
    slug="forms",
    name="Forms",
    settings=SETTINGS,
    choices=LISTS,
    audience=Audience(settings=DYNAMIC, choices=LISTS),
    actions={
        "add": Action(
            title="Add", perform=echo, fields=DYNAMIC, choices=LISTS, hooks={"onMappingSave": HOOK}
        )
    },
)
OPTIONS = ("mapping", "payload", "inputs", "search", "selected_key", "page")
ACTION = {"field": "list", "action": "add", "settings": {"list": "a"}}
REQUESTS = {
    ("settings",): {"field": "list", "settings": {}},
    ("audience",): {"field": "list", "audience": True, "settings": {"list": "a"}},
    ("actions", "add"): {**ACTION, "mapping": {"list": "b"}, "payload": {"list": "b"}},
    ("actions", "add", "hooks", "onMappingSave"): {
        **ACTION,
        "hook": "onMappingSave",
        "inputs": {"list": "c"},
    },
}


@pytest.mark.parametrize("form", REQUESTS)
async def test_the_sample_answers_a_published_request_for_every_form_of_the_manifest(form):
    [sample] = [code for code in PYTHON if code.startswith("# choices.py")]
    exec(sample, names := {})  # noqa: S102 - the sample of the guide
    published = documents(FORMS)
    described = reduce(lambda part, step: part[step], form, published["manifest.json"])
    assert described["dynamicChoices"] == ["list"]
    schema = published[published["manifest.json"]["choices"]]
    exchange = {"request": {**REQUESTS[form], "search": "x", "selected_key": "k", "page": "p"}}
    catalog = Catalog.of(FORMS)
    for request in (exchange["request"], REQUESTS[form]):
        response = await names["answer"](catalog, "forms", request, None)
        errors = Draft7Validator(schema).iter_errors({"request": request, "response": response})
        assert [error.message for error in errors] == []
        options = {key: request[key] for key in OPTIONS if key in request}
        assert response["choices"] == [{"value": f"{ChoiceRequest(**options)}", "label": "thing"}]
        assert response["next_page"] == (None if "page" in request else "2")


def test_the_request_of_the_guide_is_valid_and_every_key_is_explained():
    schema = documents(QUALTRICS)["choices.schema.json"]
    section = GUIDE.partition("## Dynamic choices")[2].partition("\n## ")[0]
    [request] = re.findall(r"^```json\n(.*?)^```$", section, re.DOTALL | re.MULTILINE)
    response = re.search(r"The response is `(.*?)`", section)[1]
    exchange = {"request": json.loads(request), "response": json.loads(response)}
    assert [error.message for error in Draft7Validator(schema).iter_errors(exchange)] == []
    for key in schema["properties"]["request"]["properties"]:
        assert f"`{key}`" in section or f'"{key}": ' in section
