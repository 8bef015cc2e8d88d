"""A console's calls: each answers plain JSON in which no secret shows."""

import json
from dataclasses import replace

import pytest

from destination_kit import Catalog, MappingHook
from destination_kit.publish import Console, ConsoleError
from tests.kit.dkit import PARTNER, TOKEN

SECRETS = {"PARTNER_TOKEN": TOKEN, "OLD_TOKEN": "old-token-00000"}
EVENT = {
    "type": "track",
    "event": "Hi",
    "userId": "u-1",
    "properties": {"hook": "https://x.example/SECRET-HOOK"},
}
SETTINGS = {"token": {"$secret": "PARTNER_TOKEN"}}


async def create_room(context, inputs):
    return {"room": f"{inputs['name']} of {context.settings['token']}"}


HOOK = MappingHook(
    title="Room",
    inputs={"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}},
    outputs={"type": "object", "properties": {"room": {"type": "string"}}},
    perform=create_room,
)
SAY = replace(PARTNER.actions["say"], hooks={"onMappingSave": HOOK})
CATALOG = Catalog.of(replace(PARTNER, actions={**PARTNER.actions, "say": SAY}))
CONSOLE = Console(CATALOG, SECRETS.get, {"http": "httpx"})


def subscription(**changes):
    mapping = {"word": {"@path": "$.event"}, "room": "r1"}
    return {"name": "Say it", "action": "say", "mapping": mapping, **changes}


def instance(*subscriptions, settings=SETTINGS):
    return {
        "destination": "actions-partner",
        "settings": settings,
        "subscriptions": list(subscriptions or [subscription()]),
    }


def plain(answer):
    """Return the answer, which is JSON and shows no secret."""
    text = json.dumps(answer, allow_nan=False)
    assert not [secret for secret in (*SECRETS.values(), "SECRET-HOOK") if secret in text]
    assert json.loads(text) == answer
    return answer


def test_destinations_come_with_their_actions_and_what_is_wrong_with_them():
    faulty = replace(PARTNER, slug="faulty", actions={"say": replace(SAY, trigger="type =")})
    listed = plain(Console(Catalog.of(PARTNER, faulty)).list_destinations())
    sound, wrong = listed["destinations"]
    assert (sound["slug"], sound["name"], sound["problems"]) == ("actions-partner", "Partner", [])
    assert sound["actions"][0] == {"slug": "say", "title": "Say", "hidden": False}
    assert [problem["path"] for problem in wrong["problems"]] == ["/actions/say/trigger"]
    assert [failure["plugin"] for failure in listed["leftOut"]] == ["faulty"]


def test_every_document_of_the_manifest_can_be_read():
    manifest = plain(CONSOLE.get_manifest("actions-partner"))
    names = [*manifest["digests"]]
    assert "say.form.schema.json" in names
    assert all(plain(CONSOLE.get_document("actions-partner", name)) is not None for name in names)
    assert CONSOLE.get_document("actions-partner", "say.defaults.json") == {
        "word": {"@path": "$.event"}
    }


def test_a_document_that_is_changed_stays_the_same_for_the_next_page():
    CONSOLE.get_manifest("actions-partner")["actions"].clear()
    assert CONSOLE.get_manifest("actions-partner")["actions"]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: CONSOLE.get_manifest("actions-partnr"), "did you mean 'actions-partner'"),
        (lambda: CONSOLE.get_document("actions-partner", "say.schema"), "has no document"),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest_one(call, message):
    with pytest.raises(ConsoleError, match=message) as caught:
        call()
    assert plain(caught.value.record)["code"] == "UNKNOWN"


def test_a_preset_has_the_subscription_that_it_starts():
    [preset] = plain(CONSOLE.list_presets("actions-partner"))
    started = preset["subscription"]
    assert started == {
        "name": "Greet",
        "action": "say",
        "trigger": 'event = "Hi"',
        "mapping": {"word": "hi"},
    }
    filled = {**started, "mapping": {**started["mapping"], "room": "r1"}}
    assert CONSOLE.check(instance(filled))["ok"]


def test_a_check_has_problems_and_warnings_with_pointers():
    broken = subscription(mapping={"word": {"@pth": "$.event"}, "room": "<fill in: the room>"})
    typed = subscription(name="Typed", mapping={"word": "{{event}}", "room": "r1"})
    checked = plain(CONSOLE.check(instance(broken, typed)))
    assert not checked["ok"]
    assert {(problem["path"], problem["code"]) for problem in checked["problems"]} == {
        ("/subscriptions/0/mapping/word", "INVALID_DIRECTIVE"),
        ("/subscriptions/0/mapping/room", "PLACEHOLDER"),
    }
    [surprise] = checked["warnings"]
    assert (surprise["path"], surprise["severity"]) == ("/subscriptions/1/mapping/word", "warning")


def test_a_check_needs_no_secrets():
    assert plain(Console(CATALOG).check(instance()))["ok"]
    lost = Console(CATALOG, {}.get).check(instance())
    assert [problem["code"] for problem in lost["problems"]] == ["SECRET"]


def test_a_check_warns_where_nothing_is_enabled():
    checked = CONSOLE.check(instance(subscription(enabled=False)))
    assert [surprise["code"] for surprise in checked["warnings"]] == ["NOTHING_ENABLED"]


async def test_a_preview_has_each_field_with_its_value_and_paths():
    mapping = {
        "word": {
            "@if": {"exists": {"@path": "$.traits.word"}, "then": "a", "else": {"@path": "$.event"}}
        },
        "room": {"@path": "$.context.room"},
        "hook": {"@path": "$.properties.hook"},
    }
    [shown] = plain(await CONSOLE.preview(instance(subscription(mapping=mapping)), EVENT))[
        "subscriptions"
    ]
    assert shown["fields"] == [
        {
            "field": "word",
            "reads": ["traits.word", "event"],
            "absent": ["traits.word"],
            "value": "Hi",
        },
        {"field": "room", "reads": ["context.room"], "absent": ["context.room"]},
        {"field": "hook", "reads": ["properties.hook"], "absent": [], "value": "[secret]"},
    ]
    assert (shown["index"], shown["matches"], shown["unmet"]) == (0, True, None)
    assert [problem["path"] for problem in shown["failed"]["problems"]] == ["/room"]


async def test_a_preview_has_the_requests_that_would_leave():
    shout = subscription(action="shout", trigger='type = "track"')
    [shown] = plain(await CONSOLE.preview(instance(shout), EVENT))["subscriptions"]
    [request] = shown["requests"]
    assert (request["method"], request["body"]) == ("POST", {"room": "r1"})
    assert shown["payload"] == {"word": "Hi", "room": "r1"}


async def test_a_preview_has_the_fields_of_a_subscription_that_does_not_match():
    other = subscription(trigger='type = "page"', enabled=False)
    [shown] = (await CONSOLE.preview(instance(other), EVENT))["subscriptions"]
    assert (shown["matches"], shown["unmet"], shown["enabled"]) == (False, 'type = "page"', False)
    assert shown["fields"][0]["value"] == "Hi"


async def test_a_preview_leaves_out_the_subscriptions_with_problems():
    broken = subscription(name="Broken", mapping={"word": {"@pth": 1}, "room": "r1"})
    shown = plain(await CONSOLE.preview(instance(broken, subscription()), EVENT))
    assert [(one["index"], one["subscription"]) for one in shown["subscriptions"]] == [
        (1, "Say it")
    ]
    assert [problem["path"] for problem in shown["problems"]] == ["/subscriptions/0/mapping/word"]


async def test_a_preview_of_wrong_settings_is_refused_with_all_problems():
    with pytest.raises(ConsoleError) as caught:
        await CONSOLE.preview(instance(settings={}), EVENT)
    record = plain(caught.value.record)
    assert record["code"] == "CONFIGURATION"
    assert [problem["path"] for problem in record["problems"]] == ["/settings/token"]


async def test_a_field_that_fails_for_the_event_says_why():
    computed = {"@template": {"@path": "$.properties"}}
    mapping = {"word": computed, "room": "r1"}
    shown = plain(await CONSOLE.preview(instance(subscription(mapping=mapping)), EVENT))
    [word, room] = shown["subscriptions"][0]["fields"]
    assert "expected string, found object" in word["error"]
    assert "value" not in word
    assert room["value"] == "r1"


async def test_choices_come_page_by_page():
    request = {"action": "say", "field": "room", "settings": SETTINGS}
    first = plain(await CONSOLE.list_choices("actions-partner", request))
    assert first == {"choices": [{"value": "r1", "label": "Room 1"}], "next_page": "2"}
    rest = await CONSOLE.list_choices("actions-partner", {**request, "page": "2"})
    assert rest["next_page"] is None


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"mapping": {"word": "broken"}}, "NO_ROOMS"),
        ({"field": "word"}, "UNKNOWN"),
        ({"pge": "2"}, "REQUEST"),
        ({"settings": {}}, "CONFIGURATION"),
    ],
)
async def test_choices_that_cannot_be_listed_are_refused_with_a_code(changes, code):
    request = {"action": "say", "field": "room", "settings": SETTINGS, **changes}
    with pytest.raises(ConsoleError) as caught:
        await CONSOLE.list_choices("actions-partner", request)
    assert plain(caught.value.record)["code"] == code


async def test_credentials_are_tested_whatever_the_subscriptions_are():
    accepted = plain(await CONSOLE.test_credentials(instance({"action": "nope"})))
    assert (accepted["ok"], accepted["account"], accepted["tested"]) == (True, "ann", True)
    old = {"token": {"$secret": "OLD_TOKEN"}}
    refused = plain(await CONSOLE.test_credentials(instance(settings=old)))
    assert (refused["ok"], refused["message"]) == (False, "unknown token")


async def test_credentials_without_a_test_are_neither_good_nor_bad():
    untested = replace(PARTNER, authentication=replace(PARTNER.authentication, test=None))
    answer = plain(await Console(Catalog.of(untested), SECRETS.get).test_credentials(instance()))
    assert (answer["ok"], answer["tested"]) == (None, False)
    assert answer["warnings"]


def test_a_trigger_becomes_a_tree_and_text_again():
    read = plain(CONSOLE.read_trigger('type = "track" and event = "Hi"', EVENT))
    assert (read["matches"], read["problems"]) == (True, [])
    assert CONSOLE.write_trigger(read["tree"])["text"] == read["text"]
    other = CONSOLE.read_trigger('type = "track" and event = "Ho"', EVENT)
    assert (other["matches"], other["unmet"]) == (False, 'event = "Ho"')


def test_what_is_no_trigger_has_problems_in_place_of_an_answer():
    read = plain(CONSOLE.read_trigger("type ="))
    assert read["tree"] is None
    assert read["problems"]
    written = plain(CONSOLE.write_trigger({"type": "group", "operator": "and", "children": [{}]}))
    assert written["text"] is None
    assert [problem["code"] for problem in written["problems"]] == ["FQL_TREE"]


async def test_a_hook_returns_the_outputs_that_the_document_keeps():
    made = plain(await CONSOLE.run_hook(instance(), "Say it", "onMappingSave", {"name": "Hall"}))
    assert made == {"hook": "onMappingSave", "outputs": {"room": "Hall of [secret]"}}


@pytest.mark.parametrize(
    ("name", "hook", "inputs", "code"),
    [
        ("Nobody", "onMappingSave", {"name": "a"}, "UNKNOWN"),
        ("Say it", "onNothing", {"name": "a"}, "UNKNOWN"),
        ("Say it", "onMappingSave", {}, "PAYLOAD_VALIDATION_FAILED"),
    ],
)
async def test_a_hook_that_cannot_run_is_refused_with_a_code(name, hook, inputs, code):
    with pytest.raises(ConsoleError) as caught:
        await CONSOLE.run_hook(instance(), name, hook, inputs)
    assert caught.value.code == code


async def test_a_test_event_is_sent_with_every_exchange(httpx_mock):
    body = {"id": 7, "echo": TOKEN}
    httpx_mock.add_response(json=body, headers={"x-request-id": "req-1"})
    shout = subscription(name="Shout", action="shout", trigger='type = "track"', enabled=False)
    sent = plain(await CONSOLE.send_test(instance(subscription(), shout), "Shout", EVENT))
    assert (sent["subscription"], sent["status"]) == ("Shout", "delivered")
    [exchange] = sent["exchanges"]
    assert exchange["url"] == "https://api.partner.example/shout"
    assert (exchange["method"], exchange["status"], exchange["requestId"]) == ("POST", 200, "req-1")
    assert exchange["body"].startswith('{"id": 7')
    assert len(httpx_mock.get_requests()) == 1


async def test_a_test_event_that_fails_says_what_helps(httpx_mock):
    httpx_mock.add_response(status_code=400, json={"error": "no room"})
    shout = subscription(name="Shout", action="shout", trigger='type = "track"')
    sent = plain(await CONSOLE.send_test(instance(shout), "Shout", EVENT))
    assert (sent["status"], sent["failed"]["remedy"]) == ("failed", "event")
    assert sent["exchanges"][0]["status"] == 400


async def test_a_test_event_that_does_not_match_is_not_sent():
    page = subscription(trigger='type = "page"')
    sent = plain(await CONSOLE.send_test(instance(page), "Say it", EVENT))
    assert (sent["status"], sent["unmet"], sent["exchanges"]) == ("skipped", 'type = "page"', [])


@pytest.mark.parametrize("event", [None, [EVENT], "Hi"])
async def test_what_is_no_event_is_refused(event):
    for call in (
        CONSOLE.preview(instance(), event),
        CONSOLE.send_test(instance(), "Say it", event),
    ):
        with pytest.raises(ConsoleError, match="JSON object"):
            await call
