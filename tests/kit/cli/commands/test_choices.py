"""`dkit choices` lists the choices of a dynamic field."""

from dataclasses import replace

import pytest

from destination_kit import Choice, Choices
from tests.kit.dkit import PARTNER, TOKEN, dkit, instance, write


def run_on_instance(tmp_path, command, *options, document=None, destinations=(PARTNER,)):
    path = write(tmp_path / "i.json", document or instance())
    return dkit(command, path, *options, destinations=destinations)


def test_choices_show_a_page_and_how_to_get_the_next(tmp_path):
    ran = run_on_instance(tmp_path, "choices", "say", "room")
    assert ran.out.splitlines()[-1] == "r1     Room 1"
    assert ran.err == "there is more: --page '2'\n"
    last = run_on_instance(tmp_path, "choices", "say", "room", "--page", "2", "--json")
    assert last.json == {"choices": [{"value": "r1", "label": "Room 1"}], "nextPage": None}


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
