"""What the structure of a definition is refused for, and where."""

from dataclasses import replace

import pytest

from destination_kit import (
    Action,
    Audience,
    BatchLimits,
    Choices,
    Destination,
    Directive,
    MappingHook,
    Preset,
)
from destination_kit.definition_checks import (
    check_default_triggers,
    check_destination_schemas,
    check_destination_structure,
)
from destination_kit.mapping import DIRECTIVES
from tests.conftest import ECHO

SAY = ECHO.actions["say"]


def problems(destination: Destination) -> list[tuple[str, str]]:
    found = check_destination_structure(destination, DIRECTIVES)
    return [(problem.path, problem.code) for problem in found]


def saying(**changes: object) -> Destination:
    return replace(ECHO, actions={"say": replace(SAY, **changes)})


def test_a_sound_definition_has_no_problem():
    assert problems(ECHO) == []


@pytest.mark.parametrize("slug", ["", "Echo", "a_b", "a--b", "-a", "a b", "../a"])
def test_a_slug_is_lower_case_words_joined_by_hyphens(slug):
    assert problems(replace(ECHO, slug=slug)) == [("/slug", "SLUG")]


def test_a_destination_needs_a_name():
    assert problems(replace(ECHO, name="")) == [("/name", "NAME")]


@pytest.mark.parametrize(
    "host", ["https://a.b", "*", "*.", "localhost", "A.b", "a.*.b", "a.b/c", "a.b:443", "*.com/", 5]
)
def test_a_host_pattern_names_hosts_only(host):
    assert problems(replace(ECHO, hosts=(host,))) == [("/hosts/0", "HOSTS")]


def test_the_function_of_a_hook_is_async():
    hook = MappingHook(title="List", perform=lambda context, inputs: {})
    assert problems(saying(hooks={"onMappingSave": hook})) == [
        ("/actions/say/hooks/onMappingSave/perform", "SHAPE")
    ]


def test_credentials_need_hosts():
    assert problems(replace(ECHO, extend_request=dict)) == [("/hosts", "HOSTS")]


@pytest.mark.parametrize(
    "schema", [{}, {"type": "object", "properties": []}, {"type": "array", "properties": {}}]
)
def test_settings_and_fields_are_schemas_of_objects(schema):
    assert problems(replace(ECHO, settings=schema)) == [("/settings", "SCHEMA")]
    assert ("/actions/say/fields", "SCHEMA") in problems(saying(fields=schema))


def test_a_schema_may_leave_its_properties_open():
    assert problems(replace(ECHO, settings={"type": "object"})) == []
    assert problems(saying(fields={"type": "object"})) == []


@pytest.mark.parametrize(
    ("field", "path", "code"),
    [
        ({"type": "string", "fromat": "email"}, "/properties/word/fromat", "keyword"),
        ({"type": "strin"}, "/properties/word/type", "type"),
        ({"type": "array", "items": {"typ": 1}}, "/properties/word/items/typ", "keyword"),
        ({"type": "string", "pattern": "("}, "", "SCHEMA"),
    ],
)
def test_an_unknown_word_of_a_schema_is_named(field, path, code):
    fields = {"type": "object", "properties": {"word": field}}
    assert (f"/actions/say/fields{path}", code) in problems(saying(fields=fields))
    assert (f"/settings{path}", code) in problems(replace(ECHO, settings=fields))


def test_what_a_schema_requires_must_be_a_field():
    fields = {"type": "object", "required": ["wrd"], "properties": {"word": {"type": "string"}}}
    [problem] = check_destination_structure(saying(fields=fields), DIRECTIVES)
    assert problem.path == "/actions/say/fields/required/0"
    assert "did you mean 'word'" in problem.message


def test_choices_belong_to_a_field():
    assert problems(saying(choices={"colour": None})) == [
        ("/actions/say/choices/colour", "CHOICES")
    ]


async def list_nothing(context, request):
    return Choices(())


DYNAMIC = {"type": "object", "properties": {"word": {"type": "string", "x-dynamic": True}}}
PLAIN = {"type": "object", "properties": {"word": {"type": "string"}}}
#: A form of a destination -> (the destination, where its schema stands, where its functions do).
FORMS = {
    "settings": (
        lambda schema, choices: replace(ECHO, settings=schema, choices=choices),
        ("/settings", "/choices"),
    ),
    "audience": (
        lambda schema, choices: replace(ECHO, audience=Audience(settings=schema, choices=choices)),
        ("/audience/settings", "/audience/choices"),
    ),
    "action": (
        lambda schema, choices: saying(fields=schema, choices=choices),
        ("/actions/say/fields", "/actions/say/choices"),
    ),
    "hook": (
        lambda schema, choices: saying(
            hooks={"save": MappingHook(title="Save", inputs=schema, choices=choices)}
        ),
        ("/actions/say/hooks/save/inputs", "/actions/say/hooks/save/choices"),
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_dynamic_field_has_a_function_and_a_function_has_a_dynamic_field(form):
    build, (schema_at, choices_at) = FORMS[form]
    assert problems(build(DYNAMIC, {"word": list_nothing})) == []
    assert problems(build(DYNAMIC, {})) == [(f"{schema_at}/properties/word/x-dynamic", "CHOICES")]
    assert problems(build(PLAIN, {"word": list_nothing})) == [(f"{choices_at}/word", "CHOICES")]
    assert problems(build(DYNAMIC, [])) == [(choices_at, "SHAPE")]


@pytest.mark.parametrize(
    ("field", "choices", "message"),
    [
        ({"x-dynamic": True}, {"word": None}, "should be an async function, and is a NoneType"),
        ({"x-dynamic": True}, {"word": lambda context: None}, "takes 1 parameters"),
        ({}, {"word": list_nothing}, "no `x-dynamic`, so no form asks for its choices: write true"),
        ({}, {"wrd": list_nothing}, "there is no field wrd"),
        ({"oneOf": [{"x-dynamic": True}]}, {}, "no form asks for choices here"),
        (
            {"type": "object", "additionalProperties": {"type": "string", "x-dynamic": True}},
            {},
            "no form asks for choices here",
        ),
        ({"x-dynamic": {"parts": ["size"]}}, {}, "the part 'word.size' is no field, __keys__ or"),
        (
            {"type": "object"},
            {"word.__keys__": list_nothing},
            'write {"parts": ["__keys__"]} at word',
        ),
    ],
)
def test_a_fault_of_choices_says_what_to_do(field, choices, message):
    fields = {"type": "object", "properties": {"word": {"type": "string", **field}}}
    found = check_destination_structure(saying(fields=fields, choices=choices), DIRECTIVES)
    assert message in found[0].message


def test_a_field_or_a_default_may_have_the_name_of_the_annotation():
    default = {"x-dynamic": True}
    fields = {"x-dynamic": {"type": "object", "default": {"@literal": default}}}
    assert problems(saying(fields={"type": "object", "properties": fields})) == []


def test_the_schemas_of_a_hook_are_checked():
    hook = MappingHook(title="Save", inputs={"type": "text"}, outputs={"type": "object"}, perform=1)
    [problem] = problems(saying(hooks={"save": hook}))
    assert problem == ("/actions/say/hooks/save/perform", "SHAPE")
    found = problems(saying(hooks={"save": replace(hook, perform=None)}))
    assert found == [("/actions/say/hooks/save/inputs", "SCHEMA")]
    assert problems(saying(hooks={"save": 1})) == [("/actions/say/hooks/save", "SHAPE")]
    unknown = {"type": "object", "properties": {"list": {"type": "string", "x-dynmic": True}}}
    destination = saying(hooks={"save": MappingHook(title="Save", outputs=unknown)})
    paths = [problem.path for problem in check_destination_schemas(destination)]
    assert all(path.startswith("/actions/say/hooks/save/outputs/") for path in paths)
    assert paths


@pytest.mark.parametrize(
    ("limits", "path", "code"),
    [
        ({"count": 0}, "count", "BATCH"),
        ({"bytes": None}, "bytes", "BATCH"),
        ({"wait": -1}, "wait", "BATCH"),
        ({"keys": "word"}, "keys", "SHAPE"),
        ({"keys": ("wrd",)}, "keys", "BATCH"),
    ],
)
def test_limits_of_batches_are_numbers_and_their_keys_are_fields(limits, path, code):
    assert problems(saying(batch=BatchLimits(**limits))) == [(f"/actions/say/batch/{path}", code)]


def test_any_field_may_keep_batches_apart_where_fields_are_open():
    limits = BatchLimits(keys=("room",))
    assert problems(saying(fields={"type": "object"}, batch=limits)) == []


def test_a_trigger_that_cannot_be_read_is_no_problem_of_the_structure():
    preset = Preset(name="P", action="say", trigger='type = "a" or name = "b" and userId = 1')
    destination = replace(saying(trigger="type =="), presets=(preset,))
    assert problems(destination) == []
    assert [(problem.path, problem.code) for problem in check_default_triggers(destination)] == [
        ("/actions/say/trigger", "FQL_SYNTAX"),
        ("/presets/0/trigger", "FQL_AMBIGUOUS"),
    ]


def test_a_sound_trigger_and_none_at_all_are_no_problem():
    for trigger in ('type = "track" AND event = "b"', None):
        assert list(check_default_triggers(saying(trigger=trigger))) == []


def test_a_default_mapping_must_compile():
    fields = {
        "type": "object",
        "properties": {"word": {"type": "string", "default": {"@pth": "x"}}},
    }
    [(path, code)] = problems(saying(fields=fields))
    assert (path, code) == ("/actions/say/fields/word", "INVALID_DIRECTIVE")


def test_a_preset_is_checked_like_a_subscription():
    preset = Preset(name="P", action="sing", mapping={"word": {"@pth": "x"}})
    assert problems(replace(ECHO, presets=(preset,))) == [
        ("/presets/0/action", "PRESET"),
        ("/presets/0/mapping/word", "INVALID_DIRECTIVE"),
    ]


def test_an_action_may_use_a_directive_of_a_plugin():
    shout = Directive("@shout", lambda argument, compiler: lambda event: "HEY", "Shout.")
    fields = {
        "type": "object",
        "properties": {"word": {"type": "string", "default": {"@shout": 1}}},
    }
    destination = replace(
        ECHO, actions={"say": Action(title="Say", fields=fields, perform=SAY.perform)}
    )
    assert check_destination_structure(destination, {**DIRECTIVES, "@shout": shout}) == ()
