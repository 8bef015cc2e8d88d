"""Memoization of functions of short texts: a cache whose memory is bounded, not only its entries."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Final, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

# A URL or path that comes again is short. Of long ones, which an event can make, a thousand would
# fill a gigabyte.
_MAX_LENGTH: Final = 2_000


def cache_short_texts(max_entries: int) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Return a decorator that remembers results, unless an argument is a long text.

    The arguments must be positional and hashable. A function that raises is called again.
    """

    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        cached = lru_cache(max_entries)(function)

        @wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> T:
            for argument in args:
                if isinstance(argument, str) and len(argument) > _MAX_LENGTH:
                    return function(*args, **kwargs)
            return cached(*args, **kwargs)  # type: ignore[arg-type] # typeshed asks for Hashable

        return call

    return decorate
