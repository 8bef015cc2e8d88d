"""The API of the console, on a running host: what it answers, what it refuses, and what it never shows."""

import json
import stat
from contextlib import asynccontextmanager

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware

from destination_host.console.api import create_console_routes
from destination_host.console.instance_files import InstanceFiles
from destination_host.console.origins import OriginGuard
from destination_host.console.secret_file import SecretFile
from destination_kit import Action, Catalog, Destination
from destination_kit.publish import Console

TOKEN = "t-0123456789"
FIELDS = {
    "type": "object",
    "properties": {
        "email": {"title": "Email", "type": "string", "default": {"@path": "$.traits.email"}},
        "score": {"title": "Score", "type": "number"},
    },
    "required": ["email"],
}
SETTINGS = {
    "type": "object",
    "properties": {"token": {"title": "Token", "type": "string", "writeOnly": True}},
    "required": ["token"],
}


async def _perform(context, payload):
    url = "https://api.partner.example/contacts"
    response = await context.http.post(url, json={**payload, "token": context.settings["token"]})
    return response.body


PARTNER = Destination(
    slug="actions-partner",
    name="Partner",
    settings=SETTINGS,
    hosts=["api.partner.example"],
    actions={
        "add": Action(title="Add", fields=FIELDS, perform=_perform, trigger='type = "identify"')
    },
)
DOCUMENT = {
    "destination": "actions-partner",
    "settings": {"token": {"$secret": "PARTNER_TOKEN"}},
    "subscriptions": [
        {"name": "Add", "action": "add", "mapping": {"email": {"@path": "$.traits.email"}}},
    ],
}
EVENT = {"type": "identify", "userId": "u", "traits": {"email": "ann@example.com"}}


class Api:
    def __init__(self, client, folder):
        self.client, self.folder = client, folder
        self.file = folder / "partner.json"

    async def ask(self, method, path, body=None, **headers):
        return await self.client.request(method, f"/api{path}", json=body, headers=headers)


@asynccontextmanager
async def opened(folder, environment=None, document=None):
    config = {"destinations": {"partner": {"file": "partner.json"}, "inline": DOCUMENT}}
    (folder / "host.json").write_text(json.dumps(config, indent=2), encoding="utf-8")
    text = json.dumps(document or DOCUMENT, indent=4) + "\n"
    (folder / "partner.json").write_text(text, encoding="utf-8")
    secrets = SecretFile(folder / "secrets.json", (environment or {}).get)
    console = Console(Catalog.of(PARTNER), secrets.look_up)
    routes = create_console_routes(console, InstanceFiles(folder / "host.json"), secrets)
    application = Starlette(routes=routes, middleware=[Middleware(OriginGuard)])
    transport = httpx.ASGITransport(application)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8484") as client:
        yield Api(client, folder)


@pytest.fixture
async def api(tmp_path):
    async with opened(tmp_path, {"PARTNER_TOKEN": TOKEN}) as api:
        yield api


async def test_destinations_and_their_documents_are_listed(api):
    [destination] = (await api.ask("GET", "/destinations")).json()["destinations"]
    assert destination["slug"] == "actions-partner"
    manifest = await api.ask("GET", "/destinations/actions-partner/documents/manifest.json")
    assert manifest.json()["name"] == "Partner"


async def test_a_document_that_a_browser_has_is_not_sent_again(api):
    path = "/destinations/actions-partner/documents/add.form.schema.json"
    tag = (await api.ask("GET", path)).headers["etag"]
    again = await api.ask("GET", path, **{"if-none-match": tag})
    assert (again.status_code, again.content) == (304, b"")


async def test_an_unknown_name_is_a_problem_document_that_suggests_another(api):
    response = await api.ask("GET", "/destinations/actions-partnr/documents/manifest.json")
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"
    assert "actions-partner" in response.json()["detail"]


async def test_a_preview_shows_each_field_and_masks_the_secret(api):
    response = await api.ask("POST", "/preview", {"document": DOCUMENT, "event": EVENT})
    [row] = response.json()["subscriptions"]
    assert row["matches"] is True
    assert row["fields"][0]["value"] == "ann@example.com"
    assert TOKEN not in response.text


async def test_problems_have_pointers_into_the_document(api):
    wrong = {**DOCUMENT, "subscriptions": [{"action": "ad", "mapping": {}}]}
    problems = (await api.ask("POST", "/check", {"document": wrong})).json()["problems"]
    assert "/subscriptions/0/action" in [problem["path"] for problem in problems]


async def test_a_trigger_goes_to_a_tree_and_back(api):
    read = (
        await api.ask("POST", "/triggers/read", {"text": 'type = "track"', "event": EVENT})
    ).json()
    assert read["matches"] is False
    assert read["unmet"]
    written = await api.ask("POST", "/triggers/write", {"tree": read["tree"]})
    assert written.json()["text"] == 'type = "track"'


async def test_a_test_event_is_sent_and_its_exchange_shown(api, httpx_mock):
    httpx_mock.add_response(
        url="https://api.partner.example/contacts", json={"echo": TOKEN}, is_reusable=False
    )
    body = {"document": DOCUMENT, "subscription": "Add", "event": EVENT}
    response = await api.ask("POST", "/send-test", body)
    assert response.json()["status"] == "delivered"
    assert response.json()["exchanges"][0]["status"] == 200
    assert TOKEN not in response.text


async def test_a_document_with_problems_sends_nothing(api):
    body = {"document": {**DOCUMENT, "settings": {}}, "subscription": "Add", "event": EVENT}
    response = await api.ask("POST", "/send-test", body)
    assert response.status_code == 422
    assert response.json()["problems"][0]["path"].startswith("/settings")


async def test_an_instance_is_written_back_with_the_least_change(api):
    read = (await api.ask("GET", "/instances/partner")).json()
    changed = json.loads(json.dumps(read["document"]))
    changed["subscriptions"][0]["enabled"] = False
    review = (await api.ask("POST", "/instances/partner/review", {"document": changed})).json()
    added = [line for line in review["diff"].splitlines() if line.startswith("+ ")]
    assert [line for line in added if "enabled" in line] == ['+            "enabled": false']
    body = {"document": changed, "revision": read["revision"]}
    written = await api.ask("PUT", "/instances/partner", body)
    assert written.status_code == 200
    assert json.loads(api.file.read_text()) == changed
    assert written.json()["revision"] != read["revision"]


async def test_a_document_that_was_only_read_is_written_back_byte_for_byte(tmp_path):
    document = {**DOCUMENT, "name": "Café", "z": {"10": 1.0, "9": 12345678901234567890}}
    async with opened(tmp_path, document=document) as api:
        before = api.file.read_bytes()
        read = (await api.ask("GET", "/instances/partner")).json()
        # What JavaScript makes of it: one type of number, and such names in another order.
        read["document"]["z"] = {"9": 12345678901234567000, "10": 1}
        body = {"document": read["document"], "revision": read["revision"]}
        assert (await api.ask("PUT", "/instances/partner", body)).status_code == 200
        assert api.file.read_bytes() == before


async def test_a_second_person_is_shown_the_change_of_the_first(api):
    read = (await api.ask("GET", "/instances/partner")).json()
    first = {**read["document"], "name": "First"}
    await api.ask("PUT", "/instances/partner", {"document": first, "revision": read["revision"]})
    second = {**read["document"], "name": "Second"}
    body = {"document": second, "revision": read["revision"]}
    refused = await api.ask("PUT", "/instances/partner", body)
    assert refused.status_code == 409
    assert '"name": "First"' in refused.json()["diff"]
    assert refused.json()["current"]["document"]["name"] == "First"
    assert json.loads(api.file.read_text())["name"] == "First"


async def test_an_inline_instance_is_read_only_until_it_is_moved_to_a_file(api):
    read = (await api.ask("GET", "/instances/inline")).json()
    assert "host.json" in read["readOnly"]
    body = {"document": DOCUMENT, "revision": read["revision"]}
    assert (await api.ask("PUT", "/instances/inline", body)).status_code == 409
    moved = (await api.ask("POST", "/instances/inline/move-to-file", {})).json()
    assert (moved["file"], moved["readOnly"], moved["document"]) == ("inline.json", None, DOCUMENT)
    config = json.loads((api.folder / "host.json").read_text())
    assert config["destinations"]["inline"] == {"file": "inline.json"}


async def test_an_instance_whose_file_is_broken_is_listed_with_the_reason(api):
    api.file.write_text("{", encoding="utf-8")
    rows = (await api.ask("GET", "/instances")).json()["instances"]
    assert "partner.json" in rows[0]["error"]
    assert rows[1]["name"] == "inline"


async def test_a_secret_is_written_and_never_read_back(tmp_path):
    async with opened(tmp_path) as api:
        written = await api.ask("PUT", "/secrets/PARTNER_TOKEN", {"value": TOKEN})
        assert written.json() == {"name": "PARTNER_TOKEN", "isSet": True, "where": "file"}
        file = tmp_path / "secrets.json"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert json.loads(file.read_text()) == {"PARTNER_TOKEN": TOKEN}
        for path in ("/secrets/PARTNER_TOKEN", "/instances/partner", "/instances"):
            assert TOKEN not in (await api.ask("GET", path)).text
        removed = await api.ask("DELETE", "/secrets/PARTNER_TOKEN")
        assert removed.json()["isSet"] is False


async def test_the_environment_wins_over_the_file(api):
    await api.ask("PUT", "/secrets/PARTNER_TOKEN", {"value": "of the file"})
    secrets = SecretFile(api.folder / "secrets.json", {"PARTNER_TOKEN": TOKEN}.get)
    assert secrets.look_up("PARTNER_TOKEN") == TOKEN
    assert secrets.describe("PARTNER_TOKEN")["where"] == "environment"


@pytest.mark.parametrize("body", [{"value": ""}, {"value": 5}, {}, [], {"value": "x" * 10_001}])
async def test_what_is_no_secret_is_refused(api, body):
    assert (await api.ask("PUT", "/secrets/NAME", body)).status_code == 400
    assert not (api.folder / "secrets.json").exists()


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:9999"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
async def test_a_page_of_another_origin_is_refused(api, headers):
    before = api.file.read_bytes()
    body = {"document": {}, "revision": ""}
    assert (await api.ask("PUT", "/instances/partner", body, **headers)).status_code == 403
    assert (await api.ask("GET", "/instances", **headers)).status_code == 403
    assert api.file.read_bytes() == before


async def test_the_page_itself_is_let_in(api):
    headers = {"Origin": "http://127.0.0.1:8484", "Sec-Fetch-Site": "same-origin"}
    response = await api.ask("POST", "/check", {"document": DOCUMENT}, **headers)
    assert response.json()["ok"] is True


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", ""])
async def test_what_a_form_can_send_is_refused(api, content_type):
    response = await api.client.post(
        "/api/check", content=b"{}", headers={"Content-Type": content_type}
    )
    assert response.status_code == 415


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"[" * 100_000])
async def test_a_body_that_is_no_object_is_refused(api, content):
    headers = {"Content-Type": "application/json"}
    response = await api.client.post("/api/check", content=content, headers=headers)
    assert response.status_code == 400


async def test_no_answer_is_kept_by_a_cache_unless_it_has_a_tag(api):
    assert (await api.ask("GET", "/instances")).headers["cache-control"] == "no-store"
