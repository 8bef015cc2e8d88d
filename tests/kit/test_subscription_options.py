"""Options of a subscription: checked against the action's schema, and passed to `perform`."""

import pytest

from destination_kit import Action, Catalog, ConfigurationError, Destination
from destination_kit.cli.commands.init import starter_instance
from destination_kit.publish import documents

OPTIONS = {
    "type": "object",
    "properties": {
        "twice": {"type": "boolean", "title": "Twice", "default": False},
        "most": {"type": "integer", "minimum": 1},
    },
}
EVENT = {"type": "track"}


def destination(seen=None, options=OPTIONS):
    async def perform(context, payload):
        seen.append((context.options, context.subscription.name, context.subscriptions))

    async def on_delete(context, payload):
        seen.append((context.options, context.subscription.name, context.subscriptions))

    action = Action(title="Do", trigger='type = "track"', perform=perform, options=options)
    return Destination(slug="odd", name="Odd", actions={"do": action}, on_delete=on_delete)


def configure(subscriptions, **more):
    document = {"destination": "odd", "subscriptions": subscriptions}
    return Catalog.of(destination(**more)).configure(document)


async def test_perform_reads_the_options_of_its_subscription():
    seen = []
    subscriptions = [
        {"name": "A", "action": "do", "options": {"most": 2}},
        {"name": "B", "action": "do", "enabled": False},
        {"name": "C", "action": "do"},
    ]
    async with configure(subscriptions, seen=seen).open() as live:
        await live.send([EVENT])
        await live.delete(user_id="u-1")
    chosen = [(options, name) for options, name, _ in seen]
    assert chosen == [({"most": 2}, "A"), ({}, "C"), ({}, "on_delete")]
    for _, _, subscriptions in seen:
        assert [item.name for item in subscriptions] == ["A", "B", "C"]


@pytest.mark.parametrize(
    ("options", "path", "message"),
    [
        (
            {"twise": True},
            "/options/twise",
            "no option 'twise'; did you mean 'twice'?; it has twice, most",
        ),
        ({"most": 0}, "/options/most", ""),
        ({"most": "many"}, "/options/most", ""),
        ({"most": "2"}, "/options", "the type of most is another one"),
    ],
)
def test_a_wrong_option_is_refused_with_its_place(options, path, message):
    with pytest.raises(ConfigurationError) as raised:
        configure([{"action": "do", "options": options}])
    [problem] = raised.value.problems
    assert problem.path == f"/subscriptions/0{path}"
    assert message in problem.message


def test_an_action_without_options_takes_none():
    with pytest.raises(ConfigurationError, match="Do has no options"):
        configure([{"action": "do", "options": {"twice": True}}], options=None)
    configure([{"action": "do", "options": {}}], options=None)


def test_options_are_an_object():
    with pytest.raises(ConfigurationError, match="/subscriptions/0/options"):
        configure([{"action": "do", "options": ["twice"]}])


def test_the_manifest_has_the_schema_of_the_options():
    manifest = documents(destination())["manifest.json"]
    assert manifest["actions"]["do"]["options"] == OPTIONS
    manifest = documents(destination(options=None))["manifest.json"]
    assert manifest["actions"]["do"]["options"] is None


def test_a_new_instance_shows_the_options_with_their_defaults():
    [subscription] = starter_instance(destination())["subscriptions"]
    assert subscription["options"] == {"twice": False}
    [subscription] = starter_instance(destination(options=None))["subscriptions"]
    assert "options" not in subscription
