"""`dkit choices` lists the choices of a dynamic field."""

import json
from dataclasses import replace

import pytest

from destination_kit import Audience, Choice, Choices, MappingHook
from tests.kit.dkit import PARTNER, TOKEN, dkit, instance, write


def run_on_instance(tmp_path, command, *options, document=None, destinations=(PARTNER,)):
    path = write(tmp_path / "i.json", document or instance())
    return dkit(command, path, *options, destinations=destinations)


def test_choices_show_a_page_and_how_to_get_the_next(tmp_path):
    ran = run_on_instance(tmp_path, "choices", "say", "room")
    assert ran.out.splitlines()[-1] == "r1     Room 1"
    assert ran.err == "there is more: --page '2'\n"
    last = run_on_instance(tmp_path, "choices", "say", "room", "--page", "2", "--json")
    assert last.json == {"choices": [{"value": "r1", "label": "Room 1"}], "next_page": None}


@pytest.mark.parametrize(
    ("action", "field", "said"),
    [
        ("say", "rom", "'rom' of say has no choices; did you mean 'room'?; there is: room"),
        ("shout", "room", "'room' of shout has no choices; there is: none"),
        ("sy", "room", "Partner has no action 'sy'; did you mean 'say'?; there is: say, shout"),
    ],
)
def test_an_action_or_field_without_choices_is_misuse_and_the_others_are_named(
    tmp_path, action, field, said
):
    ran = run_on_instance(tmp_path, "choices", action, field)
    assert (ran.code, ran.err) == (2, f"dkit: {said}\n")


def test_choices_that_the_partner_refuses_are_a_failure_that_shows_no_secret(tmp_path):
    document = instance({"action": "say", "mapping": {"word": "broken", "room": "x"}})
    ran = run_on_instance(tmp_path, "choices", "say", "room", document=document)
    assert (ran.code, ran.err) == (1, "dkit: no rooms for [secret]\n")


def test_choices_are_listed_while_a_mapping_is_not_ready(tmp_path):
    """A person needs them to fill the mapping in; a placeholder reaches no function of an author."""
    mapping = {"word": "broken", "room": "<fill in: Room>", "hook": {"@pth": 1}}
    document = instance({"action": "say", "trigger": "type = =", "mapping": mapping})
    ran = run_on_instance(tmp_path, "choices", "say", "room", document=document)
    assert (ran.code, ran.err) == (1, "dkit: no rooms for [secret]\n")
    mapping["word"] = "<fill in: broken>"
    ran = run_on_instance(tmp_path, "choices", "say", "room", document=document)
    assert (ran.code, ran.out.splitlines()[-1]) == (0, "r1     Room 1")


def test_choices_of_a_file_in_segments_shape_get_its_mapping(tmp_path):
    subscription = {"partnerAction": "say", "subscribe": "type", "mapping": {"word": "broken"}}
    document = {"settings": {"token": TOKEN, "subscriptions": [subscription]}}
    options = ("say", "room", "--destination", "partner")
    ran = run_on_instance(tmp_path, "choices", *options, document=document)
    assert ran.code == 0
    document = {"settings": {"token": TOKEN}, "subscriptions": [subscription]}
    ran = run_on_instance(tmp_path, "choices", *options, document=document)
    assert (ran.code, ran.err) == (1, "dkit: no rooms for [secret]\n")


def test_a_search_text_and_a_key_reach_the_function(tmp_path):
    async def describe(context, request):
        return Choices((Choice(f"{request.search} {request.selected_key}", "label"),))

    action = replace(PARTNER.actions["say"], choices={"room": describe})
    destination = replace(PARTNER, actions={"say": action})
    options = ("say", "room", "--search", "ber", "--key", "k", "--json")
    ran = run_on_instance(tmp_path, "choices", *options, destinations=(destination,))
    assert ran.json["choices"] == [{"value": "ber k", "label": "label"}]


async def repeat(context, request):
    """Show what the function gets, with the settings so far."""
    given = (request.search, request.selected_key, dict(request.inputs), dict(request.mapping))
    return Choices((Choice(str([context.settings.get("region"), *given]), "label"),))


DYNAMIC = {"type": "string", "x-dynamic": True}
OPEN = {"type": "object", "x-dynamic": {"parts": ["__values__"]}}
FORM = {"type": "object", "properties": {"list": DYNAMIC, "name": {"type": "string"}}}
SETTINGS = {
    **PARTNER.settings,
    "required": ["token", "list"],
    "properties": {**PARTNER.settings["properties"], "list": DYNAMIC},
}
SAY = replace(
    PARTNER.actions["say"],
    fields={"type": "object", "properties": {"room": DYNAMIC, "more": OPEN}},
    choices={"room": repeat, "more.__values__": repeat},
    hooks={"onMappingSave": MappingHook(title="Save", inputs=FORM, choices={"list": repeat})},
)
FORMS = replace(
    PARTNER,
    settings=SETTINGS,
    choices={"list": repeat},
    actions={"say": SAY},
    presets=(),
    audience=Audience(settings=FORM, choices={"list": repeat}),
)
STORED = {"onMappingSave": {"inputs": {"name": "stored", "list": "<fill in: List>"}}}
UNFINISHED = {
    **instance({"action": "say", "mapping": {"room": "r1"}, "hooks": STORED}),
    "settings": {"token": TOKEN, "region": "eu", "list": "<fill in: List>"},
}


@pytest.mark.parametrize(
    ("options", "given"),
    [
        (("--setting", "list", "--search", "x"), ["eu", "x", None, {}, {}]),
        (("--setting", "list", "--key", "k"), ["eu", "", "k", {}, {}]),
    ],
)
def test_a_setting_is_listed_while_it_is_missing(tmp_path, options, given):
    for document in (UNFINISHED, {**UNFINISHED, "settings": {"token": TOKEN, "region": "eu"}}):
        ran = run_on_instance(
            tmp_path, "choices", *options, "--json", document=document, destinations=(FORMS,)
        )
        assert ran.json["choices"] == [{"value": str(given), "label": "label"}]


def test_check_names_the_command_for_a_setting_that_is_still_to_be_filled_in(tmp_path):
    ran = run_on_instance(tmp_path, "check", document=UNFINISHED, destinations=(FORMS,))
    assert ran.code == 1
    assert "i.json --setting list" in ran.out + ran.err


READY = {**UNFINISHED, "settings": {"token": TOKEN, "region": "eu", "list": "a"}}


@pytest.mark.parametrize(
    ("options", "given"),
    [
        (("say", "more", "--key", "size"), ["eu", "", "size", {}, {"room": "r1"}]),
        (("say", "more.size"), ["eu", "", "size", {}, {"room": "r1"}]),
        (
            ("say", "list", "--hook", "onMappingSave"),
            ["eu", "", None, {"name": "stored"}, {"room": "r1"}],
        ),
        (
            ("say", "list", "--hook", "onMappingSave", "--input", "name=new", "--key", "k"),
            ["eu", "", "k", {"name": "new"}, {"room": "r1"}],
        ),
        (("--audience-setting", "list"), ["eu", "", None, {}, {}]),
    ],
)
def test_a_key_and_the_inputs_of_a_hook_reach_the_function(tmp_path, options, given):
    ran = run_on_instance(
        tmp_path, "choices", *options, "--json", document=READY, destinations=(FORMS,)
    )
    assert ran.json["choices"] == [{"value": str(given), "label": "label"}]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ((), "name one field: ACTION FIELD"),
        (("say",), "name a field of say: ACTION FIELD"),
        (("say", "room", "--setting", "list"), "name one field: ACTION FIELD"),
        (("--setting", "list", "--hook", "onMappingSave"), "name one field: ACTION FIELD"),
        (("--setting", "lst"), "'lst' of the settings has no choices; did you mean 'list'?"),
        (("--audience-setting", "x"), "'x' of the settings of an audience has no choices"),
        (("say", "list", "--hook", "on"), "say has no hook 'on'; there is: onMappingSave"),
        (("say", "x", "--hook", "onMappingSave"), "'x' of the hook onMappingSave of say has no"),
    ],
)
def test_a_field_that_is_none_is_misuse(tmp_path, options, sentence):
    ran = run_on_instance(tmp_path, "choices", *options, document=READY, destinations=(FORMS,))
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"dkit: {sentence}")


TALKS = instance(
    {"action": "say", "mapping": {"word": {"@path": "$.event"}, "room": "<fill in: Room>"}},
    {"name": "Loud", "action": "say", "mapping": {"word": {"@path": "$.properties.loud"}}},
)


@pytest.fixture
def sample(tmp_path):
    """Return a function that lists with a sample event, and the payload that the choices saw."""

    async def show(context, request):
        return Choices((Choice(json.dumps(request.payload), str(dict(request.mapping))),))

    action = replace(PARTNER.actions["say"], choices={"room": show})
    destination = replace(PARTNER, actions={"say": action})

    def run(*options, events=b"", document=TALKS):
        path = tmp_path / "e.jsonl"
        path.write_bytes(events)
        return run_on_instance(
            tmp_path,
            "choices",
            *("say", "room", "--event", path, *options, "--json"),
            document=document,
            destinations=(destination,),
        )

    return run


EVENT = b'{"type": "track", "event": "Hi", "properties": {"loud": "HI"}}'


@pytest.mark.parametrize(
    ("options", "payload"),
    [((), {"word": "Hi"}), (("--subscription", "Loud"), {"word": "HI"})],
)
@pytest.mark.parametrize(
    "events",
    [EVENT, b"[" + EVENT + b", {}]", b'{"batch": [' + EVENT + b"]}", EVENT + b"\nnonsense"],
)
def test_choices_see_the_payload_of_the_first_event(sample, events, options, payload):
    [choice] = sample(*options, events=events).json["choices"]
    assert json.loads(choice["value"]) == payload


@pytest.mark.parametrize(
    ("events", "said"),
    [
        (b"", "e.jsonl: there is no event in it\n"),
        (b'{"type": ', "e.jsonl, line 1: not JSON: Expecting value at column 9\n"),
        (b"PK\x03\x04..", "e.jsonl is a zip archive: unpack it with `unzip`\n"),
    ],
)
def test_a_file_without_an_event_is_misuse(sample, events, said):
    ran = sample(events=events)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("dkit: --event")
    assert ran.err.endswith(said)


def test_a_mapping_that_cannot_be_resolved_is_misuse(sample):
    document = instance({"action": "say", "mapping": {"word": {"@pth": "$.event"}}})
    ran = sample(events=EVENT, document=document)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("dkit: --event needs a mapping without errors:\n  /word")


def test_an_unknown_subscription_is_misuse_and_the_others_are_named(sample):
    ran = sample("--subscription", "loud", events=EVENT)
    said = "say has no subscription 'loud'; did you mean 'Loud'?; there is: Loud, say"
    assert (ran.code, ran.err) == (2, f"dkit: {said}\n")


@pytest.mark.parametrize("option", ["--event", "--subscription"])
def test_settings_see_no_mapping(tmp_path, option):
    ran = run_on_instance(tmp_path, "choices", "--setting", "list", option, "x")
    assert ran.code == 2
    assert ran.err == f"dkit: {option} is for a field of an action: settings see no mapping\n"
