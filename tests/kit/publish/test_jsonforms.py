from destination_kit.cli.rendering import render_json_line
from destination_kit.publish.jsonforms import build_form_uischema, build_settings_uischema
from tests.kit.publish.forms import JSONFORMS


def find_group(name):
    scope = f"#/properties/{name}"
    groups = JSONFORMS["elements"]
    return next(group for group in groups if group["elements"][-1]["scope"] == scope)


def find_control(name):
    return find_group(name)["elements"][-1]


def test_json_forms_labels_each_field_with_its_help_and_leaves_hidden_ones_out():
    email = find_group("email")
    assert email["label"] == "Email*"
    assert email["elements"][0] == {"type": "Label", "text": "See it: https://e.example."}
    assert find_group("note")["label"] == "note"
    assert "batch" not in render_json_line(JSONFORMS)


def test_json_forms_masks_secrets():
    assert find_control("key")["options"]["detail"]["options"] == {"format": "password"}
    secret = {"properties": {"token": {"type": "string", "writeOnly": True}}}
    [token] = build_settings_uischema(secret)["elements"]
    assert token["options"] == {"format": "password"}


def test_json_forms_marks_a_read_only_field():
    assert find_control("source")["options"]["detail"]["options"] == {"readonly": True}


def test_json_forms_finds_the_layouts_inside_objects_by_data_path():
    details = {detail["path"]: detail["uischema"] for detail in JSONFORMS["options"]["details"]}
    assert details[""] == {"type": "Control", "scope": "#"}
    assert details[r"^data(\.\d+)?$"]["elements"] == [{"type": "Control", "scope": "#"}]
    assert details[r"^address(\.\d+)?$"]["elements"][0]["label"] == "city*"
    assert details[r"^lines(\.\d+)?$"]["elements"][-1] == {"type": "Control", "scope": "#"}


def test_json_forms_draws_an_action_that_takes_any_payload_as_an_open_map():
    open_map = {"type": "Control", "scope": "#"}
    assert build_form_uischema({"type": "object"})["elements"] == [open_map]
