"""`dkit choices` lists the choices of a dynamic field."""

import pytest

from tests.kit.dkit import PARTNER, dkit, instance, write


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
