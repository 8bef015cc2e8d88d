"""Connections of httpx that are not used again where bytes are unread.

httpcore looks at the socket before it uses a connection again, but not at what has been read from
it already: a second response in the same packet becomes the response to the next request.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx


async def close_if_unread(response: httpx.Response) -> None:
    """Close the connection of a response that has been read, unless it surely holds no more bytes.

    httpcore then opens a new one for the next request. Streams of HTTP/2 have numbers, so no
    response of theirs can be mistaken for another.
    """
    network_stream = response.extensions.get("network_stream")
    if network_stream is None or response.extensions.get("http_version") == b"HTTP/2":
        return
    with suppress(AttributeError):  # no attribute below is public: another version may lack one
        if _is_drained(response.stream, network_stream):
            return
    await network_stream.aclose()


def _is_drained(response_stream: Any, network_stream: Any) -> bool:
    # The ways to h11's parser and to anyio's streams, in httpx 0.28, httpcore 1.0 and anyio 4.
    parser = response_stream._httpcore_stream._stream._connection._h11_state  # noqa: SLF001 - see above
    unread = [parser.trailing_data[0]]
    stream = network_stream._stream  # noqa: SLF001 - see above
    while hasattr(stream, "transport_stream"):  # TLS, perhaps within TLS to a proxy
        unread += [stream._read_bio.pending, stream._ssl_object.pending()]  # noqa: SLF001 - see above
        stream = stream.transport_stream
    return not any((*unread, stream._protocol.read_queue))  # noqa: SLF001 - see above
