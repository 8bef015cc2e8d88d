"""Files of the console's page, with the headers that keep other pages out of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse
from starlette.routing import Route

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

#: Where `make ui` puts the built page. Wheels have it; a checkout has it after the build.
ASSETS: Final = Path(__file__).parent / "assets"
#: What anyone may load: the page has no data until it is given the token.
PAGE_PATHS: Final = ("/", "/assets/", "/icon.svg", "/licences.txt")

_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS: Final = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
#: The name of a built file has a digest of its content, so a browser may keep it.
_FOREVER: Final = "public, max-age=31536000, immutable"
_NOT_BUILT: Final = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>The console is not built</title>
<h1>The console is not built</h1>
<p>This checkout has the source of the page, but not the page. Run this in its folder, with Node 20
or newer, then load this address again:</p>
<pre>make ui</pre>
<p>An installed wheel has the page. The API under <code>/api</code> answers without it.</p>
</html>
"""


def create_page_routes(assets: Path = ASSETS) -> list[Route]:
    """Return the routes of the page and its files."""

    def show_page(_request: Request) -> Response:
        if not (assets / "index.html").is_file():
            return HTMLResponse(_NOT_BUILT, 503, _HEADERS)
        return FileResponse(assets / "index.html", headers=_HEADERS | {"Cache-Control": "no-cache"})

    def show_file(request: Request) -> Response:
        name = request.url.path.lstrip("/")
        file = (assets / name).resolve()
        if not file.is_relative_to(assets.resolve()) or not file.is_file():
            return PlainTextResponse("there is no such file", 404, _HEADERS)
        caching = _FOREVER if name.startswith("assets/") else "no-cache"
        return FileResponse(file, headers=_HEADERS | {"Cache-Control": caching})

    return [
        Route("/", show_page),
        *(Route(path, show_file) for path in PAGE_PATHS if not path.endswith("/")),
        Route("/assets/{name}", show_file),
    ]
