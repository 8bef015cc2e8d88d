"""The Grafana dashboard: each of its queries shows something of a host that has worked."""

import asyncio
import json
import math
import re
from pathlib import Path
from time import monotonic

import promql_parser
import pytest

from host.tests.monitoring.exposition import LABELS, read_exposition, values_of
from host.tests.monitoring.promql import Scrapes, UnknownQueryError
from host.tests.running import running, scrape

DOCUMENT = json.loads(
    (Path(__file__).parents[3] / "docs" / "grafana-dashboard.json").read_text(encoding="utf-8")
)
#: What Grafana puts in the place of its variables, with "All" chosen.
VARIABLES = {"$__rate_interval": "5m", "$instance": ".*"}
QUERIES = [
    (panel["title"], target["expr"], target["legendFormat"])
    for panel in DOCUMENT["panels"]
    for target in panel["targets"]
]


def fill_in(query):
    for name, value in VARIABLES.items():
        query = query.replace(name, value)
    assert "$" not in query
    return query


def person(number, **traits):
    return {"type": "identify", "userId": f"u-{number}", "traits": traits}


async def scrape_with_dead(host, count):
    """Return the samples once they show so many dead letters: the gauges are half a second old."""
    async with asyncio.timeout(60):
        while True:
            samples = read_exposition(await scrape(host))
            if values_of(samples, "dkit_queue_deliveries", state="dead") == {(): count}:
                return samples
            await asyncio.sleep(0.05)


@pytest.fixture
async def scrapes(tmp_path, qualtrics):
    """Scrape a host twice: it has delivered, failed, rejected and refused in between, too."""
    async with running(tmp_path, **qualtrics) as host:

        async def work(first):
            good = (person(first + n, email=f"p{first + n}@example.com") for n in range(5))
            await host.send(*good, {"type": "track", "event": "Transaction Created"}, 5)
            await host.post("/v1/t", b"{}", key="wrong")
            await host.settled(6 + first // 10 * 6)

        await work(0)
        started = monotonic()
        first = read_exposition(await scrape(host))
        await work(10)
        second = await scrape_with_dead(host, 2)
        yield Scrapes(first, second, monotonic() - started)


async def test_each_query_has_a_value_for_each_label_of_its_legend(scrapes):
    assert len(QUERIES) > 15
    for title, query, legend in QUERIES:
        vector = scrapes.evaluate(fill_in(query))
        assert vector, title
        named = set(re.findall(r"{{(\w+)}}", legend))
        for labels, value in vector.items():
            assert {label for label, _ in labels} == named, title
            assert math.isfinite(value), title
            assert value >= 0, title


async def test_the_values_are_those_of_what_the_host_has_done(scrapes):
    failures = scrapes.evaluate(fill_in(query_of("Failures by code")))
    assert [dict(labels)["code"] for labels in failures] == ["PAYLOAD_VALIDATION_FAILED"]
    assert scrapes.evaluate(fill_in(query_of("Dead letters"))) == {frozenset(): 2}
    refused = scrapes.evaluate(fill_in(query_of("Refused events")))
    assert refused == {
        frozenset({("source", "(unknown)")}): 1.0,
        frozenset({("source", "web")}): 0.0,
    }
    [attempts] = scrapes.evaluate("sum(rate(dkit_delivery_attempts_total[5m]))").values()
    assert attempts * scrapes.seconds == pytest.approx(6)


def query_of(title):
    [query] = [found for name, found, _ in QUERIES if name == title]
    return query


def test_every_metric_has_a_panel():
    shown = "".join(query for _, query, _ in QUERIES)
    assert not [name for name in LABELS if name not in shown]


def test_the_variable_lists_the_instances_of_a_metric_that_every_host_has():
    [datasource, instance] = DOCUMENT["templating"]["list"]
    assert (datasource["type"], datasource["query"]) == ("datasource", "prometheus")
    assert instance["definition"] == "label_values(dkit_queue_deliveries, instance)"
    assert "instance" in LABELS["dkit_queue_deliveries"]
    sources = {
        target["datasource"]["uid"] for panel in DOCUMENT["panels"] for target in panel["targets"]
    }
    assert sources == {"${datasource}"}


def test_panels_have_a_place_of_their_own_and_a_description():
    taken = set()
    for panel in DOCUMENT["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        assert max(x for x, _ in cells) < 24
        assert panel["description"].endswith(".")
        taken |= cells
    assert len({panel["id"] for panel in DOCUMENT["panels"]}) == len(DOCUMENT["panels"])


@pytest.mark.parametrize(
    "query",
    [
        "dkit_nothing_total",
        'dkit_events_received_total{action="post"}',
        'dkit_events_received_total{outcome="lost"}',
        "sum by (code) (dkit_queue_deliveries)",
        "sum without (state) (dkit_queue_deliveries)",
        "deriv(dkit_queue_oldest_seconds[5m])",
    ],
)
def test_a_query_that_the_exposition_cannot_answer_is_found(query):
    samples = {
        (
            "dkit_events_received_total",
            frozenset({("source", "web"), ("outcome", "accepted")}),
        ): 1.0,
        ("dkit_queue_deliveries", frozenset({("instance", "a"), ("state", "dead")})): 1.0,
        ("dkit_queue_oldest_seconds", frozenset({("instance", "a")})): 1.0,
    }
    with pytest.raises(UnknownQueryError):
        Scrapes(samples, samples, 1.0).evaluate(query)


def test_a_query_with_a_slip_is_no_query():
    with pytest.raises(ValueError, match="parenthesis"):
        promql_parser.parse("sum by (instance (dkit_queue_deliveries)")
