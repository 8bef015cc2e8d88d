"""The README's examples run."""

import json
import os

import pytest

from destination_kit import Catalog
from tests.contracts.documents import blocks

[INSTANCE] = map(json.loads, blocks("README.md", "json"))
[HOST] = [block for block in blocks("README.md", "python") if "asyncio.run" in block]


def test_the_instance_file_is_complete():
    instance = Catalog.installed().configure(INSTANCE, secrets=lambda name: f"value-of-{name}")
    assert instance.settings["apiToken"] == "value-of-QUALTRICS_API_TOKEN"


@pytest.mark.parametrize(
    ("status", "shown"), [(200, ""), (503, "retry: m-1: "), (400, "dead letter: m-1: ")]
)
def test_the_host_example_runs(status, shown, tmp_path, monkeypatch, httpx_mock, capsys):
    (tmp_path / "instance.json").write_text(json.dumps(INSTANCE), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(os.environ, "QUALTRICS_API_TOKEN", "s3cret!")
    httpx_mock.add_response(
        method="POST",
        url="https://iad1.qualtrics.com/API/v3/directories/POOL_1/contacts",
        match_headers={"X-API-TOKEN": "s3cret!"},
        match_json={"extRef": "u-1"},
        status_code=status,
        json={"result": {"id": "CID_1"}, "meta": {}},
    )
    exec(compile(HOST, "README.md", "exec"), {"__name__": "host"})  # noqa: S102 - our own README
    printed = capsys.readouterr().out
    assert printed.startswith(shown)
    assert bool(printed) == bool(shown)
    assert "s3cret!" not in printed


def test_the_instance_file_of_the_reference_page_is_valid():
    [document] = map(json.loads, blocks("docs/instances.md", "json"))
    instance = Catalog.installed().configure(document, secrets=lambda name: f"value-of-{name}")
    assert [subscription.batch.count for subscription in instance.subscriptions][-1] == 50


def test_the_host_example_is_short():
    assert len([line for line in HOST.splitlines() if line.strip()]) <= 14
