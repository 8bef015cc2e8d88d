"""What an author's function raises outside of a delivery shows no secret."""

import asyncio
import logging
import traceback

import pytest

from destination_kit import HTTPError, IntegrationError, PayloadValidationError, Problem
from destination_kit._redact import compile_redactor
from destination_kit.author_calls import AuthorFaultError, call_author

SECRET = "tok-3n9-distinct"
REDACT = compile_redactor([SECRET])


def refused():
    error = PayloadValidationError(f"no {SECRET}")
    error.problems = (Problem("/a", "X", f"{SECRET} is wrong"),)
    return error


@pytest.mark.parametrize(
    "error",
    [
        IntegrationError(f"no rooms for {SECRET}", f"NO_{SECRET}", 404),
        HTTPError(f"GET https://x?key={SECRET} answered 500", 500, {"sent": [SECRET]}),
        refused(),
    ],
)
async def test_an_exception_of_the_kit_keeps_its_type_and_shows_no_secret(error):
    async def fail():
        raise error from KeyError(SECRET)

    with pytest.raises(type(error)) as caught:
        await call_author(fail, "a function", REDACT)
    shown = "".join(traceback.format_exception(caught.value))
    assert "[secret]" in str(caught.value)
    assert SECRET not in f"{shown} {vars(caught.value)}"


async def test_any_other_exception_is_described_and_logged_by_type_and_place(caplog):
    async def fail():
        raise KeyError(SECRET)

    with (
        caplog.at_level(logging.ERROR, "destination_kit"),
        pytest.raises(AuthorFaultError) as caught,
    ):
        await call_author(fail, "acme/add: the function", REDACT)
    error, [record] = caught.value, caplog.records
    assert str(error).startswith("acme/add: the function raised KeyError (test_author_calls.py, ")
    assert record.getMessage() == str(error)
    assert (error.code, error.remedy, error.retryable) == ("UNKNOWN_ERROR", "code", False)
    assert SECRET not in "".join(traceback.format_exception(error)) + caplog.text


async def test_only_a_cancellation_of_the_caller_ends_it():
    async def cancel_itself():
        raise asyncio.CancelledError

    with pytest.raises(AuthorFaultError, match="raised CancelledError"):
        await call_author(cancel_itself, "a function", REDACT)
    task = asyncio.create_task(call_author(asyncio.Event().wait, "a function", REDACT))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
