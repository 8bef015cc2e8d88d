import re
from dataclasses import replace

import pytest
from jsonschema import Draft7Validator

from destination_kit import Audience, MappingHook
from destination_kit.cli.rendering import render_json_line
from destination_kit.publish import documents
from tests.kit.dkit import PARTNER
from tests.kit.publish.forms import to_json

ACTION_DOCUMENTS = (
    *("payload.schema.json", "mapping.schema.json", "form.schema.json", "partial.schema.json"),
    *("defaults.json", "form.rjsf.json", "form.jsonforms.json"),
)

LIST = {
    "type": "object",
    "properties": {
        "list": {"type": "string", "x-dynamic": True},
        "key": {"type": "string", "format": "password", "writeOnly": True},
    },
}
HOOK = MappingHook(title="Save", inputs=LIST, outputs={"type": "object", "properties": {"id": {}}})
SAY = replace(PARTNER.actions["say"], hooks={"onMappingSave": HOOK})
HOOKED = replace(PARTNER, actions={"say": SAY}, audience=Audience(settings=LIST))


def test_hooks_and_audiences_have_forms_of_their_own():
    published = documents(HOOKED)
    hook, audience = "say.onMappingSave.inputs", "audience"
    for form in (hook, audience):
        assert list(published[f"{form}.schema.json"]["properties"]) == ["list", "key"]
        assert published[f"{form}.rjsf.json"]["key"]["ui:widget"] == "password"
        assert len(published[f"{form}.jsonforms.json"]["elements"]) == 2
    outputs = published["say.onMappingSave.outputs.schema.json"]
    assert (outputs["title"], list(outputs["properties"])) == (
        "Partner: Say: Save, outputs",
        ["id"],
    )


def test_a_destination_has_a_manifest_texts_its_settings_and_seven_documents_for_each_action():
    assert list(documents(PARTNER)) == [
        *("manifest.json", "texts.json", "choices.schema.json", "instance.schema.json"),
        *("settings.schema.json", "settings.defaults.json"),
        *("settings.rjsf.json", "settings.jsonforms.json"),
        *(f"{slug}.{name}" for slug in ("say", "shout") for name in ACTION_DOCUMENTS),
    ]


@pytest.mark.parametrize("name", [name for name in documents(HOOKED) if "schema" in name])
def test_every_schema_is_draft_07(name):
    document = to_json(documents(HOOKED)[name])
    assert document["$schema"] == "http://json-schema.org/draft-07/schema#"
    assert document["title"].startswith("Partner")
    Draft7Validator.check_schema(document)


def test_every_schema_has_an_id_and_refers_to_itself_alone():
    for name, document in documents(PARTNER).items():
        if name.endswith(".schema.json"):
            text = render_json_line(document)
            address = document["$id"]
            assert address.endswith(f"actions-partner/{name}")
            references = set(re.findall(r'"\$ref": ?"([^"]*)#', text))
            assert references <= {"", address}


def test_defaults_are_a_document_of_their_own():
    published = documents(PARTNER)
    assert published["say.defaults.json"]["word"] == {"@path": "$.event"}
    for role in ("payload", "form", "partial"):
        assert "default" not in published[f"say.{role}.schema.json"]["properties"]["word"]
    word = published["say.mapping.schema.json"]["else"]["properties"]["word"]
    assert word["default"] == {"@path": "$.event"}


def test_every_field_and_choice_of_a_form_has_a_key_for_its_texts():
    published = documents(PARTNER)
    form, texts = published["say.form.schema.json"], published["texts.json"]
    assert form["properties"]["word"]["i18n"] == "say.word"
    assert texts["say.word.label"] == form["properties"]["word"]["title"]
    assert texts["choice.variable.label"] == "Variable"
    assert texts["settings.token.label"] == "Token"


def test_the_same_destination_gives_the_same_text():
    assert render_json_line(documents(PARTNER)) == render_json_line(documents(replace(PARTNER)))
