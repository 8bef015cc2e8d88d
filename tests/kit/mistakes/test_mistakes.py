"""`check` warns of what a person mistypes: where it stands, what it means, and what to write."""

import json

import pytest

from destination_kit import Action, Catalog, Destination

FIELDS = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "title": "ID"},
        "email": {"type": "string"},
        "any": {},
        "phone": {"type": "string"},
        "traits": {"type": "object", "additionalProperties": True},
        "items": {"type": "array", "items": {"type": "object"}},
    },
    "required": ["id"],
}
ID = {"id": {"@path": "$.userId"}}
SETTINGS = {
    "type": "object",
    "properties": {
        "token": {"type": "string", "writeOnly": True},
        "region": {"type": "string"},
    },
}


async def perform(context, payload):
    return {}


def configure(
    mapping=None,
    *,
    fields=FIELDS,
    settings=None,
    trigger='type = "track"',
    secrets={"TOKEN": "t0k3n"}.get,
):
    action = Action(title="Send", trigger=trigger, fields=fields, perform=perform)
    destination = Destination(slug="shop", name="Shop", settings=SETTINGS, actions={"send": action})
    subscription = {"action": "send", "trigger": trigger, "mapping": {**ID, **(mapping or {})}}
    document = {
        "destination": "shop",
        "settings": settings or {},
        "subscriptions": [subscription],
    }
    return Catalog.of(destination).configure(document, secrets=secrets)


def warnings_of(mapping=None, **options):
    return {
        warning.path.removeprefix("/subscriptions/0"): warning.code
        for warning in configure(mapping, **options).warnings
    }


@pytest.mark.parametrize(
    ("value", "place", "code"),
    [
        ({"@path": ""}, "/@path", "EMPTY_PATH"),
        ({"@path": " $.userId"}, "/@path", "BLANK_IN_PATH"),
        ({"@path": "$.userId\n"}, "/@path", "BLANK_IN_PATH"),
        ({"@path": "Phone number"}, "/@path", "UNLIKELY_PATH"),
        ({"@path": "$"}, "/@path", "UNLIKELY_PATH"),
        ({"@path": "$.traits..email"}, "/@path", "UNLIKELY_PATH"),
        ({"@path": "$.traits."}, "/@path", "UNLIKELY_PATH"),
        ({"@path": "$.items[0"}, "/@path", "UNLIKELY_PATH"),
        ({"@path": "$.items[x]"}, "/@path", "UNLIKELY_PATH"),
        ("$.userId", "", "LITERAL_PATH"),
        ("Dear {{traits.name}}", "", "LITERAL_TEMPLATE"),
        ("{{traits.email}", "", "LITERAL_TEMPLATE"),
        ({"@template": "{{$.userId}}"}, "/@template", "TEMPLATE_PATH"),
        ({"@template": "{{ userId }} {{name"}, "/@template", "UNCLOSED_TAG"),
        ({"@template": "{{userId}"}, "/@template", "UNCLOSED_TAG"),
        (
            {"@if": {"exists": {"@path": "$.a"}, "then": "$.b", "else": "c"}},
            "/@if/then",
            "LITERAL_PATH",
        ),
        ({"@case": {"operator": "lower", "value": "$.a"}}, "/@case/value", "LITERAL_PATH"),
        (
            {"@merge": {"objects": [{"a": {"@path": ""}}], "direction": "left"}},
            "/@merge/objects/0/a/@path",
            "EMPTY_PATH",
        ),
    ],
)
def test_a_value_that_seldom_means_what_it_says_is_a_warning_at_its_place(value, place, code):
    assert warnings_of({"email": value}) == {f"/mapping/email{place}": code}


@pytest.mark.parametrize(
    "value",
    [
        {"@path": "$.userId"},
        {"@path": "userId"},
        {"@path": "$."},
        {"@path": "$.traits.Phone number"},
        {"@path": "$.Phone number"},
        {"@path": "$.items[0].sku"},
        {"@path": "$.properties['Phone number']"},
        {"@path": {"@template": "traits.{{properties.key}}"}},
        {"@template": "{{ userId }}: {{{traits.name}}} {x}"},
        {"@literal": "$.userId {{x}}"},
        {"@liquid": "{{ userId | default: '' }}"},
        {"@replace": {"pattern": "$.", "replacement": "{{", "value": {"@path": "$.a"}}},
        "costs $5",
        "{x}",
    ],
)
def test_a_value_that_may_be_meant_is_no_warning(value):
    assert warnings_of({"email": value}) == {}


def test_a_path_in_an_item_may_have_any_name():
    shape = {"sku": {"@path": "Article number"}, "size": {"@path": ""}}
    items = {"@arrayPath": ["$.properties.products", shape]}
    assert warnings_of({"items": items}) == {"/mapping/items/@arrayPath/1/size/@path": "EMPTY_PATH"}
    assert warnings_of({"items": {"@arrayPath": ["All products", {}]}}) == {
        "/mapping/items/@arrayPath/0": "UNLIKELY_PATH"
    }
    inner = {"apply": {"a b": {"@path": "a b"}}, "mapping": {"c": {"@path": "a b"}}}
    assert warnings_of({"traits": {"@transform": inner}}) == {
        "/mapping/traits/@transform/apply/a b/@path": "UNLIKELY_PATH"
    }


def test_an_empty_object_is_a_value_of_a_field_for_objects_alone():
    assert warnings_of({"traits": {}}) == {}
    assert warnings_of({"any": {}}) == {"/mapping/any": "EMPTY_OBJECT"}
    configured = configure({"email": {}})
    assert [problem.path for problem in configured.problems] == ["/subscriptions/0/mapping/email"]
    assert configured.warnings == ()


def test_a_required_field_of_blanks_is_a_warning():
    assert warnings_of({"id": "  "}) == {"/mapping/id": "BLANK"}
    assert warnings_of({"email": "  "}) == {}


@pytest.mark.parametrize(
    ("rules", "mapping", "found"),
    [
        ({"anyOf": [{"required": ["email"]}, {"required": ["phone"]}]}, {}, {"/mapping"}),
        ({"oneOf": [{"required": ["email", "phone"]}]}, {"email": "e"}, {"/mapping"}),
        ({"allOf": [{"anyOf": [{"required": ["email"]}]}]}, {}, {"/mapping"}),
        ({"anyOf": [{"allOf": [{"required": ["email"]}]}]}, {}, {"/mapping"}),
        ({"dependencies": {"email": ["phone"]}}, {"email": "e"}, {"/mapping/email"}),
        ({"anyOf": [{"required": ["email"]}, {"required": ["phone"]}]}, {"phone": "p"}, set()),
        ({"anyOf": [{"required": ["email"]}, {"minProperties": 1}]}, {}, set()),
        ({"dependencies": {"id": ["phone"]}}, {"phone": {"@path": "$.p"}}, set()),
        ({"dependencies": {"id": ["phone"]}}, {"id": {"@path": "$.p"}}, set()),
    ],
)
def test_a_group_that_no_event_can_satisfy_is_a_warning(rules, mapping, found):
    warnings = warnings_of(mapping, fields={**FIELDS, **rules})
    assert warnings == dict.fromkeys(found, "MISSING_GROUP")


@pytest.mark.parametrize("text", ["${TOKEN}", " ${TOKEN} ", "$TOKEN", "%TOKEN%"])
@pytest.mark.parametrize("name", ["token", "region"])
def test_a_variable_of_a_shell_is_text(name, text):
    [warning] = configure(settings={name: text}).warnings
    assert (warning.path, warning.code) == (f"/settings/{name}", "VARIABLE")
    assert '{"$secret": "TOKEN"}' in warning.message


def test_a_token_in_the_file_is_a_warning_that_does_not_show_it():
    [warning] = configure(settings={"token": "hunter2", "region": "eu"}).warnings
    assert (warning.path, warning.code) == ("/settings/token", "PLAIN_SECRET")
    assert "hunter2" not in warning.message
    assert configure(settings={"token": {"$secret": "TOKEN"}}).warnings == ()


def test_a_host_that_fills_in_secrets_itself_gets_no_warning_of_them():
    assert configure(settings={"token": "hunter2"}, secrets=None).warnings == ()


def test_single_quotes_are_shown_in_both_readings():
    trigger = "type = \"track\" and event != 'Test Event'"
    [warning] = configure(trigger=trigger).warnings
    assert (warning.path, warning.code) == ("/subscriptions/0/trigger", "SINGLE_QUOTES")
    assert "event != \"'Test Event'\"" in warning.message
    assert 'event != "Test Event"' in warning.message


@pytest.mark.parametrize(
    ("trigger", "codes"),
    [
        ('type = "identity"', ["EVENT_TYPE"]),
        ("type = 'identify'", ["SINGLE_QUOTES"]),
        ('type = "tack" or (type = "track" and event = "x")', ["EVENT_TYPE"]),
        ('type = "identify" or type = "delete"', []),
        ('type != "alias" and traits.type = "vip"', []),
        ('event = "it\'s" or event = "\'"', []),
    ],
)
def test_a_trigger_that_seldom_means_what_it_says_is_a_warning(trigger, codes):
    found = configure(trigger=trigger).warnings
    assert [warning.code for warning in found] == codes
    assert all(warning.severity == "warning" for warning in found)


def test_an_unknown_event_type_is_named_with_the_nearest_one():
    [warning] = configure(trigger='type = "identfy"').warnings
    assert "did you mean 'identify'" in warning.message
    [warning] = configure(trigger='type = "xyz"').warnings
    assert "identify, track, page, screen, group, alias, delete" in warning.message


def test_everything_comes_at_once():
    document = {"email": "$.a", "phone": {"@path": ""}, "traits": {"x": "{{"}}
    assert json.dumps(sorted(warnings_of(document, settings={"token": "t"}).values())) == (
        '["EMPTY_PATH", "LITERAL_PATH", "LITERAL_TEMPLATE", "PLAIN_SECRET"]'
    )
