"""Problem documents: errors of the API as RFC 9457 describes them, with pointers into documents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse

if TYPE_CHECKING:
    from destination_kit import Json


def problem(status: int, code: str, detail: str, **more: Any) -> JSONResponse:
    """Return a problem document; `code` is for programs, `detail` for a person."""
    content: dict[str, Json] = {"status": status, "code": code, "detail": detail, **more}
    return JSONResponse(content, status, media_type="application/problem+json")
