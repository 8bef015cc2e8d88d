from destination_kit.cli.rendering import render_json_line
from destination_kit.publish.jsonforms import build_form_uischema, build_settings_uischema
from tests.kit.publish.forms import JSONFORMS


def find_control(name, elements=None):
    controls = JSONFORMS["elements"] if elements is None else elements
    return next(each for each in controls if each.get("scope") == f"#/properties/{name}")


def test_json_forms_draws_a_control_for_each_field_and_leaves_hidden_ones_out():
    assert find_control("email") == {"type": "Control", "scope": "#/properties/email"}
    assert find_control("data")["label"] == "data"
    assert "batch" not in render_json_line(JSONFORMS)


def test_json_forms_masks_secrets():
    assert find_control("key")["options"] == {"format": "password"}
    secret = {"properties": {"token": {"type": "string", "writeOnly": True}}}
    [token] = build_settings_uischema(secret)["elements"]
    assert token["options"] == {"format": "password"}


def test_json_forms_shows_several_lines_and_a_placeholder():
    assert find_control("note")["options"] == {"multi": True, "placeholder": "Hello"}


def test_json_forms_marks_a_read_only_field():
    assert find_control("source")["options"] == {"readonly": True}


def test_json_forms_groups_the_fields_of_a_category():
    [group] = [each for each in JSONFORMS["elements"] if each["type"] == "Group"]
    assert group["label"] == "Place"
    scopes = [each["scope"] for each in group["elements"]]
    assert scopes == ["#/properties/zip", "#/properties/town"]


def test_json_forms_shows_a_field_where_its_condition_holds():
    [group] = [each for each in JSONFORMS["elements"] if each["type"] == "Group"]
    rule = find_control("town", group["elements"])["rule"]
    assert rule["effect"] == "SHOW"
    assert rule["condition"]["schema"] == {
        "allOf": [{"required": ["plan"], "properties": {"plan": {"const": "a"}}}]
    }


def test_json_forms_draws_an_action_that_takes_any_payload_as_an_open_map():
    open_map = {"type": "Control", "scope": "#"}
    assert build_form_uischema({"type": "object"})["elements"] == [open_map]
