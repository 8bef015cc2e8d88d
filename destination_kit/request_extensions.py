"""What a destination adds to each request: `extend_request`, called and checked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from inspect import Parameter
from typing import Any, Final

from destination_kit._secrets import Secret, list_texts
from destination_kit._signatures import positional_parameters
from destination_kit.definitions import ExtendRequest, RequestExtension
from destination_kit.errors import RequestOptionsError
from destination_kit.hook_calls import take_in_time
from destination_kit.request_bodies import encode_credentials, replace_headers

_PUBLIC_HEADERS: Final = frozenset({"accept", "accept-language", "content-type", "user-agent"})


@dataclass(frozen=True, slots=True)
class Extension:
    """The headers and the query that a request gets, checked; `auth` is a header by now."""

    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    params: Mapping[str, str] = field(default_factory=dict, repr=False)

    def list_credentials(self) -> Iterator[str]:
        """Yield each value that is a credential, and what follows `Basic` or `Bearer` in it."""
        for name, value in self.headers.items():
            if name.lower() not in _PUBLIC_HEADERS:
                yield Secret(value)
                yield Secret(value.partition(" ")[2])
        yield from map(Secret, self.params.values())


Extend = Callable[[Any], Extension]
"""payload, None for a request of no single payload -> what the request gets."""


def compile_extension(extend: ExtendRequest, settings: Mapping[str, Any]) -> tuple[Extend, bool]:
    """Return an author's function for these settings, and whether it depends on the payload.

    It does where its second parameter has no default. The returned function raises what the
    author's function raises, and `RequestOptionsError` for what that must not return.
    """
    takes_payload = _takes_payload(extend)

    def extend_for(payload: Any) -> Extension:
        arguments = (settings, payload) if takes_payload else (settings,)
        return _read(extend(*arguments))

    return extend_for, takes_payload


def _takes_payload(extend: Callable[..., Any]) -> bool:
    _, payload, *_ = (*positional_parameters(extend), None, None)
    return payload is not None and payload.default is Parameter.empty


def _read(returned: Any) -> Extension:
    if not isinstance(returned, RequestExtension):
        return Extension(_check_texts(_to_dict(returned), "texts by header name"))
    headers = _check_texts(_to_dict(returned.headers), "texts by header name")
    if returned.auth is not None:
        added = {"authorization": encode_credentials(returned.auth)}
        headers = replace_headers(headers, added)
    params = {name: _to_text(value) for name, value in _to_dict(returned.params).items()}
    return Extension(headers, _check_texts(params, "texts or numbers by name of the query"))


def _to_dict(returned: Any) -> dict[Any, Any]:
    return dict(returned if type(returned) is dict else take_in_time(_iter_pairs(returned)))


def _iter_pairs(returned: Any) -> Iterator[tuple[Any, Any]]:
    yield from returned.items() if isinstance(returned, Mapping) else map(tuple, returned)


def _to_text(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return next(iter(list_texts(value)), None)


def _check_texts(pairs: dict[Any, Any], expected: str) -> dict[str, str]:
    if not all(isinstance(text, str) for pair in pairs.items() for text in pair):
        raise RequestOptionsError(f"extend_request must return {expected}")
    return pairs
