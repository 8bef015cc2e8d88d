"""Calls of plugins' hooks: on a thread of their own, with a limit of time and of records."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable
from time import monotonic
from typing import Generic, TypeVar

from destination_kit._json import LimitError, take

T = TypeVar("T")


class HookCall(Generic[T]):
    """A call of a plugin's hook that has begun.

    It runs on a daemon thread, which lets the process exit all the same.
    """

    def __init__(self, call: Callable[[], Iterable[T]]) -> None:
        self._call = call
        self._records: list[T] | None = None
        self._error: BaseException | None = None
        #: Whether the time of the call ran out.
        self.is_late = False
        self._thread = threading.Thread(
            target=self._run, name="destination_kit plugin", daemon=True
        )
        self._thread.start()

    def _run(self) -> None:
        try:
            # A hook may be a generator that hangs or has no end. If the caller iterated over it,
            # the limit of time would not apply.
            self._records = take(self._call())
        except BaseException as error:  # noqa: BLE001 - a thread cannot raise into its caller, so `wait` does
            self._error = error

    def wait(self, until: float, seconds: float) -> list[T]:
        """Return the records, or raise what the hook raised; by `until`, in monotonic seconds.

        Raises `TimeoutError` if the hook hangs; its message names the `seconds` of the limit.
        """
        self._thread.join(max(0.0, until - monotonic()))
        if self._error is not None:
            raise self._error
        if self._records is None:
            self.is_late = True
            self._end()
            message = f"it had not returned after {seconds:g} s"
            raise TimeoutError(message)
        return self._records

    def _end(self) -> None:
        """End the thread at its next step of Python code; one that waits ends after its wait.

        A loop that runs on would take processor time and memory from the host for ever.
        """
        # Under a debugger or coverage, CPython 3.11 stops every thread until the exception is
        # raised, which a thread that waits does only after its wait.
        if sys.gettrace() is not None or threading.gettrace() is not None:
            return
        try:
            import ctypes

            identifier = ctypes.c_ulong(self._thread.ident or 0)
            ctypes.pythonapi.PyThreadState_SetAsyncExc(identifier, ctypes.py_object(SystemExit))
        except (ImportError, AttributeError):
            return  # only CPython can raise in another thread; elsewhere it stays behind


def take_in_time(returned: Iterable[T], seconds: float = 5.0) -> list[T]:
    """Return the members of what an author's function returned, within limits of time and number.

    Raises what the iterable raises, and `LimitError`.
    """
    if type(returned) in (list, tuple):
        return list(returned)
    call = HookCall(lambda: returned)
    try:
        return call.wait(monotonic() + seconds, seconds)
    except TimeoutError as error:
        if call.is_late:
            raise LimitError(str(error)) from None
        raise
