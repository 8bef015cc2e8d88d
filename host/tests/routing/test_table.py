"""Routing: which instances an event goes to, and the reason where one does not get it."""

import pytest
from hypothesis import given, strategies as st

from destination_host.queue import Route, Status
from destination_host.routing import SourceTable
from host.tests.running import Partner, document, instance, running


def table(**documents):
    catalog = Partner().catalog
    return SourceTable({name: catalog.configure(one) for name, one in documents.items()})


def track(name="Order Completed", **more):
    return {"type": "track", "event": name, "userId": "u-1", **more}


def names(routes):
    return [route.instance for route in routes]


def test_an_event_goes_to_the_instances_with_a_matching_subscription():
    routes = table(
        orders=instance('type = "track" and event = "Order Completed"'),
        people=instance('type = "identify"'),
        everything=instance('userId != "none"'),
    ).find_routes
    assert names(routes(track())) == ["orders", "everything"]
    assert names(routes(track("Other"))) == ["everything"]
    assert names(routes({"type": "identify"})) == ["people", "everything"]
    assert names(routes({"type": "page", "event": 5})) == ["everything"]
    assert routes(track())[0] == Route("orders", "userId u-1")


def test_a_disabled_subscription_receives_nothing():
    document = instance()
    document["subscriptions"][0]["enabled"] = False
    assert table(partner=document).find_routes(track()) == []


TRIGGERS = (
    'type = "track"',
    'type = "track" and event = "A"',
    'type = "track" and (event = "A" or event = "B")',
    'type = "identify" or type = "track"',
    'type != "track"',
    'event = "A"',
    "properties.n > 1",
    'type = "page" and properties.n = 2',
)
EVENTS = st.fixed_dictionaries(
    {"type": st.sampled_from(["track", "identify", "page", "odd", 5, None])},
    optional={
        "event": st.sampled_from(["A", "B", "C", "", None, 5]),
        "properties": st.fixed_dictionaries({"n": st.integers(0, 3)}),
    },
)
CATALOG = Partner().catalog
INSTANCES = {str(n): CATALOG.configure(instance(trigger)) for n, trigger in enumerate(TRIGGERS)}


@given(EVENTS, st.sets(st.sampled_from([*INSTANCES])))
def test_the_table_finds_exactly_the_instances_that_match(event, chosen):
    instances = {name: INSTANCES[name] for name in sorted(chosen)}
    matching = [name for name, one in instances.items() if [*one.find_matching(event, None)]]
    assert names(SourceTable(instances).find_routes(event)) == matching


class Watched:
    """An instance that counts how often its triggers are evaluated."""

    def __init__(self, instance):
        self._instance = instance
        self.evaluations = 0

    def __getattr__(self, name):
        return getattr(self._instance, name)

    def find_matching(self, event, only):
        self.evaluations += 1
        return self._instance.find_matching(event, only)


def test_triggers_that_cannot_match_by_type_or_name_are_not_evaluated():
    triggers = [f'type = "track" and event = "E{n}"' for n in range(50)] + ['type = "page"']
    instances = {
        str(n): Watched(CATALOG.configure(instance(trigger))) for n, trigger in enumerate(triggers)
    }
    assert names(SourceTable(instances).find_routes(track("E7"))) == ["7"]
    assert [name for name, one in instances.items() if one.evaluations] == ["7"]
    assert SourceTable(instances).find_routes(track("other")) == []
    assert sum(one.evaluations for one in instances.values()) == 1


@pytest.mark.parametrize(
    ("integrations", "refusal"),
    [
        ({"Partner": False}, "integrations says no to Partner"),
        ({"actions-partner": False}, "integrations says no to actions-partner"),
        ({"All": False}, "integrations says no to All, and not yes to Partner"),
        ({"All": False, "Partner": True}, None),
        ({"All": False, "Partner": {"option": 1}}, None),
        ({"Other": False}, None),
        ("odd", None),
    ],
)
def test_integrations_are_obeyed(integrations, refusal):
    [route] = table(partner=instance()).find_routes(track(integrations=integrations))
    assert route.refusal == refusal


@pytest.mark.parametrize(
    ("consent", "refusal"),
    [
        ({"categoryPreferences": {"Ads": True}}, None),
        ({"categoryPreferences": {"Ads": False}}, "no consent to Ads"),
        ({}, "no consent to Ads"),
        (None, None),
    ],
)
def test_consent_is_obeyed(consent, refusal):
    event = track(context={"consent": consent} if consent is not None else {})
    [route] = table(partner=instance(consent=["Ads"])).find_routes(event)
    assert (route.refusal or "").partition(" (")[0] == (refusal or "")


async def test_a_refusal_is_the_reason_of_a_skipped_delivery(tmp_path):
    config = document(destinations={"partner": instance(), "other": instance()})
    config["sources"]["web"]["destinations"] = ["partner", "other"]
    config["destinations"]["other"]["consent"] = ["Ads"]
    async with running(tmp_path, config) as host:
        await host.send(track(context={"consent": {}}))
        await host.send(track(integrations={"All": False}))
        rows = await host.settled(4)
    assert [(row.instance, row.status, row.reason) for row in rows] == [
        ("partner", Status.DELIVERED, ""),
        ("other", Status.SKIPPED, "no consent to Ads (context.consent.categoryPreferences)"),
        ("partner", Status.SKIPPED, "integrations says no to All, and not yes to Partner"),
        ("other", Status.SKIPPED, "integrations says no to All, and not yes to Partner"),
    ]
    assert len(host.partner.received) == 1


async def test_integrations_of_a_batch_are_obeyed_too(tmp_path):
    async with running(tmp_path) as host:
        await host.send(track(), track(integrations={"Partner": True}), integrations={"All": False})
        rows = await host.settled(2)
    assert [row.status for row in rows] == [Status.SKIPPED, Status.DELIVERED]


async def test_each_source_has_its_own_instances(tmp_path):
    config = document(destinations={"partner": instance(), "other": instance()})
    config["sources"]["app"] = {"writeKeys": [{"$secret": "APP_KEY"}], "destinations": ["other"]}
    async with running(tmp_path, config) as host:
        await host.send(track())
        assert (await host.post("/v1/t", track(), key="k-app")).status_code == 200
        rows = await host.settled(2)
    assert [(row.source, row.instance) for row in rows] == [("web", "partner"), ("app", "other")]
