"""The page is served with a strict policy; a checkout without a build says how to get one."""

import httpx
import pytest
from starlette.applications import Starlette

from destination_host.console.page import create_page_routes


@pytest.fixture
def assets(tmp_path):
    folder = tmp_path / "assets"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<p>the page</p>", encoding="utf-8")
    (folder / "assets" / "main-1.js").write_text("start()", encoding="utf-8")
    (tmp_path / "secrets.json").write_text("{}", encoding="utf-8")
    return folder


async def load(assets, path):
    transport = httpx.ASGITransport(Starlette(routes=create_page_routes(assets)))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        return await client.get(path)


async def test_a_checkout_without_a_build_names_the_command(tmp_path):
    response = await load(tmp_path, "/")
    assert response.status_code == 503
    assert "<pre>make ui</pre>" in response.text


async def test_the_page_is_never_taken_from_a_cache_and_its_files_are(assets):
    assert (await load(assets, "/")).headers["cache-control"] == "no-cache"
    script = await load(assets, "/assets/main-1.js")
    assert script.text == "start()"
    assert "immutable" in script.headers["cache-control"]


@pytest.mark.parametrize("path", ["/", "/assets/main-1.js", "/assets/none.js"])
async def test_every_answer_forbids_inline_scripts_frames_and_other_origins(assets, path):
    policy = (await load(assets, path)).headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("path", ["/assets/%2e%2e", "/assets/..%2f..%2fsecrets.json", "/assets/."])
async def test_no_file_outside_the_build_is_served(assets, path):
    assert (await load(assets, path)).status_code == 404
