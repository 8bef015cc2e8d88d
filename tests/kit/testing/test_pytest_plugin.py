"""The fixtures, in a pytest of its own that has the kit installed and nothing of this suite."""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
SCOPE = "asyncio_default_fixture_loop_scope=function"
AUTHORS = """
import socket
import pytest
from broken import SOUND, URL

EVENT = {"type": "identify", "traits": {"email": "ann@example.com"}}
SENT = {"email": "ann@example.com", "plan": "free"}

@pytest.mark.asyncio
async def test_good(dkit_partner, dkit_instance, dkit_events):
    dkit_partner.expect("POST", URL, {"id": 1}, given=SENT)
    async with dkit_instance(SOUND).open(dkit_partner) as live:
        for kind, event in dkit_events.items():
            [outcome] = await live.send([event])
            assert (outcome.skipped is None) == (kind == "identify")

@pytest.mark.asyncio
async def test_unexpected(dkit_partner, dkit_instance):
    async with dkit_instance(SOUND).open(dkit_partner) as live:
        await live.send([EVENT])

def test_missing(dkit_partner):
    dkit_partner.expect("GET", URL)

@pytest.mark.asyncio
async def test_real_network(dkit_instance):
    async with dkit_instance(SOUND).open() as live:
        await live.send([EVENT])

def test_own_network(dkit_no_network):
    with pytest.raises(RuntimeError):
        socket.getaddrinfo("api.acme.example", 443)

def test_the_guard_is_gone():
    import destination_kit.testing.network as network
    assert not network._guards()
"""
STRANGERS = """
import sys

def test_nothing_is_loaded():
    mine = {name for name in sys.modules if name.startswith("destination_kit")}
    assert mine == {
        "destination_kit", "destination_kit._lazy",
        "destination_kit.testing", "destination_kit.testing.pytest_plugin",
    }

def test_nothing_is_on(request):
    assert not [name for name in request.fixturenames if name.startswith("dkit")]
"""
LOADED = """
import sys
before = set(sys.modules)
import destination_kit.testing.pytest_plugin
print(*sorted(name.split(".")[0] for name in set(sys.modules) - before))
"""


def run_pytest(folder: Path, source: str, *options: str) -> tuple[dict[str, str], str]:
    """Return what became of each test."""
    (folder / "test_it.py").write_text(source, encoding="utf-8")
    command = (
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:hypothesispytest",
    )
    done = subprocess.run(
        [*command, "-p", "no:randomly", "-rA", "-q", "-c", "/dev/null", *options, "test_it.py"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [each.split(" ") for each in done.stdout.splitlines()]
    told = [(each[1].partition("::")[2], each[0]) for each in lines if each[1:] and "::" in each[1]]
    outcomes: dict[str, str] = {}
    for name, outcome in told:
        outcomes[name] = "ERROR" if "ERROR" in (outcome, outcomes.get(name)) else outcome
    return outcomes, done.stdout + done.stderr


def test_an_author_has_events_an_instance_and_a_partner_and_never_a_network(tmp_path):
    (tmp_path / "broken.py").write_text(
        (HERE.parent / "broken.py").read_text("utf-8"), encoding="utf-8"
    )
    outcomes, said = run_pytest(tmp_path, AUTHORS)
    assert outcomes == {
        "test_good": "PASSED",
        "test_unexpected": "ERROR",
        "test_missing": "ERROR",
        "test_real_network": "ERROR",
        "test_own_network": "ERROR",
        "test_the_guard_is_gone": "PASSED",
    }, said
    assert "unexpected: POST https://api.acme.example/contacts with" in said
    assert "expected:   GET https://api.acme.example/contacts" in said
    # The short summary repeats it, cut to the terminal's width but where CI is set.
    told = [line for line in said.splitlines() if line.startswith("E ")]
    assert sum("test reached for the network: api.acme.example" in line for line in told) == 2


def test_who_does_not_use_it_pays_nothing_and_sees_nothing(tmp_path):
    outcomes, said = run_pytest(tmp_path, STRANGERS, "-W", "error", "-o", SCOPE)
    assert set(outcomes.values()) == {"PASSED"}, said


def test_the_plugin_imports_pytest_and_nothing_else():
    code = f"import pytest\n{LOADED}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) == {"destination_kit"}
