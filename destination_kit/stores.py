"""Stores: what outlives one delivery, such as refreshed tokens and an author's cache.

A store maps a text to a JSON value. `MemoryStore` lasts as long as its process, `FileStore` as long
as its file. A host with a database brings an engine of its own, which passes
`destination_kit.testing.check_store`.
"""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from threading import Lock
from time import time
from typing import Any, Final, Protocol, TypeAlias, TypeVar

from destination_kit._json import Json

_T = TypeVar("_T")
#: The default bound of a store: the bytes of its keys and values, as JSON.
MAX_BYTES: Final = 16_000_000
#: Mode of the file, which holds tokens.
_OWNER_ONLY: Final = 0o600
# A lock may be held for the time of a request, so a waiting caller looks again after a moment.
_FIRST_LOOK: Final = 0.005
_LONGEST_PAUSE: Final = 0.1


class StoreFullError(ValueError):
    """A value does not fit into the bound of a store, even without what may be forgotten."""


class StoreFileError(ValueError):
    """A file holds no store, so that the kit neither reads nor replaces it."""


class Store(Protocol):
    """Values by key. Several tasks, threads and event loops may use one store at a time."""

    async def get(self, key: str) -> Json | None:
        """Return a copy of the value; None where there is none, or its time is over."""
        ...

    async def set(self, key: str, value: Json, *, ttl: float | None = None) -> None:
        """Keep a copy of a value for `ttl` seconds; without `ttl` until it is deleted.

        A full store forgets values with a `ttl`, the oldest first, and none without. Raises
        `StoreFullError` where that makes too little room, `TypeError` for a value that is not JSON.
        """
        ...

    async def delete(self, key: str) -> None:
        """Remove a value; without one do nothing."""
        ...

    def lock(self, key: str) -> AbstractAsyncContextManager[None]:
        """Return a context manager that one caller at a time is in, of all that use the store.

        It keeps no other caller from `get`, `set` and `delete`.
        """
        ...


_Entries: TypeAlias = dict[str, tuple[str, float | None]]
"""key -> (value as JSON, when its time is over or None), in the order in which they were set."""


def _encode(value: Json) -> str:
    return json.dumps(value, default=_to_dict, separators=(",", ":"))


def _to_dict(value: object) -> dict[Any, Any]:
    if isinstance(value, Mapping):
        return dict(value)
    msg = f"a store keeps JSON values, not a {type(value).__name__}"
    raise TypeError(msg)


def _read(entries: _Entries, key: str, now: float) -> Json | None:
    text, until = entries.get(key, ("null", None))
    if until is not None and until <= now:
        return None
    value: Json = json.loads(text)
    return value


def _size(key: str, text: str) -> int:
    return len(key) + len(text)


def _put(entries: _Entries, key: str, text: str, until: float | None, limits: _Limits) -> None:
    """Add an entry, and make room for it."""
    old = entries.pop(key, None)
    total = sum(_size(name, value) for name, (value, _) in entries.items()) + _size(key, text)
    now = limits.clock()
    # A token that is lost can cost a person a new consent, and a cached value only a request.
    forgettable = [name for name, (_, end) in entries.items() if end is not None]
    forgettable.sort(key=lambda name: (entries[name][1] or 0.0) > now)
    dropped: list[str] = []
    for name in forgettable:
        if total <= limits.max_bytes:
            break
        total -= _size(name, entries[name][0])
        dropped.append(name)
    if total > limits.max_bytes:
        if old:
            entries[key] = old
        msg = f"the store is full: {limits.max_bytes:,} bytes hold no further {len(text):,}"
        raise StoreFullError(msg)
    for name in dropped:
        del entries[name]
    entries[key] = text, until


class _Limits:
    """The bound of a store, and its clock."""

    __slots__ = ("clock", "max_bytes")

    def __init__(self, max_bytes: int, clock: Callable[[], float]) -> None:
        self.max_bytes = max_bytes
        self.clock = clock

    def end_of(self, ttl: float | None) -> float | None:
        return None if ttl is None else self.clock() + ttl


class MemoryStore:
    """A `Store` in memory. It holds at most `max_bytes` of keys and values."""

    def __init__(self, *, max_bytes: int = MAX_BYTES, clock: Callable[[], float] = time) -> None:
        self._limits = _Limits(max_bytes, clock)
        self._entries: _Entries = {}
        self._guard = Lock()
        self._held: set[str] = set()

    async def get(self, key: str) -> Json | None:
        """Return a copy of the value, see `Store`."""
        with self._guard:
            return _read(self._entries, key, self._limits.clock())

    async def set(self, key: str, value: Json, *, ttl: float | None = None) -> None:
        """Keep a copy of a value, see `Store`."""
        text = _encode(value)
        with self._guard:
            _put(self._entries, key, text, self._limits.end_of(ttl), self._limits)

    async def delete(self, key: str) -> None:
        """Remove a value, see `Store`."""
        with self._guard:
            self._entries.pop(key, None)

    @asynccontextmanager
    async def lock(self, key: str) -> AsyncIterator[None]:
        """Hold a key, see `Store`."""
        # An `asyncio.Lock` belongs to one event loop, and a catalog may serve several.
        await _wait_until(lambda: self._try_hold(key))
        try:
            yield
        finally:
            with self._guard:
                self._held.discard(key)

    def _try_hold(self, key: str) -> bool:
        with self._guard:
            if key in self._held:
                return False
            self._held.add(key)
            return True


async def _wait_until(attempt: Callable[[], bool]) -> None:
    import asyncio  # the front door must stay light, and stores come with it

    pause = _FIRST_LOOK
    while not attempt():
        await asyncio.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)


async def _in_thread(function: Callable[..., _T], *arguments: object) -> _T:
    import asyncio

    return await asyncio.to_thread(function, *arguments)


class FileStore:
    """A `Store` in one JSON file, which only its owner may read (mode 0600).

    Each change replaces the file as a whole, so that a crash leaves the old one or the new one.
    Several processes may use the file at a time; they wait for each other at lock files beside it.
    Windows has no such locks, so one process alone may use it there. Raises `StoreFileError` where
    the file holds something else.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        max_bytes: int = MAX_BYTES,
        clock: Callable[[], float] = time,
    ) -> None:
        # `os.replace` would replace a link by a file.
        self._path = Path(path).resolve()
        self._limits = _Limits(max_bytes, clock)
        self._load()

    async def get(self, key: str) -> Json | None:
        """Return the value, see `Store`."""
        entries = await _in_thread(self._load)
        return _read(entries, key, self._limits.clock())

    async def set(self, key: str, value: Json, *, ttl: float | None = None) -> None:
        """Keep a value, see `Store`; it is on the disk afterwards. Raises `OSError`."""
        text, until = _encode(value), self._limits.end_of(ttl)
        await _in_thread(
            self._change, lambda entries: _put(entries, key, text, until, self._limits)
        )

    async def delete(self, key: str) -> None:
        """Remove a value, see `Store`. Raises `OSError`."""
        await _in_thread(self._change, lambda entries: entries.pop(key, None))

    @asynccontextmanager
    async def lock(self, key: str) -> AsyncIterator[None]:
        """Hold a key, see `Store`. The lock ends with the process, however that ends."""
        held: list[int] = []
        path = self._lock_path(sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:16])
        await _wait_until(lambda: _try_lock(path, held))
        try:
            yield
        finally:
            _unlock(path, held.pop())

    def _lock_path(self, name: str) -> Path:
        return self._path.with_name(f".{self._path.name}.{name}.lock")

    def _load(self) -> _Entries:
        try:
            document = json.loads(self._path.read_bytes() or b"{}")
            return {key: (_encode(value), end) for key, [value, end] in document.items()}
        except FileNotFoundError:
            return {}
        except (ValueError, TypeError, AttributeError, RecursionError):
            msg = f"{self._path} is no store: name another file, or remove it"
            raise StoreFileError(msg) from None

    def _change(self, change: Callable[[_Entries], object]) -> None:
        with _locked(self._lock_path("data")):
            entries = self._load()
            change(entries)
            self._write(entries)

    def _write(self, entries: _Entries) -> None:
        import tempfile

        document = {key: [json.loads(text), end] for key, (text, end) in entries.items()}
        folder, name = self._path.parent, f".{self._path.name}."
        # `mkstemp` makes a file with mode 0600.
        descriptor, temporary = tempfile.mkstemp(prefix=name, suffix=".new", dir=folder)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(document, file)
                file.flush()
                # Without it a power cut can leave an empty file under the new name.
                os.fsync(file.fileno())
            os.replace(temporary, self._path)  # noqa: PTH105 - `Path.replace` says the same, longer
        except BaseException:
            with suppress(OSError):
                os.unlink(temporary)  # noqa: PTH108 - the same
            raise


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    held: list[int] = []
    while not _try_lock(path, held, is_blocking=True):
        pass
    try:
        yield
    finally:
        _unlock(path, held.pop())


def _try_lock(path: Path, held: list[int], *, is_blocking: bool = False) -> bool:
    """Lock a file and append its descriptor to `held`; return False where another caller has it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), _OWNER_ONLY)
    try:
        if _flock(descriptor, is_blocking=is_blocking) and _is_file(path, descriptor):
            held.append(descriptor)
            return True
    finally:
        if descriptor not in held:
            os.close(descriptor)
    return False


def _flock(descriptor: int, *, is_blocking: bool) -> bool:
    try:
        import fcntl
    except ImportError:  # Windows has no such locks
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if is_blocking else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    except OSError:
        return True  # some network file systems have no locks
    return True


def _is_file(path: Path, descriptor: int) -> bool:
    # The holder before removed the file. A lock on what it removed would keep no one out.
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _unlock(path: Path, descriptor: int) -> None:
    with suppress(OSError):
        path.unlink()
    os.close(descriptor)
