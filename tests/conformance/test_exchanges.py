"""Wire conformance: recorded exchanges of the reference, and faults that the comparison has to find."""

from __future__ import annotations

import re
from dataclasses import replace

import httpx
import pytest

from destination_kit import Action, AudienceDetails, Failed, IntegrationError
from destination_kit.testing import check_destination
from tests.conformance.exchanges import golden, run, sides
from tests.conformance.exchanges.comparison import Tally, Verdict, judge
from tests.conformance.exchanges.differences import rows_of_differences
from tests.conformance.exchanges.prescription import Delivery, EndedError
from tests.conformance.exchanges.records import Ending, SentRequest
from tests.conformance.exchanges.script import ScriptedPartner

PORTS = QUALTRICS, SLACK, WEBHOOK = [run.load_port(run.ROOT / file) for file in run.PORTS]
ACTIONS = [(port, action) for port in PORTS for action in port.makers]
IDS = [f"{port.reference}-{action}" for port, action in ACTIONS]


@pytest.fixture(scope="module")
def recorded():
    """Return name of the port and action -> its recordings, each with the verdict of today."""
    found = {}
    for name, (port, action) in zip(IDS, ACTIONS, strict=True):
        recordings = golden.read_recordings(port, action)
        found[name] = [*zip(recordings, golden.judged(port, recordings), strict=True)]
    return found


@pytest.mark.parametrize(("port", "action"), ACTIONS, ids=IDS)
def test_the_recorded_exchanges_of_the_reference_are_ours(recorded, port, action):
    tally = Tally()
    for (case, _), (_, verdict) in recorded[f"{port.reference}-{action}"]:
        tally.add(case, verdict)
    assert tally.holds, run.as_text(port, action, tally)


def test_the_recordings_show_the_rows_about_requests(recorded):
    rows = {row for each in recorded.values() for _, (_, verdict) in each for row in verdict.rows}
    assert rows <= {*rows_of_differences("DHQ"), *SLACK.rows, *WEBHOOK.rows}
    assert rows >= {"D4", "D10", "H1", "H2", "H3", "H4", "H5", *SLACK.rows, *WEBHOOK.rows}
    numbers = (*range(1, 12), 13, 16, 18, 19, 26, 28, 34, 35, 38, 39, 40)
    assert rows >= {f"Q{number}" for number in numbers}


def with_function(port, action, wrap):
    """Return a port whose destination has a wrapped `perform`, `perform_batch` or audience function."""
    destination = port.destination
    if action in destination.actions:
        original = destination.actions[action]
        changed = replace(original, perform=wrap(original.perform), perform_batch=None)
        return replace(port, destination=with_action(destination, action, changed))
    if action == "send-batch":
        original = destination.actions["send"]
        changed = replace(original, perform_batch=wrap(original.perform_batch))
        return replace(port, destination=with_action(destination, "send", changed))
    name = {"createAudience": "create_audience", "getAudience": "get_audience"}[action]
    wrapped = {name: wrap(getattr(destination.audience, name))}
    audience = replace(destination.audience, **wrapped)
    return replace(port, destination=replace(destination, audience=audience))


def with_action(destination, slug, action):
    return replace(destination, actions={**destination.actions, slug: action})


class Redirecting:
    """An HTTP client that changes what a destination requests."""

    def __init__(self, http, url=str, **headers):
        self._http, self._url, self._headers = http, url, headers

    def request(self, method, url, *, headers=None, **options):
        sent = {**(headers or {}), **self._headers}
        return self._http.request(method, self._url(url), headers=sent, **options)

    def post(self, url, **options):
        return self.request("POST", url, **options)


def with_http(port, action, url=str, **headers):
    def wrap(original):
        async def redirect(context, asked):
            http = Redirecting(context.http, url, **headers)
            return await original(replace(context, http=http), asked)

        return redirect

    return with_function(port, action, wrap)


def wrong_header(port, action):
    return with_http(port, action, **{"X-API-TOKEN": "another"})


def wrong_type(port, action):
    return with_http(port, action, **{"content-type": "text/plain"})


def wrong_path(port, action):
    return with_http(port, action, lambda url: re.sub("(://[^/]+/)", r"\1other/", url))


def changed(asked):
    """Return a payload, several of them, or an audience, that make another body."""
    if isinstance(asked, AudienceDetails):
        return replace(asked, name="another", external_id="another")
    if not isinstance(asked, dict):
        return [*map(changed, asked)]
    names = {"extRef": "ada", "mailingListId": "CG_0", "text": "x", "eventPayload": {"a": 1}}
    if "method" in asked:
        return {**asked, "data": {"another": 1}}
    shown = {name for name in names if name in asked or "directoryId" in asked}
    return {**asked, **{name: names[name] for name in shown}}


def wrong_field(port, action):
    def wrap(original):
        async def change(context, asked):
            return await original(context, changed(asked))

        return change

    return with_function(port, action, wrap)


@pytest.mark.slow
@pytest.mark.parametrize(("port", "action"), ACTIONS, ids=IDS)
@pytest.mark.parametrize(
    ("fault", "attribute"),
    [
        (wrong_header, "token"),
        (wrong_type, "content_type"),
        (wrong_path, "url"),
        (wrong_field, "body"),
    ],
)
def test_a_seeded_fault_is_found_in_every_request(recorded, port, action, fault, attribute):
    same = [
        recording
        for recording, (ours, verdict) in recorded[f"{port.reference}-{action}"]
        if verdict.kind == "same" and ours.requests
    ]
    tally = golden.judge_recordings(fault(port, action), same)
    assert tally.kinds["different"] == len(same) >= 10
    assert all(f", {attribute}: " in why for _, why in tally.differences)


@pytest.mark.parametrize(("port", "action"), ACTIONS, ids=IDS)
def test_a_failure_that_is_hidden_is_found(port, action):
    def wrap(original):
        async def hide(context, asked):
            try:
                return await original(context, asked)
            except IntegrationError:
                if isinstance(asked, AudienceDetails):
                    return "made-up"
                return None if isinstance(asked, dict) else [None] * len(asked)
            except Exception as error:
                raise IntegrationError("gone", "GONE", 400) from error

        return hide

    forged = with_function(port, action, wrap)
    tally = golden.judge_recordings(forged, golden.read_recordings(port, action))
    assert any("ending: " in why for _, why in tally.differences)


def test_where_a_row_applies_nothing_else_passes(recorded):
    everything = recorded["qualtrics-upsertContactTransaction"]
    chosen = [each for each in everything if each[1][1].kind == "chosen"]
    assert len(chosen) > 20
    more = SentRequest("GET", "https://iad1.qualtrics.com/API/v3/whoami", "t", None, "")
    for (case, answer), (ours, _) in chosen:
        theirs, payload = sides.read_reference(answer), answer["payload"]
        forged_ending = replace(ours, ending=replace(ours.ending, code="FORGED"))
        for forged in (forged_ending, replace(ours, requests=(*ours.requests, more))):
            assert judge(QUALTRICS, case, theirs, forged, payload).kind == "different"


def test_a_port_that_describes_another_reference_is_found():
    def deliver(delivery, payload):
        delivery.request("POST", "https://iad1.qualtrics.com/other", {})

    forged = replace(QUALTRICS, deliveries=dict.fromkeys(QUALTRICS.deliveries, deliver))
    recordings = golden.read_recordings(QUALTRICS, "addContactToXmd")
    tally = golden.judge_recordings(forged, recordings)
    assert any("describes another reference" in why for _, why in tally.differences)


def test_without_a_third_that_is_the_same_a_comparison_does_not_hold():
    tally = Tally()
    tally.kinds.update({"same": 1, "chosen": 2})
    assert tally.holds
    tally.add({}, Verdict("chosen", frozenset({"H1"})))
    assert not tally.holds
    assert "less than a third" in run.as_text(QUALTRICS, "addContactToXmd", tally)


def test_a_difference_without_a_row_does_not_hold():
    tally = Tally()
    tally.kinds.update({"same": 100})
    tally.add({"id": "x"}, Verdict("different", why="request 0, url: …"))
    assert not tally.holds
    assert "request 0, url" in run.as_text(QUALTRICS, "addContactToXmd", tally)


def test_without_node_a_sentence_says_so(monkeypatch, capsys):
    monkeypatch.setenv("PATH", "")
    assert run.main(["COUNT=1"]) == 2
    assert "needs Node" in capsys.readouterr().err


def test_the_same_seed_makes_the_same_cases():
    for port, action in ACTIONS:
        once, again = (list(run.make_cases(port, action, 3, 5)) for _ in range(2))
        assert once == again
        assert once != list(run.make_cases(port, action, 3, 6))


def test_a_scripted_partner_answers_by_method_path_and_filters():
    found, other = ({"status": 200, "headers": {}, "body": name} for name in ("found", "other"))
    rules = [
        {"method": "POST", "path": "/search", "filters": ["email"], "answers": [found]},
        {"method": "POST", "path": "/search", "answers": [other, found]},
    ]
    partner = ScriptedPartner(rules)

    def ask(method, url, filter_type="email"):
        body = f'{{"filter":{{"filterType":"{filter_type}"}}}}'
        return partner.answer(SentRequest(method, url, None, None, body))

    assert ask("POST", "https://a.example/search?x=1") == found
    assert [ask("POST", "https://a.example/search", "phone") for _ in range(3)] == [
        other,
        found,
        found,
    ]
    assert ask("GET", "https://a.example/search")["status"] == 404
    assert partner.used_rules == {0, 1}


@pytest.mark.parametrize(
    ("fails", "error"), [("timeout", httpx.ReadTimeout), ("ECONNREFUSED", httpx.ConnectError)]
)
async def test_a_partner_that_fails_raises_what_the_network_does(fails, error):
    partner = ScriptedPartner([{"method": "GET", "path": "", "answers": [{"fails": fails}]}])
    with pytest.raises(error):
        await partner.handle_async_request(httpx.Request("GET", "https://a.example/"))


def test_a_delivery_departs_only_where_it_may():
    case = {"settings": {"subscriptions": [{"mapping": {}}]}, "script": []}
    reference = Delivery(case, departing=False, has_rate_limits=False)
    ours = Delivery(case, departing=True, has_rate_limits=False)
    for delivery, ending in ((reference, "give up"), (ours, "settings")):
        with pytest.raises(EndedError) as ended:
            delivery.request("POST", "https://a.example/")
        assert ended.value.ending == Ending("failed", "NOT_FOUND", ending)
    assert (reference.rows, ours.rows) == (set(), {"H2"})


def test_slack_keeps_the_rules_of_destinations():
    values = {"url": ["https://hooks.slack.com/services/T0/B0/x"]}
    assert isinstance(SLACK.destination.actions["postToChannel"], Action)
    check_destination(SLACK.destination, values=values)


def test_a_batch_whose_events_end_differently_is_found():
    """The reference gives the events of one call one ending, so ours may not differ either."""

    def wrap(original):
        async def fail_some(context, payloads):
            await original(context, payloads)
            failed = Failed("ODD", "the first event")
            return [failed, *([None] * (len(payloads) - 1))]

        return fail_some

    recordings = golden.read_recordings(WEBHOOK, "send-batch")
    several = [each for each in recordings if len(each[0]["events"]) > 1]
    tally = golden.judge_recordings(with_function(WEBHOOK, "send-batch", wrap), several)
    assert any("different: [" in why for _, why in tally.differences)


def test_the_id_that_an_audience_function_returns_is_compared():
    def wrap(original):
        async def shout(context, audience):
            return (await original(context, audience)).upper()

        return shout

    for function in ("createAudience", "getAudience"):
        recordings = golden.read_recordings(WEBHOOK, function)
        tally = golden.judge_recordings(with_function(WEBHOOK, function, wrap), recordings)
        assert any("EXT-1" in why for _, why in tally.differences)
