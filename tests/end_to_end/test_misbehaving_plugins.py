"""Misbehaving plugins in a host and in `dkit`: each is named, and harms no other."""

import json
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from destinations.qualtrics.simulator import background, load_config

PLUGINS = Path(__file__).parents[1] / "plugins"
TOKEN = "h0st-t0ken"
WORLD = {"tokens": {TOKEN: "UR_000000000000001"}, "directories": {"POOL_host": {}}}


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Return the environment of a process in which the misbehaving plugins are installed."""
    folder = tmp_path_factory.mktemp("installed")
    command = ("-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation", "--target")
    subprocess.run([sys.executable, *command, folder, PLUGINS / "misbehaving"], check=True)
    paths = [str(folder), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}


@pytest.fixture(scope="module")
def host(installed):
    """Run the host once; return what it printed, and what was logged."""
    with background(load_config(WORLD)) as url:
        ran = subprocess.run(
            [sys.executable, PLUGINS / "host.py", url],
            env=installed,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout), ran.stderr


@pytest.mark.parametrize(
    ("plugin", "sentence"),
    [
        ("raises", "cannot be imported: LookupError: no licence found ("),
        ("hangs", "register_destinations failed: TimeoutError: it had not returned after 1 s"),
        ("rubbish", "register_destinations returned str, which is not what it asks for"),
        ("rubbish", "register_directives failed: TypeError: 'int' object is not iterable"),
        ("invalid", "destination invalid is not well defined: /actions/do/fields/properties/word"),
        ("misspelt", "there is no hook 'register_destination'; did you mean"),
        ("claims", "the destination 'actions-qualtrics' is brought by destination-kit:qualtrics"),
        ("claims", "the action 'addContactToXmd' is brought by the kit or the destination itself"),
    ],
)
def test_what_cannot_be_loaded_is_named(host, plugin, sentence):
    messages = [
        failure["message"]
        for failure in host[0]["leftOut"]
        if failure["plugin"] == f"misbehaving:{plugin}" and failure["message"].startswith(sentence)
    ]
    assert len(messages) == 1


def test_no_other_destination_is_taken_down(host):
    found, _ = host
    assert found["destinations"] == ["actions-qualtrics", "performs", "qualtrics-too"]
    for [delivered] in found["qualtrics"]:  # beside the misdeeds, and after them
        assert delivered["response"]["contactId"].startswith("CID_")


@pytest.mark.parametrize(
    ("misdeed", "expected", "logged"),
    [
        ("change", ("UNKNOWN_ERROR", "failed"), "performs/change: TypeError (performs.py, line "),
        ("log", ("UNKNOWN_ERROR", "failed"), "performs/log: ValueError (performs.py, line "),
        ("cling", ("SELF_TIMEOUT", "failed"), "performs/cling ignores its deadline"),
        ("leak", None, "performs/leak left 30 requests behind"),
        ("end", ("UNKNOWN_ERROR", "failed"), "performs/end: SystemExit"),
        ("count", ("BATCH_MISMATCH", "failed"), ""),
        ("block", ("SELF_TIMEOUT", "unknown"), "performs is held up: its thread is left behind"),
    ],
)
def test_a_misdeed_costs_its_own_event_and_is_named(host, misdeed, expected, logged):
    found, log = host
    seen = found["misdeeds"][misdeed]
    [result] = seen["result"]
    assert (expected is None) == ("response" in result)
    if expected:
        assert (result["code"], result["outcome"]) == expected
    if misdeed != "block":  # which holds up its own instance, and nothing else
        assert seen["beside"] == [{"response": {"list": ["beside"]}}]
    assert seen["list"] == [misdeed]
    assert logged in log


def test_no_observer_changes_what_the_host_sees(host):
    found, log = host
    assert '"seen"' not in json.dumps(found)
    assert "on_result of misbehaving:observes raised SystemExit" in log


def test_no_secret_is_shown(host):
    found, log = host
    assert "t0ken" not in json.dumps(found) + log


def test_doctor_names_them_all(installed):
    command = [sys.executable, "-m", "destination_kit.cli", "doctor", "--json"]
    ran = subprocess.run(command, env=installed, capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    found = json.loads(ran.stdout)
    wrong = {finding["where"].removeprefix("misbehaving:") for finding in found["wrong"]}
    assert wrong == {"raises", "hangs", "rubbish", "invalid", "misspelt", "claims"}
    messages = [finding["message"] for finding in found["wrong"]]
    assert "register_commands returned str, which is not what it asks for" in messages
    assert any(text.startswith("the command 'list' is brought by the kit") for text in messages)
    brought = {plugin["plugin"]: plugin["brings"] for plugin in found["plugins"]}
    assert brought["misbehaving:commands"] == {"commands": ["boom", "forget", "greedy"]}
    assert {plugin["distribution"]: plugin["version"] for plugin in found["plugins"]} == {
        "destination-kit": found["versions"]["destination-kit"],
        "destination-kit-host": version("destination-kit-host"),
        "misbehaving": "0.6.6",
    }
    [notice] = found["notices"]
    assert "actions-qualtrics and qualtrics-too send credentials to *.qualtrics.com" in notice


@pytest.mark.parametrize(
    ("arguments", "code", "out", "err"),
    [
        (("--help",), 0, "    boom         raise, by 100%\n", ""),
        (("boom", "--help"), 0, "Raise, by 100%.", ""),
        (("boom",), 1, "", "RuntimeError: a fault in misbehaving.commands (commands.py, line "),
        (("forget",), 1, "done\n", "forget returned NoneType, which is no exit code"),
        (("greedy",), 1, "", "ArgumentError: a fault in misbehaving.commands (commands.py, line "),
        (("bom",), 2, "", "there is no command 'bom', see dkit --help; did you mean 'boom'?"),
        (("bom",), 2, "", "left out: misbehaving:raises: cannot be imported"),
    ],
)
def test_a_command_that_misbehaves_ends_alone_and_is_named(installed, arguments, code, out, err):
    command = [sys.executable, "-m", "destination_kit.cli", *arguments]
    ran = subprocess.run(command, env=installed, capture_output=True, text=True, check=False)
    assert ran.returncode == code
    assert out in ran.stdout
    assert err in ran.stderr
    assert "t0ken" not in ran.stdout + ran.stderr
