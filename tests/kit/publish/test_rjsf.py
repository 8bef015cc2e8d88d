from destination_kit.publish.rjsf import build_settings_ui_schema
from tests.kit.publish.forms import RJSF


def test_rjsf_keeps_the_order_and_hides_hidden_fields():
    assert RJSF["ui:order"][0] == "email"
    assert RJSF["ui:order"][-1] == "*"
    assert RJSF["batch"] == {"ui:widget": "hidden"}
    assert RJSF["note"] == {"ui:widget": "textarea", "ui:placeholder": "Hello"}


def test_rjsf_masks_secrets():
    assert RJSF["key"]["ui:widget"] == "password"
    secret = {"properties": {"token": {"type": "string", "writeOnly": True}}}
    assert build_settings_ui_schema(secret)["token"] == {"ui:widget": "password"}


def test_rjsf_marks_a_read_only_field():
    assert RJSF["source"]["ui:readonly"] is True


def test_the_helper_of_rjsf_gets_groups_and_conditions():
    options = RJSF["ui:options"]
    assert options["groups"] == [{"title": "Place", "fields": ["zip", "town"]}]
    assert [*options["conditions"]] == ["town"]
