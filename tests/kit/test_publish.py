import json
from dataclasses import replace

import pytest
from jsonschema import Draft7Validator
from referencing import Registry, Resource

from destination_kit import BatchLimits
from destination_kit.cli.rendering import render_json_line
from destination_kit.fields import load_metaschema
from destination_kit.publish import definition_document, documents
from tests.kit.dkit import PARTNER, say

OF_ACTION = (
    *("payload.schema.json", "mapping.schema.json", "form.schema.json"),
    *("form.rjsf.json", "form.jsonforms.json"),
)


def plain(document):
    return json.loads(render_json_line(document))


def test_a_destination_has_a_manifest_its_settings_and_five_documents_for_each_action():
    assert list(documents(PARTNER)) == [
        "manifest.json",
        "settings.schema.json",
        "settings.rjsf.json",
        "settings.jsonforms.json",
        *(f"{slug}.{each}" for slug in ("say", "shout") for each in OF_ACTION),
    ]


@pytest.mark.parametrize("name", [each for each in documents(PARTNER) if "schema" in each])
def test_every_schema_is_draft_07(name):
    document = plain(documents(PARTNER)[name])
    assert document["$schema"] == "http://json-schema.org/draft-07/schema#"
    assert document["title"].startswith("Partner")
    Draft7Validator.check_schema(document)


def test_the_manifest_names_every_other_document():
    found = documents(PARTNER)
    contents = found["manifest.json"]
    parts = [contents["settings"], *contents["actions"].values()]
    named = [name for each in parts for name in each["documents"].values()]
    assert ["manifest.json", *named] == list(found)


def test_the_manifest_says_what_no_schema_says():
    say = documents(PARTNER)["manifest.json"]["actions"]["say"]
    assert (say["title"], say["trigger"], say["hidden"]) == (
        "Say",
        PARTNER.actions["say"].trigger,
        False,
    )
    assert say["dynamicChoices"] == ["room"]
    [preset] = documents(PARTNER)["manifest.json"]["presets"]
    assert preset["action"] == "say"


def test_a_payload_has_no_defaults_and_a_mapping_has_them():
    found = documents(PARTNER)
    assert "default" not in found["say.payload.schema.json"]["properties"]["word"]
    assert found["say.mapping.schema.json"]["properties"]["word"]["default"] == {"@path": "$.event"}


def test_the_same_destination_gives_the_same_text():
    assert render_json_line(documents(PARTNER)) == render_json_line(documents(replace(PARTNER)))


def definition_validator():
    names = ("destination", "action", "field", "mapping")
    resources = [Resource.from_contents(load_metaschema(name)) for name in names]
    registry = Registry().with_resources((each.id(), each) for each in resources)
    return Draft7Validator(load_metaschema("destination"), registry=registry)


@pytest.mark.parametrize("hosts", [(), ("*.partner.example",)])
def test_a_definition_is_what_its_metaschema_describes(hosts):
    bare = replace(PARTNER, extend_request=None, presets=(), hosts=hosts)
    for each in (PARTNER, bare):
        assert not list(definition_validator().iter_errors(plain(definition_document(each))))


async def say_all(context, payloads):
    return [await say(context, each) for each in payloads]


def test_a_definition_says_of_functions_only_that_they_are_there():
    batching = replace(
        PARTNER.actions["say"], perform_batch=say_all, batch=BatchLimits(count=5, keys=("room",))
    )
    document = plain(definition_document(replace(PARTNER, actions={"say": batching})))
    assert document["authentication"] == {"scheme": "custom", "test": True, "refresh": False}
    assert document["actions"]["say"]["choices"] == ["room"]
    assert document["actions"]["say"]["batches"] is True
    assert document["actions"]["say"]["batch"]["keys"] == ["room"]
