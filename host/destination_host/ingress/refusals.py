"""Refusals of requests, with the status and the code that a sender gets."""

from __future__ import annotations

from starlette.responses import JSONResponse


class RequestRefusedError(Exception):
    """A request that the ingress does not take; the message says why, and what to do."""

    def __init__(
        self, status: int, code: str, message: str, *, retry_after: int | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        #: A stable word; Segment's libraries show it.
        self.code = code
        #: Seconds until the sender may try again.
        self.retry_after = retry_after
        #: The source; "" where it is not known.
        self.source = ""
        #: The events that are refused; 0 where they are kept as rejected.
        self.events = 1
        #: Whether the body was not read to its end, so that the connection can serve no other
        #: request.
        self.is_unread = False

    def with_events(self, source: str, events: int) -> RequestRefusedError:
        """Return the refusal of so many events of a source."""
        self.source, self.events = source, events
        return self


def refusal_response(error: RequestRefusedError) -> JSONResponse:
    """Return the response to a refused request, in the shape that Segment's libraries read."""
    headers = {}
    if error.retry_after is not None:
        headers["Retry-After"] = str(error.retry_after)
    if error.is_unread:
        headers["Connection"] = "close"
    content = {"success": False, "code": error.code, "message": str(error)}
    return JSONResponse(content, error.status, headers)
