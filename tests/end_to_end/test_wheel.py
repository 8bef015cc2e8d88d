"""The wheel and the plugin of another distribution, in an environment that has nothing else."""

import json
import os
import subprocess
import sys
import tarfile
import venv
from pathlib import Path

import pytest

from destinations.qualtrics.simulator import background, load_config

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
SCHEMAS = ROOT / "schemas"
TOKEN = "wheel-token"


def run(*command: object, **options: object) -> str:
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, check=False, **options
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def bare(tmp_path_factory) -> Path:
    """Return the folder of commands of a new environment with the wheel and the plugin in it."""
    folder = tmp_path_factory.mktemp("bare")
    for project in (ROOT, ROOT / "tests/plugins/acme_webhook"):
        build = ("-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", folder)
        run(sys.executable, *build, project)
    venv.create(folder / "env", with_pip=True)
    commands = folder / "env" / ("Scripts" if os.name == "nt" else "bin")
    run(commands / "python", "-m", "pip", "install", "-q", *folder.glob("*.whl"), cwd=folder)
    return commands


def python(bare: Path, code: str) -> str:
    return run(bare / "python", "-c", code, cwd=bare)


def test_the_command_line_lists_both_destinations(bare):
    listed = json.loads(run(bare / "dkit", "list", "--json", cwd=bare))
    assert sorted(destination["slug"] for destination in listed["destinations"]) == [
        "actions-qualtrics",
        "webhook",
    ]
    [qualtrics] = [found for found in listed["destinations"] if found["slug"] != "webhook"]
    assert "addContactsToMailingList" in qualtrics["actions"]


def test_the_command_of_a_plugin_runs_beside_those_of_the_kit(bare):
    assert "reverse turn a text round" in " ".join(run(bare / "dkit", "--help", cwd=bare).split())
    assert "TEXT" in run(bare / "dkit", "reverse", "--help", cwd=bare)
    assert run(bare / "dkit", "reverse", "abc", cwd=bare) == "cba\n"
    assert json.loads(run(bare / "dkit", "reverse", "abc", "--json", cwd=bare)) == {"text": "cba"}


def test_the_wheel_brings_schemas_samples_and_types(bare):
    code = """
from importlib.resources import files
from destination_kit.fields import load_metaschema
print(load_metaschema("instance")["type"])
print(files("destinations.qualtrics").joinpath("samples/events.jsonl").is_file())
names = ("destination_kit", "destinations.qualtrics", "destinations.qualtrics_bulk")
print(all(files(name).joinpath("py.typed").is_file() for name in names))
print(*sorted(path.name for path in files("destination_kit").joinpath("schemas").iterdir()))
"""
    first, samples, typed, *schemas = python(bare, code).split()
    assert (first, samples, typed) == ("object", "True", "True")
    kept = {path.name for path in SCHEMAS.iterdir() if path.is_file()}
    # The schema of its configuration is the host's, which is a distribution of its own.
    assert schemas == sorted(kept - {"host.schema.json"})


TYPED = """
from typing import assert_type
from destination_kit import Action, Destination
from destinations.qualtrics import QUALTRICS, register_destinations
from destinations.qualtrics.settings import api_host
from destinations.qualtrics_bulk import register_actions
from destinations.qualtrics_bulk.action import create_action
assert_type(create_action(), Action)
assert_type(register_actions("webhook"), list[tuple[str, Action]])
assert_type(QUALTRICS, Destination)
assert_type(register_destinations(), list[Destination])
assert_type(api_host({"datacenter": "iad1"}), str)
"""


def check_types(bare: Path, folder: Path, program: str) -> tuple[int, str]:
    """Return what mypy finds in a program of an environment that has the wheel alone."""
    (folder / "program.py").write_text(program, encoding="utf-8")
    options = ("--strict", "--config-file=", f"--python-executable={bare / 'python'}")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *options, "program.py"],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
    )
    return done.returncode, done.stdout + done.stderr


def test_a_type_checker_reads_the_types_of_the_kit_and_of_the_destination(bare, tmp_path):
    code, output = check_types(bare, tmp_path, TYPED)
    assert (code, "import-untyped" in output) == (0, False), output


def test_a_type_checker_finds_a_wrong_use_of_the_destination(bare, tmp_path):
    wrong = "from destinations.qualtrics.settings import api_host\napi_host(5)\n"
    code, output = check_types(bare, tmp_path, wrong)
    assert code == 1
    assert "[arg-type]" in output


def test_the_source_distribution_has_the_markers_of_types(tmp_path):
    build = "from hatchling.build import build_sdist; import sys; print(build_sdist(sys.argv[1]))"
    name = run(sys.executable, "-c", build, tmp_path, cwd=ROOT).splitlines()[-1]
    with tarfile.open(tmp_path / name) as archive:
        names = {member.partition("/")[2] for member in archive.getnames()}
    packages = ("destination_kit", "destinations/qualtrics", "destinations/qualtrics_bulk")
    assert {f"{package}/py.typed" for package in packages} <= names


def test_the_schemas_of_a_destination_are_written_by_the_command(bare, tmp_path):
    run(bare / "dkit", "schemas", "qualtrics", "--out", str(tmp_path / "published"), cwd=bare)
    written = {path.name for path in (tmp_path / "published").iterdir()}
    assert written >= {path.name for path in (SCHEMAS / "qualtrics").iterdir()}


def test_nothing_is_installed_that_only_some_users_need(bare):
    installed = {
        line.split("==")[0].lower()
        for line in run(bare / "python", "-m", "pip", "freeze").splitlines()
    }
    assert not installed & {"starlette", "uvicorn", "python-liquid", "pytest"}


def test_the_simulator_says_how_to_install_what_it_needs(bare):
    done = subprocess.run(
        [bare / "dkit", "simulate", "qualtrics"],
        capture_output=True,
        text=True,
        check=False,
        cwd=bare,
    )
    assert done.returncode == 2
    assert "pip install 'destination-kit[simulator]'" in done.stderr


def test_the_action_of_a_plugin_runs_beside_those_of_qualtrics(bare, tmp_path):
    instance = {
        "destination": "actions-qualtrics",
        "settings": {"apiToken": {"$secret": "TOKEN"}, "datacenter": "iad1"},
        "subscriptions": [
            {"action": "whoAmI", "mapping": {"note": {"@reverse": {"@path": "$.name"}}}},
            {
                "action": "addContactToXmd",
                "useDefaultMapping": True,
                "mapping": {"directoryId": "POOL_1"},
            },
        ],
    }
    events = [
        {"type": "screen", "name": "emoH"},
        {"type": "identify", "userId": "u-1", "traits": {"email": "ann@example.com"}},
    ]
    (tmp_path / "instance.json").write_text(json.dumps(instance), encoding="utf-8")
    (tmp_path / "events.jsonl").write_text("\n".join(map(json.dumps, events)), encoding="utf-8")
    config = load_config(
        {"tokens": {TOKEN: "UR_1"}, "users": {"UR_1": {}}, "directories": {"POOL_1": {}}}
    )
    with background(config) as url:
        run(
            *(bare / "dkit", "deliver", "instance.json", "events.jsonl"),
            *("--results", "results.jsonl", "--connect-to", f"*.qualtrics.com={url}"),
            cwd=tmp_path,
            env={**os.environ, "TOKEN": TOKEN},
        )
    lines = [json.loads(line) for line in (tmp_path / "results.jsonl").read_text().splitlines()]
    responses = [
        line["results"][0]["response"] for line in sorted(lines, key=lambda line: line["line"])
    ]
    assert responses[0]["note"] == "Home"
    assert responses[0]["who"]
    assert responses[1]["contactId"].startswith("CID_")


def test_contacts_are_imported_in_bulk_from_the_wheel(bare, tmp_path):
    mapping = {"directoryId": "POOL_1", "mailingListId": "CG_1"}
    action = {"action": "addContactsToMailingList", "useDefaultMapping": True, "mapping": mapping}
    instance = {
        "destination": "actions-qualtrics",
        "settings": {"apiToken": {"$secret": "TOKEN"}, "datacenter": "iad1"},
        "subscriptions": [{**action, "batch": {"wait": 0.1}}],
    }
    events = [{"type": "identify", "userId": f"u-{number}"} for number in range(3)]
    (tmp_path / "instance.json").write_text(json.dumps(instance), encoding="utf-8")
    (tmp_path / "events.jsonl").write_text("\n".join(map(json.dumps, events)), encoding="utf-8")
    directory = {"mailingLists": {"CG_1": {}}, "mergeRules": [["extRef"]]}
    config = {
        "tokens": {TOKEN: "UR_1"},
        "users": {"UR_1": {}},
        "directories": {"POOL_1": directory},
    }
    with background(load_config(config)) as url:
        run(
            *(bare / "dkit", "deliver", "instance.json", "events.jsonl"),
            *("--results", "results.jsonl", "--connect-to", f"*.qualtrics.com={url}"),
            cwd=tmp_path,
            env={**os.environ, "TOKEN": TOKEN},
        )
    lines = [json.loads(line) for line in (tmp_path / "results.jsonl").read_text().splitlines()]
    assert {line["status"] for line in lines if line["status"] != "open"} == {"delivered"}
    ids = {
        line["results"][0]["response"]["contactId"]
        for line in lines
        if line["status"] == "delivered"
    }
    assert len(ids) == 3


def test_a_mapping_that_needs_liquid_says_how_to_install_it(bare, tmp_path):
    document = {
        "destination": "webhook",
        "settings": {"url": "https://example.com/hook"},
        "subscriptions": [{"action": "post", "mapping": {"body": {"a": {"@liquid": "{{ x }}"}}}}],
    }
    (tmp_path / "instance.json").write_text(json.dumps(document), encoding="utf-8")
    done = subprocess.run(
        [bare / "dkit", "check", "instance.json", "--json"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    (problem,) = json.loads(done.stdout)["problems"]
    assert done.returncode == 1
    assert problem["path"] == "/subscriptions/0/mapping/body/a"
    assert problem["message"] == (
        "@liquid needs the extra `liquid`: pip install 'destination-kit[liquid]'"
    )
