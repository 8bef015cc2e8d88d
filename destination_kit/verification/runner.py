"""Runner of a verification: each check in turn, and the removal of what they have made."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from destination_kit.errors import DeliveryError, HTTPError
from destination_kit.verification.records import (
    Check,
    Exchange,
    Finding,
    Session,
    SessionOptions,
    UnsettledError,
    Verdict,
    Verification,
)
from destination_kit.verification.session import open_session

if TYPE_CHECKING:
    from destination_kit._json import Json
    from destination_kit.runtime import Instance

#: The signals that end the checks.
SIGNALS: Final = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationResult:
    """What a run has found, and what it has left at the partner."""

    findings: Sequence[Finding]
    #: A sentence with what to do for each thing that could not be removed.
    left: Sequence[str]
    #: The calls of the run.
    calls: int
    #: Whether a signal has ended the checks.
    interrupted: bool
    exchanges: Sequence[Exchange]


async def verify(
    instance: Instance, verification: Verification, options: SessionOptions
) -> VerificationResult:
    """Run each check, remove what they have made, and return what was found.

    A signal (SIGINT, SIGTERM, SIGHUP) ends the checks, and what they have made is removed all the
    same; a second one ends that too. Raises `PreparationError` where the run cannot begin.
    """
    session, client, transport = open_session(instance, options)
    findings: list[Finding] = []
    interrupted = False
    try:
        with _cancel_on_signals():
            try:
                await verification.prepare(session)
                await _run_checks(verification, session, findings)
            except asyncio.CancelledError:
                interrupted = True
                _uncancel()
            finally:
                await _clean_up(verification, session)
    finally:
        await client.aclose()
    return VerificationResult(
        findings=findings,
        left=[made.remedy for made in session.made],
        calls=transport.calls,
        interrupted=interrupted,
        exchanges=transport.exchanges,
    )


async def _run_checks(
    verification: Verification, session: Session, findings: list[Finding]
) -> None:
    for check in verification.checks:
        session.check = check
        session.options.on_check(check)
        finding = await _settle(check, session)
        findings.append(finding)
        session.options.on_finding(finding)


async def _settle(check: Check, session: Session) -> Finding:
    try:
        seen = await check.run(session)
    except UnsettledError as error:
        return Finding(check=check, verdict="unsettled", reason=str(error))
    except DeliveryError as error:
        return Finding(check=check, verdict="unsettled", reason=_describe_failure(error))
    except Exception as error:  # noqa: BLE001 - a response of a real partner may lack anything
        # The type alone is named, because the message may quote the response.
        reason = f"a response is not as documented ({type(error).__name__})"
        return Finding(check=check, verdict="unsettled", reason=reason)
    return Finding(check=check, verdict=_judge(check, seen), seen=seen)


def _judge(check: Check, seen: Json) -> Verdict:
    if check.expected.accepts is None:
        return "noted"
    return "holds" if check.expected.accepts(seen) else "differs"


def _describe_failure(error: DeliveryError) -> str:
    if isinstance(error, HTTPError):
        return f"a call was refused with status {error.status}"
    return f"a call failed: {error.code}"


async def _clean_up(verification: Verification, session: Session) -> None:
    """Remove what the run has made; what is left stays in `session.made`."""
    session.check, session.is_cleaning = None, True
    try:
        await verification.clean_up(session)
    except asyncio.CancelledError:
        _uncancel()
    except Exception:  # noqa: BLE001 - what is left is named at the end, with what to do about it
        return


def _uncancel() -> None:
    # Without this, the next `await` of this task would be cancelled again by `asyncio.timeout`,
    # which counts the cancellations of the task.
    task = asyncio.current_task()
    while task and task.cancelling():
        task.uncancel()


@contextmanager
def _cancel_on_signals() -> Iterator[None]:
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    with suppress(NotImplementedError, RuntimeError, ValueError):
        # Windows' event loops have no signal handlers, and a thread has none anywhere.
        for number in SIGNALS:
            loop.add_signal_handler(number, _cancel, task)
    try:
        yield
    finally:
        with suppress(NotImplementedError, RuntimeError, ValueError):
            for number in SIGNALS:
                loop.remove_signal_handler(number)


def _cancel(task: asyncio.Task[object] | None) -> None:
    if task:
        task.cancel()
