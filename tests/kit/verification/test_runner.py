"""The runner settles each check, asks before writes, and removes what was made."""

import asyncio
import os
import signal

import pytest

from destination_kit import HTTPError, TransportError
from destination_kit.verification import PreparationError, UnsettledError
from tests.kit.dkit import TOKEN
from tests.kit.verification.conftest import API, check


def verdicts(outcome):
    return [(finding.verdict, finding.seen, finding.reason) for finding in outcome.findings]


async def test_an_answer_is_compared_with_what_is_expected(run, script):
    script.responses = {"GET /color": (200, {"color": "red"})}
    assert verdicts(await run()) == [("holds", "red", ""), ("holds", True, "")]
    script.responses = {"GET /color": (200, {"color": "blue"})}
    assert verdicts(await run())[0] == ("differs", "blue", "")


async def test_an_answer_that_is_not_relied_upon_is_noted(run):
    async def seven(_session):
        return 7

    assert verdicts(await run(check("seven", seven))) == [("noted", 7, "")]


async def _raise(error):
    raise error


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (UnsettledError("there is no second page"), "there is no second page"),
        (HTTPError(f"ann {TOKEN}", 503), "a call was refused with status 503"),
        (
            TransportError("ann", code="CONNECTION_FAILED", outcome_unknown=True),
            "a call failed: CONNECTION_FAILED",
        ),
        (KeyError("ann"), "a response is not as documented (KeyError)"),
        (TypeError("ann"), "a response is not as documented (TypeError)"),
        (RuntimeError("ann"), "a response is not as documented (RuntimeError)"),
    ],
)
async def test_a_check_without_an_answer_is_unsettled_and_quotes_nothing(run, error, reason):
    outcome = await run(check("broken", lambda _: _raise(error)))
    assert verdicts(outcome) == [("unsettled", None, reason)]


async def test_what_was_made_is_removed_after_the_checks(run, script):
    outcome = await run()
    assert (outcome.left, outcome.calls) == ([], 3)
    assert script.calls == ["GET /color", "POST /things", "DELETE /things"]


async def test_what_cannot_be_removed_is_named(run, script):
    script.responses = {"DELETE /things": (500, {})}
    outcome = await run()
    assert outcome.left == ["delete the thing"]


async def test_a_write_leaves_only_where_it_is_allowed(run, script):
    asked = []

    def refuse(check, call):
        asked.append((check.name, call))
        return False

    outcome = await run(approve=refuse)
    assert asked == [("thing", "POST /things")]
    assert "POST /things" not in script.calls
    assert outcome.findings[1].reason == "a write was not allowed"


async def test_the_query_of_a_write_is_not_shown(run):
    async def write(session):
        await session.context.http.post(f"{API}/hook?key=hidden", json={})

    asked = []
    await run(check("hook", write), approve=lambda _, call: bool(asked.append(call)))
    assert asked == ["POST /hook"]


async def test_the_limit_of_calls_ends_the_checks_but_not_the_removal(run, script):
    async def read_ten(session):
        for _ in range(10):
            await session.context.http.get(f"{API}/color")

    async def write_and_read(session):
        from tests.kit.verification.conftest import write

        await write(session)
        await read_ten(session)

    outcome = await run(check("many", write_and_read), max_calls=5)
    assert outcome.calls == 5
    assert script.calls[-1] == "DELETE /things"
    assert "--max-calls" in outcome.findings[0].reason


async def test_a_signal_ends_the_checks(run, script):
    async def interrupt(session):
        os.kill(os.getpid(), signal.SIGINT)
        await asyncio.sleep(5)

    from tests.kit.verification.conftest import write

    outcome = await run(check("thing", write), check("interrupt", interrupt), check("thing", write))
    assert outcome.interrupted
    assert len(outcome.findings) == 1
    assert (outcome.left, script.calls) == ([], ["POST /things", "DELETE /things"])


async def test_a_run_that_cannot_begin_makes_nothing(run, script):
    async def refuse(_session):
        raise PreparationError("no such room")

    with pytest.raises(PreparationError, match="no such room"):
        await run(parts={"prepare": refuse})
    assert script.calls == []


async def test_an_exchange_shows_no_token(run, script):
    script.responses = {"GET /color": (200, {"color": f"the token is {TOKEN}"})}
    outcome = await run()
    assert TOKEN not in str(outcome.exchanges[0].response)
    assert TOKEN not in str(outcome.findings[0].seen)
