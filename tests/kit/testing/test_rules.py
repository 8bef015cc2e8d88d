"""Each rule for destinations is broken by one, which is told so; the sound ones keep all."""

import httpx
import pytest

from destination_kit import Failed
from destination_kit.testing import check_destination, find_problems
from destination_kit.testing.partner import sent_body
from tests.kit.broken import BATCHING, BROKEN, SOUND, URL, having
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
