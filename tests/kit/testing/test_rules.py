"""Each rule for destinations is broken by one, which is told so; the sound ones keep all."""

from dataclasses import replace
from itertools import combinations

import httpx
import pytest

from destination_kit import BatchLimits, Failed
from destination_kit.testing import check_destination, find_problems
from destination_kit.testing.partner import sent_body
from tests.conformance.exchanges import run
from tests.kit.broken import BATCHING, BROKEN, SOUND, URL, WITH_BATCH_KEYS, having
from tests.plugins.acme_webhook.acme_webhook import WEBHOOK


async def answers_by_number(context, payloads):
    response = await context.http.post(f"{URL}/batch", json=list(payloads))
    return [{"queued": number} for number, _ in enumerate(response.body)]


async def forgives_long_plans(context, payloads):
    response = await context.http.post(f"{URL}/batch", json=list(payloads))
    short = Failed("TOO_SHORT", "no")
    return [short if len(each.get("plan", "")) < 5 else each for each in response.body]


def echo(request):
    """Respond with what was sent, so that every payload has a result of its own."""
    return httpx.Response(200, json=sent_body(request))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    "destination", [SOUND, BATCHING, WEBHOOK], ids=["sound", "batching", "webhook"]
)
def test_a_sound_destination_keeps_the_rules(destination, seed):
    check_destination(destination, respond=echo, seed=seed)


def test_a_batch_may_have_other_bodies_than_its_payloads_alone():
    check_destination(having(perform_batch=answers_by_number), respond=echo)


def test_a_batch_has_the_outcomes_of_its_payloads_alone():
    problems = find_problems(having(perform_batch=forgives_long_plans), respond=echo)
    [problem] = [each for each in problems if each.code == "BATCH_LAW"]
    assert "TOO_SHORT (no), and by `perform` as delivered" in problem.message


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_destination_is_told_which_rule_where_and_how(name):
    destination, (place, code, sentence) = BROKEN[name]
    problems = find_problems(destination, respond=echo)
    told = [each for each in problems if (each.path, each.code) == (place, code)]
    assert any(sentence in each.message for each in told), problems
    strangers = {each.code for each in problems} - {code, *ECHOES.get(name, ())}
    assert not strangers, problems


# Where one fault breaks several rules.
ECHOES = {
    "a pattern that is none": ["format"],
    "a cancellation that becomes success": ["TIME_OUT"],
    "no end": ["CANCELLATION"],
    "a deadline that is forgotten": ["CANCELLATION"],
    "a request that is left behind": ["CANCELLATION", "TIME_OUT"],
}


def batching_by(limits, calls, **properties):
    """Return a destination that batches by keys, and notes the payloads of its calls."""

    async def perform_batch(context, payloads):
        calls.append(payloads)
        response = await context.http.post(f"{URL}/batch", json=list(payloads))
        return response.body

    fields = {**having().actions["add"].fields, "properties": {**WITH_BATCH_KEYS, **properties}}
    return having(perform_batch=perform_batch, fields=fields, batch=limits)


def differing(one, other):
    return {name for name in {*one, *other} if one.get(name) != other.get(name)}


def test_payloads_that_differ_in_a_batch_key_alone_are_sent():
    calls = []
    destination = batching_by(BatchLimits(keys=("plan", "list")), calls)
    check_destination(destination, respond=echo)
    payloads = [(number, payload) for number, call in enumerate(calls) for payload in call]
    apart = [
        differing(one, other)
        for (first, one), (second, other) in combinations(payloads, 2)
        if first != second
    ]
    assert apart.count({"plan"}) > 3
    assert apart.count({"list"}) > 3
    together = [differing(*pair) for call in calls for pair in combinations(call, 2)]
    assert [] in [[*names] for names in together]
    assert not [names for names in together if names & {"plan", "list"}]


def test_a_call_of_payloads_that_differ_in_a_declared_key_alone_is_found():
    calls = []
    problems = find_problems(batching_by(BatchLimits(keys=("list",)), calls), respond=echo)
    assert [(problem.path, problem.code) for problem in problems] == [
        ("/actions/add/batch/keys", "BATCH_KEYS")
    ]
    mixed = [differing(*pair) for call in calls for pair in combinations(call, 2)]
    assert {"plan"} in mixed


def test_a_key_with_one_value_is_compared_with_the_limits_alone():
    only = {"type": "string", "enum": ["gold"]}
    destination = batching_by(BatchLimits(), [], plan=only)
    fields = {**destination.actions["add"].fields, "required": ["email", "plan"]}
    action = replace(destination.actions["add"], fields=fields)
    problems = find_problems(replace(destination, actions={"add": action}), respond=echo)
    assert [problem.code for problem in problems].count("BATCH_KEYS") == 1


@pytest.mark.parametrize("missing", ["url", "method", "headers"])
def test_webhook_audiences_without_one_of_its_batch_keys_breaks_the_rule(missing):
    destination = run.load_port(
        run.ROOT / "tests/plugins/webhook_audiences/exchanges.py"
    ).destination
    send = destination.actions["send"]
    keys = tuple(name for name in send.batch.keys if name != missing)
    mistaken = replace(send, batch=BatchLimits(keys=keys))
    values = {"url": ["https://one.example/a", "https://two.example/b"]}
    for action, found in ((send, []), (mistaken, ["/actions/send/batch/keys"])):
        changed = replace(destination, actions={"send": action})
        problems = find_problems(changed, respond=echo, values=values)
        told = [problem for problem in problems if problem.code == "BATCH_KEYS"]
        assert [problem.path for problem in told] == found
        assert all(f"names {missing!r}" in problem.message for problem in told)
