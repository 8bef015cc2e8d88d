"""The programs of docs/hosts.md are typed, formatted and short, and read what the document says."""

import json
import shutil
import subprocess
import sys

import pytest

from destination_kit import Catalog
from tests.contracts.documents import RUFF, blocks, modules, programs, text_of

HOSTS = "docs/hosts.md"
PROGRAMS = ("program", "replay", "stream", "tasks", "web", "worker")
PARAMETERS = ("SETTINGS_PAUSE", "MAX_PAUSE", "LEASE", "CONNECT_TO")
MYPY = """[mypy]
strict = true
[mypy-celery.*,kombu.*]
ignore_missing_imports = true
[mypy-tasks]
disallow_untyped_decorators = false
disallow_untyped_calls = false
"""


@pytest.mark.slow
def test_every_example_is_typed_and_formatted(tmp_path):
    for name, source in modules(HOSTS).items():
        (tmp_path / f"{name}.py").write_text(source, encoding="utf-8")
    (tmp_path / "mypy.ini").write_text(MYPY, encoding="utf-8")
    (tmp_path / "ruff.toml").write_text(RUFF, encoding="utf-8")
    for command in (
        ("mypy", "--cache-dir", str(tmp_path / "cache"), "."),
        ("ruff", "format", "--no-cache", "--check", "."),
        ("ruff", "check", "--no-cache", "."),
    ):
        done = subprocess.run(
            [sys.executable, "-m", *command],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    assert tuple(sorted(modules(HOSTS))) == PROGRAMS


def test_every_program_can_be_read_at_once():
    lines = {name: source.count("\n") for name, source in modules(HOSTS).items()}
    others = {**programs(HOSTS, "js"), **programs(HOSTS, "go")}
    assert [*others] == ["router.mjs", "router.go"]
    lines |= {name: source.count("\n") for name, source in others.items()}
    assert {name for name, count in lines.items() if count > 130} == set()


@pytest.mark.skipif(not shutil.which("go"), reason="needs Go: apt-get install golang-go")
def test_the_program_in_go_is_formatted_and_vetted(tmp_path):
    [(name, source)] = programs(HOSTS, "go").items()
    (tmp_path / name).write_text(source, encoding="utf-8")
    for command in (("gofmt", "-l", "."), ("go", "vet", name)):
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (0, ""), done.stderr


def test_the_document_names_the_parameters_that_the_programs_read():
    read = "".join(modules(HOSTS).values())
    for name in PARAMETERS:
        assert f'"{name}"' in read
        assert f"| `{name}` |" in text_of(HOSTS)
    assert {name for name in ("NATS_URL", "BROKER") if f'"{name}"' in read} == {
        "NATS_URL",
        "BROKER",
    }


def test_the_instance_file_of_the_document_is_complete():
    [document] = map(json.loads, blocks(HOSTS, "json"))
    instance = Catalog.installed().configure(document, secrets=lambda name: f"value-of-{name}")
    assert len(instance.subscriptions) == 2
