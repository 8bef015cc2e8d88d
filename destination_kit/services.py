"""Services of an open instance to its authors' functions: a logger, a cache, features, metrics."""

from __future__ import annotations

import logging
from collections.abc import Mapping, MutableMapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from destination_kit._redact import Redact, mask_json
from destination_kit.errors import describe_fault
from destination_kit.stores import MemoryStore, Store
from destination_kit.telemetry import SCOPE, Telemetry

if TYPE_CHECKING:
    from destination_kit._json import Json

#: Seconds that a value of a cache lasts where its author names no time.
CACHE_TTL: Final = 3600.0

logger = logging.getLogger("destination_kit")


class MaskingLogger(logging.LoggerAdapter[logging.Logger]):
    """A logger that masks the secrets of the instance in everything that it gets."""

    def __init__(self, name: str = SCOPE, redact: Redact = str) -> None:
        super().__init__(logging.getLogger(name), {})
        self._redact = redact

    def log(self, level: int, msg: object, *args: object, **options: Any) -> None:
        """Log a masked message; of an exception it shows the type and the place."""
        if not self.isEnabledFor(level):
            return
        text = _format(msg, args)
        # A traceback shows the text of the exception, which may quote a setting.
        error = _exception_of(options.pop("exc_info", None))
        if error:
            text = f"{text}: {describe_fault(error)}"
        options["stacklevel"] = options.get("stacklevel", 1) + 1
        super().log(level, "%s", self._redact(text), **options)

    def process(
        self, msg: Any, kwargs: MutableMapping[str, Any]
    ) -> tuple[Any, MutableMapping[str, Any]]:
        """Return the message, and its `extra` with the secrets masked."""
        extra = kwargs.get("extra")
        return msg, {**kwargs, "extra": mask_json(extra, self._redact)} if extra else kwargs


def _format(msg: object, args: tuple[object, ...]) -> str:
    if not args:
        return str(msg)
    try:
        # `logging` takes a single mapping as the values of names, too.
        return str(msg) % (args[0] if isinstance(args[0], Mapping) and len(args) == 1 else args)
    except (TypeError, ValueError, KeyError):  # a log must not fail the event
        return f"{msg} {args}"


def _exception_of(given: object) -> BaseException | None:
    if isinstance(given, BaseException):
        return given
    if isinstance(given, tuple):
        return given[1] if len(given) > 1 and isinstance(given[1], BaseException) else None
    from sys import exception

    return exception() if given else None


class Cache:
    """Values that every instance of an account remembers, each for a time.

    A store that cannot be read or written costs a request and no event: `get` returns None, `set`
    keeps nothing, and the log says so.
    """

    def __init__(self, store: Store | None = None, namespace: str = "") -> None:
        self._store = store or MemoryStore()
        self._namespace = namespace

    async def get(self, key: str) -> Json | None:
        """Return the value; None where there is none, or its time is over."""
        try:
            return await self._store.get(self._namespace + key)
        except Exception as error:  # noqa: BLE001 - the engine of a host may raise anything
            logger.warning("the cache cannot be read: it %s", describe_fault(error))
        return None

    async def set(self, key: str, value: Json, *, ttl: float = CACHE_TTL) -> None:
        """Keep a value for `ttl` seconds; raise `TypeError` for one that is not JSON."""
        try:
            await self._store.set(self._namespace + key, value, ttl=ttl)
        except TypeError:
            raise
        except Exception as error:  # noqa: BLE001 - the engine of a host may raise anything
            logger.warning("the cache keeps nothing: it %s", describe_fault(error))


class Metrics:
    """Counts and durations of an author, beside those of the kit.

    A metric `name` of a destination `slug` is `destination_kit.slug.name`. Attributes hold names
    and numbers, and no value of an event. Without telemetry nothing is counted.
    """

    def __init__(
        self, telemetry: Telemetry | None = None, slug: str = "", redact: Redact = str
    ) -> None:
        self._telemetry = telemetry
        self._slug = slug
        self._redact = redact

    def count(self, name: str, **attributes: str | int) -> None:
        """Add one to a counter."""
        if self._telemetry:
            self._telemetry.count(self._full(name), self._mask(attributes))

    def measure(self, name: str, seconds: float, **attributes: str | int) -> None:
        """Record a duration, in seconds."""
        if self._telemetry:
            self._telemetry.measure(self._full(name), seconds, self._mask(attributes))

    def span(self, name: str, **attributes: str | int) -> AbstractContextManager[object]:
        """Return a context manager that is entered for the time of a span."""
        if self._telemetry is None:
            return nullcontext()
        return self._telemetry.span(self._full(name), self._mask(attributes))

    def _full(self, name: str) -> str:
        return f"{SCOPE}.{self._slug}.{name}"

    def _mask(self, attributes: Mapping[str, str | int]) -> Mapping[str, str | int]:
        return {
            name: self._redact(value) if isinstance(value, str) else value
            for name, value in attributes.items()
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What an open instance offers to the functions of its destination."""

    #: A logger below `destination_kit` that masks the secrets of the instance.
    logger: MaskingLogger = field(default_factory=MaskingLogger)
    #: Switches of the host, from `open(features=...)`.
    features: Mapping[str, bool] = field(default_factory=dict)
    #: Values that the instances of an account remember, from `open(store=...)`.
    cache: Cache = field(default_factory=Cache)
    #: Counts and durations, beside those of the kit.
    telemetry: Metrics = field(default_factory=Metrics)
    #: The subscriptions of the instance, disabled ones too.
    subscriptions: tuple[Any, ...] = ()
