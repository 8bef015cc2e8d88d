import json
from collections import UserDict
from dataclasses import replace
from types import SimpleNamespace

import pytest

from destination_kit import Action, Catalog, ConfigurationError, Destination, hookimpl
from destination_kit.plugins import Plugins
from tests.conftest import ECHO, echo

SAY = {"action": "say", "useDefaultMapping": True}


def problems(document, **options):
    with pytest.raises(ConfigurationError) as caught:
        Catalog.of(ECHO).configure(document, **options)
    return [(problem.path, problem.code) for problem in caught.value.problems]


def instance(*subscriptions, **rest):
    return {"destination": "echo", "subscriptions": list(subscriptions), **rest}


def test_a_missing_destination_names_those_there_are():
    with pytest.raises(ConfigurationError, match="one of echo"):
        Catalog.of(ECHO).configure({})


def test_a_misspelt_destination_gets_a_hint():
    with pytest.raises(ConfigurationError, match="did you mean 'echo'"):
        Catalog.of(ECHO).configure({"destination": "ecko"})


def test_every_problem_comes_at_once_with_its_path():
    document = instance(
        {"action": "sya"},
        {"action": "say", "trigger": "type ==", "mapping": {"word": {"@pth": "x"}}},
        {"action": "say", "enabled": "yes"},
        settings={"token": {"$secret": "NOWHERE"}},
        allowedHosts=["https://x"],
        consent=["Ads", "", 5],
        extra=1,
    )
    assert problems(document, secrets={}.get) == [
        ("/extra", "UNKNOWN_KEY"),
        ("/settings/token", "SECRET"),
        ("/allowedHosts/0", "HOSTS"),
        ("/consent/1", "CONSENT"),
        ("/consent/2", "CONSENT"),
        ("/subscriptions/0/action", "ACTION"),
        ("/subscriptions/1/trigger", "FQL_SYNTAX"),
        ("/subscriptions/1/mapping/word", "INVALID_DIRECTIVE"),
        ("/subscriptions/2/enabled", "TYPE"),
        ("/subscriptions/2/mapping/word", "REQUIRED"),
    ]


def test_what_no_destination_has_to_explain_is_reported_beside_an_unknown_one():
    document = instance(
        {"action": "say", "trigger": "type ==", "enabeld": True, "mapping": {"x": {"@pth": ""}}},
        destination="ecko",
        allowedHosts=["https://x"],
    )
    assert problems(document) == [
        ("/destination", "DESTINATION"),
        ("/allowedHosts/0", "HOSTS"),
        ("/subscriptions/0/enabeld", "UNKNOWN_KEY"),
        ("/subscriptions/0/trigger", "FQL_SYNTAX"),
        ("/subscriptions/0/mapping/x", "INVALID_DIRECTIVE"),
    ]


def test_a_secret_that_is_missing_hides_no_other_setting():
    settings = {
        "type": "object",
        "required": ["token", "region"],
        "properties": {"token": {"type": "string"}, "region": {"type": "string"}},
    }
    with pytest.raises(ConfigurationError) as caught:
        Catalog.of(replace(ECHO, settings=settings)).configure(
            instance(SAY, settings={"token": {"$secret": "T"}, "region": {}}), secrets={}.get
        )
    found = [(problem.path, problem.code) for problem in caught.value.problems]
    assert found == [("/settings/token", "SECRET"), ("/settings/region", "type")]


def test_a_draft_may_lack_settings_with_choices_and_nothing_else():
    async def list_pools(context, request):
        raise NotImplementedError

    schema = {
        "type": "object",
        "required": ["key", "pool"],
        "properties": {"key": {"type": "string"}, "pool": {"type": "string", "x-dynamic": True}},
    }
    catalog = Catalog.of(replace(ECHO, settings=schema, choices={"pool": list_pools}))
    unready = instance({"action": "sya"}, settings={"key": "k"})
    draft = catalog.configure(unready, draft=True)
    assert (dict(draft.settings), draft.subscriptions) == ({"key": "k"}, ())
    for document, options, paths in (
        (unready, {}, ["/settings/pool", "/subscriptions/0/action"]),
        (instance(), {"draft": True}, ["/settings/key"]),
    ):
        with pytest.raises(ConfigurationError) as caught:
            catalog.configure(document, **options)
        assert [problem.path for problem in caught.value.problems] == paths


def test_one_subscription_too_many_hides_no_fault_of_the_others():
    document = instance(*[SAY] * 50, {"action": "say", "trigger": "type =="})
    assert [path for path, _ in problems(document)] == [
        "/subscriptions/50",
        "/subscriptions/50/trigger",
        "/subscriptions/50/mapping/word",
    ]


def test_a_fault_of_the_authors_warnings_is_no_second_fault_of_the_document():
    def raises(subscription):
        raise KeyError(subscription.name)

    catalog = Catalog.of(replace(ECHO, subscription_warnings=raises))
    with pytest.raises(ConfigurationError, match="the mapping leaves it out"):
        catalog.configure(instance({"action": "say", "mapping": {}}))


def test_a_fault_of_the_authors_warnings_names_the_plugin_and_the_place():
    def raises(subscription):
        raise KeyError("s3cret")

    odd = replace(ECHO, subscription_warnings=raises)
    plugins = Plugins()
    registering = SimpleNamespace(register_destinations=hookimpl(lambda: [odd]))
    plugins.register(registering, "acme:odd")
    with pytest.raises(ConfigurationError) as caught:
        Catalog.of_plugins(plugins).configure(instance(SAY))
    [problem] = caught.value.problems
    assert (problem.path, problem.code) == ("/subscriptions/0", "ADVICE")
    assert problem.message.startswith(
        "subscription_warnings of echo (acme:odd) raised KeyError (test_configuration.py, line "
    )


def test_an_instance_shares_nothing_with_its_document():
    document = instance({"action": "say", "mapping": {"word": {"@literal": ["a"]}}})
    configured = Catalog.of(ECHO).configure(document)
    document["subscriptions"][0]["mapping"]["word"]["@literal"].append("b")
    assert configured.subscriptions[0].mapping == {"word": {"@literal": ["a"]}}


class Raising(UserDict):
    def __getitem__(self, key):
        raise LookupError("s3cret")


@pytest.mark.parametrize("where", ["document", "settings", "mapping"])
def test_a_mapping_that_raises_is_a_problem_of_its_document(where):
    document = instance({"action": "say", "mapping": {"word": "a"}}, settings={"token": "t"})
    if where == "document":
        document = Raising(document)
    elif where == "settings":
        document["settings"] = Raising(document["settings"])
    else:
        document["subscriptions"][0]["mapping"] = Raising(word="a")
    with pytest.raises(ConfigurationError) as caught:
        Catalog.of(ECHO).configure(document)
    [problem] = caught.value.problems
    assert (problem.path, problem.code) == ("", "DOCUMENT")
    assert "the document cannot be read: it raised LookupError (" in problem.message


def test_an_unknown_setting_is_left_out_with_a_warning():
    """As in the reference: an old document with a setting too many goes on working."""
    configured = Catalog.of(ECHO).configure(instance(SAY, settings={"tokne": "t"}))
    assert dict(configured.settings) == {}
    [warning] = configured.warnings
    assert (warning.path, warning.severity) == ("/settings/tokne", "warning")
    assert warning.message == "Echo has no setting 'tokne': it is left out; did you mean 'token'?"


@pytest.mark.parametrize(
    ("schema", "value"),
    [({"type": "string"}, ""), ({"type": "number"}, 0), ({"type": "boolean"}, False)],
)
def test_a_null_setting_counts_as_empty_with_a_warning(schema, value):
    """As in the reference, which takes nothing out of settings before it coerces them."""
    settings = {"type": "object", "properties": {"x": schema}, "required": ["x"]}
    catalog = Catalog.of(replace(ECHO, settings=settings))
    configured = catalog.configure(instance(SAY, settings={"x": None}))
    assert configured.settings["x"] == value
    [warning] = configured.warnings
    assert warning.path == "/settings/x"
    assert warning.message == f"the setting 'x' is null, which counts as {json.dumps(value)}"


def test_fifty_subscriptions_are_accepted():
    assert len(Catalog.of(ECHO).configure(instance(*[SAY] * 50)).subscriptions) == 50


def test_the_fifty_first_subscription_is_an_error_that_says_so():
    with pytest.raises(ConfigurationError, match="at most 50 subscriptions, not 51"):
        Catalog.of(ECHO).configure(instance(*[SAY] * 51))


def test_a_required_field_that_no_mapping_fills_is_found_when_configured():
    assert problems(instance({"action": "say", "mapping": {"times": 1}})) == [
        ("/subscriptions/0/mapping/word", "REQUIRED")
    ]


def test_an_action_without_default_trigger_needs_one():
    mute = Destination(slug="mute", name="Mute", actions={"do": Action(title="Do", perform=echo)})
    with pytest.raises(ConfigurationError, match="do has no default trigger"):
        Catalog.of(mute).configure({"destination": "mute", "subscriptions": [{"action": "do"}]})


def test_the_given_mapping_lies_over_the_defaults_and_null_takes_one_away():
    document = instance(
        {"action": "say", "useDefaultMapping": True, "mapping": {"times": 2}},
        {"action": "say", "useDefaultMapping": True, "mapping": {"times": None, "word": "x"}},
    )
    first, second = Catalog.of(ECHO).configure(document).subscriptions
    assert first.mapping == {"word": {"@path": "$.event"}, "times": 2}
    assert second.mapping == {"word": "x"}


def test_subscriptions_without_a_name_get_different_ones():
    names = [
        subscription.name
        for subscription in Catalog.of(ECHO).configure(instance(SAY, SAY)).subscriptions
    ]
    assert names == ["say", "say 2"]


def test_two_subscriptions_cannot_share_a_name():
    document = instance({**SAY, "name": "A"}, {**SAY, "name": "A"})
    assert problems(document) == [("/subscriptions/1/name", "NAME")]


def test_a_secret_is_looked_up_only_where_the_caller_says():
    document = instance(SAY, settings={"token": {"$secret": "T"}})
    assert problems(document) == [("/settings/token", "SECRET")]
    configured = Catalog.of(ECHO).configure(document, secrets={"T": "s3cret!"}.get)
    assert configured.settings == {"token": "s3cret!"}
    assert "s3cret!" not in repr(configured)


def test_an_unknown_field_is_a_warning_with_a_hint():
    document = instance({**SAY, "mapping": {"tims": 2}})
    [warning] = Catalog.of(ECHO).configure(document).warnings
    assert warning.path == "/subscriptions/0/mapping/tims"
    assert "no field 'tims'" in warning.message
    assert "did you mean 'times'" in warning.message


def test_an_action_that_lists_no_fields_gets_the_payload_as_it_is():
    seen = []

    async def note(context, payload):
        seen.append((payload, dict(context.settings)))

    anything = {"type": "object"}
    action = Action(title="Note", trigger='type = "track"', fields=anything, perform=note)
    noting = Destination(slug="note", name="N", settings=anything, actions={"note": action})
    mapping = {"a": {"@path": "$.x"}, "b": "", "c": None, "d": [{"e": "1"}], "f": {"@path": "$.y"}}
    document = instance({"action": "note", "mapping": mapping}, settings={"k": None})
    configured = Catalog.of(noting).configure(document | {"destination": "note"})
    assert not configured.warnings
    assert configured.send_sync([{"type": "track", "x": "1"}])[0].ok
    assert seen == [({"a": "1", "b": "", "c": None, "d": [{"e": "1"}]}, {"k": None})]


def test_an_action_without_fields_is_still_given_an_object():
    anything = Action(
        title="Note", trigger='type = "track"', fields={"type": "object"}, perform=echo
    )
    noting = Destination(slug="note", name="N", actions={"note": anything})
    document = instance({"action": "note", "mapping": {"@path": "$.event"}})
    configured = Catalog.of(noting).configure(document | {"destination": "note"})
    [outcome] = configured.send_sync([{"type": "track", "event": "text"}])
    assert outcome.failures[0].code == "PAYLOAD_VALIDATION_FAILED"


def test_a_required_field_of_an_action_that_lists_none_is_named_by_its_key():
    fields = {"type": "object", "required": ["a"]}
    action = Action(title="Note", trigger='type = "track"', fields=fields, perform=echo)
    noting = Destination(slug="note", name="N", actions={"note": action})
    document = {"destination": "note", "subscriptions": [{"action": "note"}]}
    with pytest.raises(ConfigurationError, match="the field a is required"):
        Catalog.of(noting).configure(document)


def test_segments_own_shape_is_read_when_the_caller_names_the_destination():
    document = {
        "settings": {},
        "subscriptions": [
            {"partnerAction": "say", "subscribe": 'type = "page"', "mapping": {"word": "hi"}}
        ],
    }
    [subscription] = Catalog.of(ECHO).configure(document, destination="echo").subscriptions
    assert (subscription.action, subscription.trigger) == ("say", 'type = "page"')
    assert subscription.mapping == {"word": "hi"}


@pytest.mark.parametrize("document", [None, [], "text", 5])
def test_a_document_that_is_no_object_is_refused(document):
    assert problems(document) == [("", "DOCUMENT")]


@pytest.mark.parametrize("part", ["settings", "subscriptions", "allowedHosts", "consent"])
def test_parts_of_the_wrong_type_are_refused(part):
    assert [path for path, _ in problems({"destination": "echo", part: "text"})] == [f"/{part}"]


@pytest.mark.parametrize(
    ("subscription", "path"),
    [
        ("text", ""),
        ({}, "/action"),
        ({"action": "say", "mappings": {}}, "/mappings"),
        ({"action": "say", "mapping": []}, "/mapping"),
        ({"action": "say", "trigger": None}, "/trigger"),
        ({"action": 5}, "/action"),
        ({"action": ["say"]}, "/action"),
    ],
)
def test_a_subscription_of_another_shape_is_refused_at_its_path(subscription, path):
    paths = [path for path, _ in problems(instance(subscription))]
    assert f"/subscriptions/0{path}" in paths


def test_a_root_directive_may_fill_every_field():
    document = instance({"action": "say", "mapping": {"@path": "$.properties"}})
    event = {"type": "track", "properties": {"word": "x"}}
    [outcome] = Catalog.of(ECHO).configure(document).send_sync([event])
    assert outcome.results[0].result.response == {"echo": {"word": "x"}}


def test_a_document_for_another_destination_is_refused():
    assert problems(instance(SAY), destination="other") == [("/destination", "DESTINATION")]


def test_a_trigger_that_the_reference_reads_otherwise_is_a_warning():
    document = instance({**SAY, "trigger": '!(type = "page")'})
    [warning] = Catalog.of(ECHO).configure(document).warnings
    assert warning.path == "/subscriptions/0/trigger"
    assert "Segment" in warning.message


def test_settings_nested_too_deeply_are_a_problem():
    deep = []
    for _ in range(3000):
        deep = [deep]
    assert problems(instance(SAY, settings={"token": deep})) == [("/settings", "SETTINGS")]


@pytest.mark.parametrize("error", [KeyError, UnicodeEncodeError("utf-8", "x", 0, 1, "no")])
def test_a_secret_that_cannot_be_looked_up_is_a_problem(error):
    def secrets(name):
        raise error

    document = instance(SAY, settings={"token": {"$secret": "T"}})
    assert problems(document, secrets=secrets) == [("/settings/token", "SECRET")]


def test_a_credential_made_of_a_secret_is_masked_like_it():
    basic = replace(
        ECHO,
        hosts=("*.example.com",),
        extend_request=lambda settings: {"Authorization": "Basic dTpz"},
    )
    configured = Catalog.of(basic).configure(instance(SAY))
    assert configured.redact("it is dTpz, from Basic dTpz") == "it is [secret], from [secret]"


@pytest.mark.parametrize("answer", [None, {"x": 5}])
def test_an_extend_request_that_fails_is_a_problem(answer):
    odd = replace(ECHO, hosts=("*.example.com",), extend_request=lambda settings: answer)
    with pytest.raises(ConfigurationError, match="/settings: extend_request of echo"):
        Catalog.of(odd).configure(instance(SAY))
