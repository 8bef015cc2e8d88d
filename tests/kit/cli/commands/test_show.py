"""`dkit show` describes a destination."""

from dataclasses import replace

import pytest

from tests.kit.dkit import PARTNER, dkit


@pytest.mark.parametrize(
    "said",
    [
        "Partner (actions-partner)",
        "  * token  (string, password, secret)  Token",
        '      default  "eu"',
        "Action say: Say",
        '  trigger  type = "track"',
        "  trigger  none: choose one",
        "  * room  (string, dynamic)  Room",
        '      default  {"@path": "$.event"}',
        "  Greet: say",
        '    trigger  event = "Hi"',
    ],
)
def test_show_describes(said):
    assert said in dkit("show", "partner").out.splitlines()


def test_show_in_json_is_the_whole_definition():
    shown = dkit("show", "partner", "--json").json
    assert shown["actions"]["say"]["fields"] == PARTNER.actions["say"].fields
    assert shown["presets"][0]["name"] == "Greet"


def test_show_lists_several_types_and_choices():
    fields = {
        "type": "object",
        "properties": {"odd": {"type": ["string", "null"], "enum": ["a", None]}, "any": {}},
    }
    odd = replace(PARTNER.actions["say"], fields=fields, choices={})
    ran = dkit("show", "partner", destinations=[replace(PARTNER, actions={"odd": odd}, presets=())])
    assert '    odd  (string or null, one of "a", null)' in ran.out.splitlines()
    assert "    any  (anything)" in ran.out.splitlines()
    assert "Presets" not in ran.out


def test_show_says_that_an_action_takes_any_payload():
    open_ = replace(PARTNER.actions["say"], fields={"type": "object"}, choices={})
    partner = replace(PARTNER, actions={"say": open_}, presets=())
    ran = dkit("show", "partner", destinations=[partner])
    assert "  fields   any: it takes the payload as it is" in ran.out.splitlines()
