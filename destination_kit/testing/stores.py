"""Contract of a store: what every engine behind `open(store=...)` must do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from destination_kit._json import Json
from destination_kit.stores import Store

_TTL: Final = 0.2
_VALUES: Final[tuple[Json, ...]] = ("text", 0, 1.5, False, [1, [2]], {"a": {"b": [None, "ü"]}}, "")


async def check_store(create: Callable[[], Store]) -> None:
    """Check an engine; raise `AssertionError` with the rule that it breaks.

    `create` returns an empty store, a new one at each call. The check takes about a second.
    """
    for rule in (_values, _copies, _ends, _locks, _lock_after_error, _no_json):
        await rule(create())


def _expect(*, holds: bool, rule: str) -> None:
    if not holds:
        raise AssertionError(rule)


async def _values(store: Store) -> None:
    _expect(holds=await store.get("a") is None, rule="an unknown key has the value None")
    for value in _VALUES:
        await store.set("a", value)
        _expect(holds=await store.get("a") == value, rule=f"{value!r} comes back as it was set")
    await store.set("b c/ü:", 2)
    _expect(holds=await store.get("a") == "", rule="a key has a value of its own")
    await store.delete("a")
    await store.delete("a")
    _expect(holds=await store.get("a") is None, rule="a deleted key has the value None")
    _expect(holds=await store.get("b c/ü:") == 2, rule="`delete` removes one key")  # noqa: PLR2004 - the value that was set


async def _copies(store: Store) -> None:
    value = {"a": [1]}
    await store.set("a", value)
    value["a"].append(2)
    got = await store.get("a")
    _expect(holds=got == {"a": [1]}, rule="`set` keeps a copy")
    if isinstance(got, dict):
        got["b"] = 1
    _expect(holds=await store.get("a") == {"a": [1]}, rule="`get` returns a copy")


async def _ends(store: Store) -> None:
    await store.set("short", 1, ttl=_TTL)
    await store.set("longer", 1, ttl=_TTL)
    await store.set("longer", 2)
    _expect(holds=await store.get("short") == 1, rule="a value lasts as long as its ttl")
    await asyncio.sleep(2 * _TTL)
    _expect(holds=await store.get("short") is None, rule="a value ends after its ttl")
    _expect(holds=await store.get("longer") == 2, rule="a new value ends the old ttl")  # noqa: PLR2004 - the value that was set


async def _locks(store: Store) -> None:
    inside: list[str] = []

    async def count() -> None:
        async with store.lock("a"):
            inside.append("in")
            _expect(holds=len(inside) == 1, rule="one caller at a time holds a lock")
            value = await store.get("count") or 0
            await asyncio.sleep(0.01)
            await store.set("count", value + 1 if isinstance(value, int) else 1)
            inside.clear()

    await asyncio.gather(*(count() for _ in range(5)))
    _expect(holds=await store.get("count") == 5, rule="a lock protects what it encloses")  # noqa: PLR2004 - as many as counted
    async with store.lock("a"), asyncio.timeout(5), store.lock("b"):
        pass


async def _lock_after_error(store: Store) -> None:
    waiting = asyncio.Event()

    async def wait() -> None:
        waiting.set()
        async with store.lock("a"):
            pass

    try:
        async with store.lock("a"):
            task = asyncio.create_task(wait())
            await waiting.wait()
            await asyncio.sleep(0.02)
            task.cancel()
            await asyncio.wait([task])
            raise LookupError  # noqa: TRY301 - the error has to leave the lock
    except LookupError:
        pass
    async with asyncio.timeout(5), store.lock("a"):
        pass  # a `TimeoutError` here means that an error or a cancelled caller keeps the lock


async def _no_json(store: Store) -> None:
    try:
        await store.set("a", object())  # type: ignore[arg-type] # what the rule is about
    except TypeError:
        return
    raise AssertionError("a value that is not JSON is a TypeError")
