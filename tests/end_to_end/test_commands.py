import gc
import json
import signal
from pathlib import Path

import pytest

from destination_kit.cli import main
from tests.end_to_end.conftest import SAMPLES, TOKEN, dkit, python, simulated, start


def test_the_demo_compares_what_the_results_say_with_what_qualtrics_holds():
    ran = dkit("demo")
    assert ran.returncode == 0, ran.stderr
    table = [line.split() for line in ran.stdout.splitlines()[-3:]]
    assert [row[-1] for row in table] == ["="] * 3
    assert [int(row[-2]) for row in table] == [6, 9, 3]


def test_the_demo_lists_every_event_and_both_invalid_ones():
    ran = dkit("demo", "qualtrics")
    numbers = [line.split()[0] for line in ran.stdout.splitlines() if line[:4].strip().isdigit()]
    assert numbers == [str(number) for number in range(1, 41)]
    assert ran.stdout.count("\n  line ") == 2


def test_the_demo_in_json_is_the_same():
    found = json.loads(dkit("demo", "--json").stdout)
    assert found["ok"]
    assert all(row["results"] == row["partner"] for row in found["compared"])
    assert found["state"]["counts"]["contacts"] == 6


@pytest.mark.parametrize(("token", "code"), [(TOKEN, 0), ("wrong", 1)])
def test_auth_says_whether_qualtrics_accepts_the_token(qualtrics, instance, token, code):
    ran = dkit("auth", instance, *qualtrics.connect, "--json", token=token)
    assert ran.returncode == code
    assert json.loads(ran.stdout)["ok"] is (code == 0)


def test_choices_lists_the_directories(qualtrics, instance):
    arguments = (instance, "addContactToXmd", "directoryId", *qualtrics.connect)
    assert json.loads(dkit("choices", *arguments, "--json").stdout)["choices"] == [
        {"value": "POOL_demo", "label": "Customers"}
    ]


def test_the_samples_are_well_configured(instance):
    assert dkit("check", instance).returncode == 0


def test_preview_sends_nothing(qualtrics, instance):
    ran = dkit("preview", instance, SAMPLES / "events.jsonl", "--all")
    assert ran.returncode == 1  # for the two invalid events
    assert ran.stdout.count("\nEvent ") == 40
    assert qualtrics.counts["calls"] == 0


def test_preview_loads_nothing_that_only_sending_or_describing_needs(instance, people):
    code = (
        "import sys; from destination_kit.cli import main; main(sys.argv[1:]); print(*sys.modules)"
    )
    loaded = python(code, "preview", instance, people(1)).stdout.splitlines()[-1].split()
    assert "destination_kit.runtime.preview" in loaded
    libraries = {"aiohttp", "httpx", "jsonschema", "liquid", "referencing", "tomllib", "uvloop"}
    sending = {
        f"destination_kit.http.{module}"
        for module in ("client", "circuit_breaker", "transports.httpx", "transports.aiohttp")
    }
    opened = {f"destination_kit.runtime.{module}" for module in ("threaded", "live", "pipeline")}
    rest = {
        f"destination_kit.{package}" for package in ("publish", "scaffold", "segment", "testing")
    }
    assert (libraries | sending | opened | rest).isdisjoint(loaded)


def test_a_starter_instance_is_clean_and_delivers_once_its_ids_are_filled_in(tmp_path):
    """From nothing to a delivered contact and transaction, with the ids that `choices` lists."""
    path = tmp_path / "i.json"
    assert dkit("init", "qualtrics", "--out", path).returncode == 0
    with simulated(directories={"POOL_x": LISTED}) as qualtrics:
        for name, action, field, expected in (
            ("Directory ID", "addContactToXmd", "directoryId", "POOL_x"),
            ("Mailing list ID", "upsertContactTransaction", "mailingListId", "CG_x"),
        ):
            listed = dkit("choices", path, action, field, "--json", *qualtrics.connect)
            [choice] = json.loads(listed.stdout)["choices"]
            assert choice["value"] == expected
            path.write_text(path.read_text().replace(f"<fill in: {name}>", expected))
        checked = dkit("check", path, "--strict")
        assert (checked.returncode, checked.stdout.startswith("obeyed: ")) == (0, True)
        assert checked.stdout.endswith(f"\n{path}: no problems\n")
        events = tmp_path / "e.jsonl"
        events.write_text("\n".join(map(json.dumps, PURCHASE)), encoding="utf-8")
        ran = dkit("deliver", path, events, *qualtrics.unlimited)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        state = qualtrics.state
    [contact] = state["contacts"]["POOL_x"]
    assert contact["embeddedData"] == {"plan": "pro"}
    [transaction] = state["transactions"]["POOL_x"]
    assert transaction["data"] == {"total": 12.5}


LISTED = {"mergeRules": [["extRef"]], "mailingLists": {"CG_x": {"name": "Customers"}}}
PURCHASE = [
    {"type": "identify", "userId": "u-1", "traits": {"email": "a@b.example", "plan": "pro"}},
    {
        "type": "track",
        "event": "Order Completed",
        "userId": "u-1",
        "timestamp": "2026-01-02T03:04:05Z",
        "properties": {"total": 12.5},
    },
]


def test_a_simulator_says_how_to_reach_it_and_ends_on_an_interrupt(instance):
    running = start("simulate", "qualtrics", "--json")
    try:
        written, line = "", None
        while line != "}\n":
            line = running.stdout.readline()
            written += line
        assert "API token simulated-token" in json.loads(written)["hint"]
        connect = json.loads(written)["connectTo"]
        ran = dkit("auth", instance, "--connect-to", *connect, token="simulated-token")
        assert ran.returncode == 0, ran.stdout + ran.stderr
    finally:
        running.send_signal(signal.SIGINT)
        running.communicate(timeout=20)
    assert running.returncode == 0


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"latancy": 1}, "did you mean 'latency'?"),
        ({"latency": "slow"}, "/latency"),
        ([], "expected an object"),
    ],
)
def test_a_wrong_configuration_of_the_simulator_is_misuse(tmp_path, document, said):
    (tmp_path / "c.json").write_text(json.dumps(document))
    ran = dkit("simulate", "qualtrics", "--config", tmp_path / "c.json")
    assert ran.returncode == 2
    assert said in ran.stderr


def test_a_port_that_is_taken_is_misuse(qualtrics):
    ran = dkit("simulate", "qualtrics", "--port", qualtrics.url.rpartition(":")[2])
    assert ran.returncode == 2
    assert "cannot listen on port" in ran.stderr


@pytest.mark.parametrize("port", ["70000", "-1", "http"])
def test_a_port_that_is_none_is_misuse(port):
    assert dkit("simulate", "qualtrics", f"--port={port}").returncode == 2


def test_the_schemas_in_the_project_are_fresh(tmp_path):
    assert dkit("schemas", "qualtrics", "--out", tmp_path).returncode == 0
    written = {file.name: file.read_text("utf-8") for file in tmp_path.iterdir()}
    kept = Path(__file__).parents[2] / "schemas" / "qualtrics"
    assert written == {file.name: file.read_text("utf-8") for file in kept.iterdir()}


def test_a_file_that_only_the_collector_closes_is_flushed_when_a_command_ends(tmp_path):
    file = tmp_path / "kept"
    code = f"""
import sys
from destination_kit.cli import main
class Kept:
    def __init__(self):
        self.file, self.itself = open({str(file)!r}, "w"), self
kept = Kept()
kept.file.write("written")
sys.argv[1:] = ["list"]
sys.exit(main())
"""
    assert python(code).returncode == 0
    assert file.read_text() == "written"


def test_a_command_inside_another_program_leaves_its_collector_alone(capsys):
    before = gc.isenabled(), gc.get_freeze_count()
    assert main(["list"]) == 0
    assert (gc.isenabled(), gc.get_freeze_count()) == before
