"""The schema of instance files takes the documents that `configure` takes."""

import json
from dataclasses import replace
from importlib.resources import files

import pytest

from destination_kit import Action, Catalog, ConfigurationError, MappingHook
from destination_kit.fields.checker import build_schema_validator
from destination_kit.publish import documents
from destinations.qualtrics import QUALTRICS
from tests.kit.dkit import FIELDS, PARTNER, TOKEN, say
from tests.kit.publish.forms import PATH, to_json

MODES = {"oneOf": [{"const": "add"}, {"const": "delete"}], "default": "add"}
OPTIONS = {"type": "object", "properties": {"loud": {"type": "boolean"}}}
HOOK = MappingHook(
    title="Room", inputs={"type": "object", "properties": {"n": {"type": "integer"}}}
)
RULES = {
    "allOf": [{"if": {"properties": {"room": {"const": "r2"}}}, "then": {"required": ["hook"]}}]
}
OPEN = Action(title="Open", trigger='type = "track"', perform=say, fields={"type": "object"})
DESTINATION = replace(
    PARTNER,
    actions={
        "say": replace(
            PARTNER.actions["say"],
            sync_mode=MODES,
            options=OPTIONS,
            hooks={"onMappingSave": HOOK},
            fields={**FIELDS, **RULES},
        ),
        "shout": PARTNER.actions["shout"],
        "open": OPEN,
    },
)
SCHEMA = to_json(documents(DESTINATION)["instance.schema.json"])
VALIDATOR = build_schema_validator(SCHEMA)
FULL = {"word": PATH, "room": "r1"}
SAY = {"action": "say", "mapping": FULL, "syncMode": "add"}
SHOUT = {"action": "shout", "mapping": FULL, "trigger": 'type = "track"'}


def instance(subscription=SAY, **changes):
    return {
        "destination": "actions-partner",
        "settings": {"token": TOKEN},
        "subscriptions": [subscription],
        **changes,
    }


def is_configured(document):
    try:
        found = Catalog.of(DESTINATION).configure(document, secrets=lambda name: name)
    except ConfigurationError:
        return False
    return not found.problems and not [w for w in found.warnings if w.code == "UNKNOWN_FIELD"]


def references(part):
    if isinstance(part, dict):
        yield from (part["$ref"],) if "$ref" in part else ()
        part = list(part.values())
    for member in part if isinstance(part, list) else ():
        yield from references(member)


@pytest.mark.parametrize("destination", [DESTINATION, QUALTRICS], ids=lambda found: found.slug)
def test_every_reference_leads_to_a_definition_of_the_document(destination):
    schema = to_json(documents(destination)["instance.schema.json"])
    found = set(references(schema))
    assert found
    assert found <= {f"#/definitions/{name}" for name in schema["definitions"]}


@pytest.mark.parametrize(
    "document",
    [
        instance(),
        instance({**SAY, "mapping": {"room": "r1"}, "useDefaultMapping": True}),
        instance({**SAY, "mapping": {"room": "r1", "hook": None}, "useDefaultMapping": True}),
        instance({**SAY, "mapping": {"word": {"@template": "{{event}}"}, "room": {"@if": {"exists": PATH, "then": 1}}}}),
        instance({**SAY, "options": {"loud": True}, "hooks": {"onMappingSave": {"inputs": {"n": 1}}}}),
        instance({**SAY, "mapping": {"word": PATH, "room": "r2", "hook": PATH}}),
        instance({**SAY, "enabled": False, "name": "n", "trigger": 'type = "page"'}),
        instance({**SAY, "mapping": {"__segment_internal_directive": {"@transform": {"apply": {"a": PATH}}}, "mapping": FULL}}),
        instance(SHOUT),
        instance({"action": "open", "mapping": {"any": PATH}}),
        instance({"action": "open"}),
        instance(settings={"token": {"$secret": "TOKEN"}, "region": "us"}),
        {"$schema": "./instance.schema.json", "name": "n", "consent": ["Ads"], **instance()},
    ],
)  # fmt: skip
def test_a_document_that_is_configured_is_valid(document):
    assert is_configured(document)
    assert [error.message for error in VALIDATOR.iter_errors(document)] == []


@pytest.mark.parametrize(
    ("document", "path"),
    [
        (instance(destination="actions-partnr"), "destination"),
        (instance(settings={}), "settings"),
        (instance(settings={"token": [1, 2]}), "settings/token"),
        (instance({**SAY, "action": "sya"}), "subscriptions/0/action"),
        (instance({**SAY, "maping": {}}), "subscriptions/0"),
        (instance({**SAY, "mapping": {"word": PATH}}), "subscriptions/0/mapping"),
        (instance({**SAY, "mapping": {"word": PATH}, "useDefaultMapping": True}), "subscriptions/0/mapping"),
        (instance({"action": "say", "syncMode": "add"}), "subscriptions/0"),
        (instance({**SAY, "mapping": {**FULL, "word": {"@pth": "$.a"}}}), "subscriptions/0/mapping/word"),
        (instance({**SAY, "mapping": {**FULL, "wrod": PATH}}), "subscriptions/0/mapping"),
        (instance({**SAY, "syncMode": "mirror"}), "subscriptions/0/syncMode"),
        (instance({**SAY, "options": {"loud": "very"}}), "subscriptions/0/options/loud"),
        (instance({**SAY, "hooks": {"onMappingSave": {"inputs": {"n": "x"}}}}), "subscriptions/0/hooks/onMappingSave/inputs/n"),
        (instance({**SAY, "mapping": {"word": "hi", "room": "r2"}}), "subscriptions/0/mapping"),
        (instance({"action": "shout", "mapping": FULL}), "subscriptions/0"),
        (instance({"action": "open", "mapping": {"any": {"@pth": 1}}}), "subscriptions/0/mapping"),
    ],
)  # fmt: skip
def test_a_mistake_is_found_where_it_is(document, path):
    assert not is_configured(document)
    found = {"/".join(map(str, error.absolute_path)) for error in VALIDATOR.iter_errors(document)}
    assert path in found


def test_the_sample_of_qualtrics_is_valid():
    sample = files("destinations.qualtrics") / "samples" / "instance.json"
    schema = to_json(documents(QUALTRICS)["instance.schema.json"])
    document = json.loads(sample.read_text(encoding="utf-8"))
    assert [error.message for error in build_schema_validator(schema).iter_errors(document)] == []


def test_an_editor_is_offered_each_action_and_preset():
    examples = SCHEMA["properties"]["subscriptions"]["items"]["examples"]
    assert [example["name"] for example in examples] == ["Say", "Shout", "Open", "Greet"]
    assert SCHEMA["properties"]["settings"]["properties"]["region"]["default"] == "eu"
