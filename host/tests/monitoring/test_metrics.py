"""Metrics of a host that has worked: their names, their labels, their bound."""

import asyncio

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from destination_host.config.records import Source
from destination_host.ingress import Receipt
from destination_host.ingress.receipts import create_receipt
from destination_host.monitoring.gauges import Reading
from destination_host.monitoring.labels import DeliveryLabelLimit, merge_budgets
from destination_host.monitoring.metrics import Metrics
from destination_host.queue import (
    InstanceStats,
    NewEvent,
    Route,
    Settlement,
    Stats,
    Status,
    Taken,
)
from destination_host.workers import AttemptReport
from destination_kit import (
    Delivered,
    EventResult,
    IntegrationError,
    InvalidAuthenticationError,
    RetryableError,
    Skipped,
    SubscriptionResult,
)
from destination_kit.delivery import Attempt
from host.tests.monitoring.exposition import LABELS, read_exposition, values_of
from host.tests.running import Partner, document, instance, running, scrape, write_config


async def scrape_until(host, name, **wanted):
    """Scrape until the metric has a sample with these labels; return all samples."""
    async with asyncio.timeout(60):
        while True:
            samples = read_exposition(await scrape(host))
            if values_of(samples, name, **wanted):
                return samples
            await asyncio.sleep(0.05)


def track(number, **more):
    event = {"type": "track", "event": "n", "messageId": f"m-{number}", "userId": f"u-{number}"}
    return {**event, **more}


async def test_the_metrics_have_the_names_and_labels_that_the_page_lists(tmp_path):
    async with running(tmp_path) as host:
        await host.send(track(1))
        await host.settled()
        text = await scrape(host)
    families = {family.name: family for family in text_string_to_metric_families(text)}
    names = {name.removesuffix("_total"): labels for name, labels in LABELS.items()}
    # There is no budget before the first request.
    assert families.keys() == names.keys()
    for name, family in families.items():
        assert family.documentation
        for sample in family.samples:
            assert set(sample.labels) - {"le"} == names[name]
    assert "_created" not in text


async def test_what_arrived_is_counted_by_source_and_outcome(tmp_path):
    async with running(tmp_path) as host:
        await host.send(track(1), track(2), track(1), 5, {"type": "odd"})
        await host.send(track(2))
        assert (await host.post("/v1/batch", {"batch": 5})).status_code == 400
        assert (await host.post("/v1/t", track(3), key="wrong")).status_code == 401
        assert (await host.post("/v1/nothing", {})).status_code == 404
        assert (await host.post("/v1/t", b"x" * 600_000)).status_code == 413
        await host.settled(2)
        samples = read_exposition(await scrape(host))
    assert values_of(samples, "dkit_events_received_total", "source", "outcome") == {
        ("web", "accepted"): 2,
        ("web", "repeated"): 2,
        ("web", "rejected"): 3,
        ("(unknown)", "refused"): 3,
    }
    zero = ("dkit_events_received_total", frozenset({("source", "web"), ("outcome", "refused")}))
    assert samples[zero] == 0


def remedies():
    """Errors of a partner, each with the outcome and the code of its first attempt."""
    return [
        (None, "delivered", ""),
        (IntegrationError("no", "GONE_AWAY", 400), "dead", "GONE_AWAY"),
        (IntegrationError("no", "user-4711 is gone", 400), "dead", "other"),
        (RetryableError("later", 503), "waiting", "RETRYABLE_ERROR"),
        (InvalidAuthenticationError("expired"), "parked", "INVALID_AUTHENTICATION"),
        (ValueError("s3cret"), "dead", "UNKNOWN_ERROR"),
    ]


@pytest.mark.parametrize(("error", "outcome", "code"), remedies())
async def test_what_became_of_a_delivery_is_counted_by_outcome_and_code(
    tmp_path, error, outcome, code
):
    partner = Partner()
    partner.error = error
    async with running(tmp_path, partner=partner) as host:
        await host.send(track(1))
        samples = await scrape_until(host, "dkit_delivery_attempts_total")
    shown = "instance", "action", "outcome", "code"
    assert values_of(samples, "dkit_deliveries_total", *shown) == {
        ("partner", "post", outcome, code): 1
    }
    assert values_of(samples, "dkit_delivery_duration_seconds_count") == {(): 1}


async def test_a_delivery_that_consent_keeps_back_is_counted_once(tmp_path):
    consenting = document(destinations={"partner": instance(consent=["Ads"])})
    denied = {"consent": {"categoryPreferences": {"Ads": False}}}
    async with running(tmp_path, consenting) as host:
        await host.send(track(1, context=denied), track(1, context=denied), track(2))
        await host.settled(2)
        samples = read_exposition(await scrape(host))
    assert values_of(samples, "dkit_deliveries_total", "action", "outcome") == {
        ("", "skipped"): 1,
        ("post", "delivered"): 1,
    }


async def test_the_gauges_show_the_states_of_the_queue_and_instances_without_deliveries(tmp_path):
    config = document(
        destinations={"partner": instance(), "idle": instance(trigger='type = "alias"')}
    )
    async with running(tmp_path, config) as host:
        host.partner.gate.clear()
        await host.send(track(1), track(2, userId="u-1"))
        samples = await scrape_until(host, "dkit_queue_deliveries", state="in_flight")
    states = values_of(samples, "dkit_queue_deliveries", "instance", "state")
    assert states == {("partner", "in_flight"): 1, ("partner", "waiting"): 1}
    known = {dict(labels)["instance"] for name, labels in samples if "queue_oldest" in name}
    assert known == {"partner", "idle"}
    assert values_of(samples, "dkit_commit_duration_seconds_count")[()] >= 2


async def test_the_budgets_of_a_partner_are_shown_by_rate_limit_without_its_account(
    tmp_path, qualtrics
):
    async with running(tmp_path, **qualtrics) as host:
        await host.send({"type": "identify", "userId": "u-1", "traits": {"email": "a@b.example"}})
        [row] = await host.settled()
        text = await scrape(host)
    assert row.status is Status.DELIVERED
    budgets = values_of(read_exposition(text), "dkit_partner_budget_remaining", "endpoint")
    assert ("actions-qualtrics contacts",) in budgets
    assert 0 < budgets["actions-qualtrics brand",] < 3000
    for private in ("t0ken", "u-1", "example", "http"):
        assert private not in text


def test_the_budget_of_an_endpoint_is_that_of_the_account_with_the_fewest_requests_left():
    assert merge_budgets(
        [
            ("mail", "posts", 7),
            ("mail", "posts", 3),
            ("mail", "posts", 5),
            ("crm", "posts", 9),
            ("crm", "https://crm.example/people/4711", 5),
        ]
    ) == {"mail posts": 3, "crm posts": 9, "crm other": 5}
    assert len(merge_budgets([("mail", f"limit {n % 997}", n) for n in range(10**4)])) == 100


async def test_a_removed_instance_and_source_leave_the_metrics(tmp_path):
    async with running(tmp_path) as host:
        await host.send(track(1))
        await host.settled()
        changed = document(destinations={"other": instance()})
        changed["sources"] = {"app": {"writeKeys": [{"$secret": "APP_KEY"}]}}
        write_config(tmp_path, changed)
        await host.host.reload()
        samples = read_exposition(await scrape(host))
        await host.post("/v1/t", track(2), key="k-app")
        after = read_exposition(await scrape(host))
    assert values_of(samples, "dkit_deliveries_total", "instance") == {}
    assert {dict(labels)["source"] for name, labels in samples if "received" in name} == {
        "(unknown)",
        "app",
    }
    assert values_of(after, "dkit_events_received_total", "source", "outcome") == {
        ("app", "accepted"): 1
    }


async def test_prometheus_may_ask_for_openmetrics(tmp_path):
    async with running(tmp_path) as host:
        text = await scrape(host, Accept="application/openmetrics-text; version=1.0.0")
    assert text.endswith("# EOF\n")


async def test_metrics_need_the_token_and_two_hosts_of_a_process_share_nothing(tmp_path):
    config = document()
    config["listen"]["administration"]["token"] = {"$secret": "TOKEN"}
    first, second = tmp_path / "1", tmp_path / "2"
    first.mkdir()
    second.mkdir()
    async with running(first, config) as host, running(second) as other:
        await other.send(track(1))
        await other.settled()
        async with httpx.AsyncClient(base_url=host.host.urls["administration"]) as client:
            assert (await client.get("/metrics")).status_code == 401
        text = await scrape(host, Authorization="Bearer t-admin")
    assert values_of(read_exposition(text), "dkit_delivery_attempts_total") == {}


INSTANCES = [f"instance-{number}" for number in range(50)]
SOURCES = [f"source-{number}" for number in range(50)]


class Config:
    """The part of a configuration that metrics read."""

    instances = dict.fromkeys(INSTANCES)
    sources = tuple(Source(name=name, write_keys=()) for name in SOURCES)


def report(name, action, code, status):
    """Return the report of an attempt that delivered, skipped and failed, by one action each."""
    failures = {"failures": [{"subscription": "s", "action": action, "code": code}]}
    results = (
        SubscriptionResult("s", action, Delivered()),
        SubscriptionResult("s", action, Skipped("no change")),
    )
    attempt = Attempt(result=EventResult(results), retry=failures, dead_letter=failures)
    taken = Taken(delivery=1, instance=name, source="w", body=b"{}", received_at=1.0, attempt=1)
    settlement = Settlement(delivery=1, status=status)
    return AttemptReport(
        taken=taken, live=None, settlement=settlement, attempt=attempt, seconds=0.1
    )


def test_fifty_instances_have_at_most_2000_series_however_odd_their_codes_are():
    stats = Stats(
        instances={
            name: InstanceStats(counts=dict.fromkeys(Status, 1), overdue=1.0) for name in INSTANCES
        }
    )
    budgets = [("destination", f"limit {n % 997}", n) for n in range(10**4)]
    metrics = Metrics(lambda: Reading(INSTANCES, stats, budgets))
    metrics.use_config(Config())
    for number in range(100):
        for name in INSTANCES:
            for status in (Status.WAITING, Status.PARKED):
                metrics.count_attempt(report(name, f"action-{number}", f"CODE_{number}", status))
    for source in [*SOURCES, "", "gone"]:
        metrics.count_receipt(Receipt(source=source, accepted=1, repeated=1, rejected=1, refused=1))
    text = metrics.render("")[0].decode()
    series = [line for line in text.splitlines() if not line.startswith("#")]
    assert 1500 < len(series) <= 2000
    assert 'source="gone"' not in text
    # What shares a series is counted all the same.
    shown = ("action", "code", "outcome")
    counted = values_of(
        read_exposition(text), "dkit_deliveries_total", *shown, instance="instance-7"
    )
    assert sum(counted.values()) == 100 * 2 * 4
    assert counted["other", "other", "dead"] > 100


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("TOO_MANY_REQUESTS", "TOO_MANY_REQUESTS"),
        ("404", "404"),
        ("", ""),
        ("u-17", "other"),
        ("ann@example.com", "other"),
        ("https://partner.example/x", "other"),
        ("4711815", "other"),
        ("ORDER_20261130", "other"),
        ("0B3E6D02-77AA-4B0C-9D0E-2B1F6B2C7A11", "other"),
        ("A" * 65, "other"),
    ],
)
def test_a_code_that_may_hold_an_id_is_not_shown(code, shown):
    limit = DeliveryLabelLimit()
    assert limit.fit(("partner", "post", "dead", code)) == ("partner", "post", "dead", shown)


def test_a_receipt_names_the_deliveries_of_kept_events_alone():
    event = NewEvent("web", b"{}", 1.0, [Route("a", refusal="no consent"), Route("b")], "m-1")
    receipt = create_receipt("web", [event, event], [], [True, False])
    assert (receipt.accepted, receipt.repeated) == (1, 1)
    assert [(kept.message_id, route.instance) for kept, route in receipt.skipped] == [("m-1", "a")]
