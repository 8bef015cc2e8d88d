from destination_kit.publish.form_schema import build_form_schema
from destination_kit.publish.rjsf import build_form_ui_schema, build_settings_ui_schema
from tests.kit.publish.forms import FIELDS, RJSF, to_json


def test_rjsf_keeps_the_order_marks_required_fields_and_hides_hidden_ones():
    assert RJSF["ui:order"] == [*FIELDS["properties"], "*"]
    assert RJSF["email"]["ui:title"] == "Email*"
    assert RJSF["batch"] == {"ui:widget": "hidden"}
    assert RJSF["note"]["oneOf"][0] == {
        "ui:label": False,
        "ui:widget": "textarea",
        "ui:placeholder": "Hello",
    }


def test_rjsf_masks_secrets_at_every_depth():
    assert RJSF["key"]["oneOf"][0]["ui:widget"] == "password"
    pin = RJSF["lines"]["oneOf"][0]["items"]["pin"]
    assert pin["oneOf"][0]["ui:widget"] == "password"
    secret = {"properties": {"token": {"type": "string", "writeOnly": True}}}
    assert build_settings_ui_schema(secret)["token"] == {"ui:widget": "password"}


def test_rjsf_marks_a_read_only_field():
    assert RJSF["source"]["ui:readonly"] is True


def test_rjsf_draws_an_action_that_takes_any_payload_as_an_open_map():
    form = to_json(build_form_schema({"type": "object"}))
    assert build_form_ui_schema(form, {"type": "object"})["additionalProperties"]["oneOf"]
