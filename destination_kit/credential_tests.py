"""Runs a destination's test of credentials, and masks what it returns or raises."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from destination_kit.auth_results import AuthResult, redact_auth_result
from destination_kit.author_calls import call_author
from destination_kit.errors import DeliveryError


async def run_test(
    test: Callable[[], Awaitable[AuthResult]], where: str, redact: Callable[[str], str]
) -> AuthResult:
    """Return the result of an author's test of credentials, in which no text shows a secret.

    Whatever the test raises is a result that is not `ok`. Of an exception that is none of the
    kit's, the message has the type and the place; `where` names the test.
    """

    async def run() -> AuthResult:
        # An author may quote the partner's response here, and a response can repeat the token.
        return redact_auth_result(await test(), redact)

    try:
        return await call_author(run, where, redact)
    except DeliveryError as error:
        return AuthResult(ok=False, message=str(error))
