"""What every command keeps to: exit codes, one sentence for misuse, and no traceback."""

import os
import re
import shlex
import subprocess
import sys
from dataclasses import replace
from importlib.metadata import version

import pytest

from destination_kit import Authentication, Destination
from destination_kit.cli import main
from destination_kit.cli.examples import EXAMPLES
from destination_kit.cli.parser import COMMANDS, parse_arguments
from destination_kit.cli.writer import ConsoleWriter
from destination_kit.plugins import Plugins
from tests.kit.dkit import PARTNER, dkit, instance, write


def test_help_names_every_command():
    ran = dkit("--help")
    assert ran.code == 0
    assert all(f"\n    {command} " in ran.out for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_and_answers_in_json(command):
    ran = dkit(command, "--help")
    assert ran.code == 0
    assert "--json" in ran.out


@pytest.mark.parametrize(
    "arguments",
    [("no-such-command",), ("list", "--no-such-option"), ("show",), ("--no-such",), ("help", "no")],
)
def test_bad_arguments_are_misuse(arguments):
    ran = dkit(*arguments)
    assert ran.code == 2
    assert "dkit" in ran.err
    assert not ran.out


@pytest.mark.parametrize("arguments", [(), ("help",), ("help", "help"), ("-h",)])
def test_the_help_comes_without_arguments_too(arguments):
    assert dkit(*arguments) == dkit("--help")


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_a_command_has_examples_that_parse(command):
    ran = dkit("help", command)
    assert ran == dkit(command, "--help")
    for example in EXAMPLES[command]:
        assert f"\n  {example}\n" in ran.out
        words = shlex.split(example.partition(" > ")[0])
        assert parse_arguments(words[1:], ConsoleWriter(), Plugins).run


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (("lst",), "there is no command 'lst', see dkit --help; did you mean 'list'?"),
        (("LIST",), "did you mean 'list'?"),
        (("help", "chekc"), "did you mean 'check'?"),
        (("halp",), "did you mean 'help'?"),
        (
            ("check", "i.json", "--strct"),
            "unrecognized arguments: --strct; did you mean '--strict'?",
        ),
        (("deliver", "i", "e", "--resme=x"), "did you mean '--resume'?"),
        (("--verson",), "there is no option --verson; did you mean '--version'?"),
    ],
)
def test_a_mistyped_command_or_option_gets_a_hint(arguments, hint):
    ran = dkit(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert hint in ran.err


@pytest.mark.parametrize("module", ["destination_kit", "destination_kit.cli"])
def test_the_package_runs_as_a_module(module):
    ran = subprocess.run(
        [sys.executable, "-m", module, "-V"], capture_output=True, text=True, check=True
    )
    assert ran.stdout == f"dkit {version('destination-kit')}\n"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("i.json", b'{"a": 1,\n "b": oops}', "is not JSON: Expecting value at line 2, column 7"),
        ("i.json", b'{"a": NaN}', "NaN is no JSON number"),
        ("i.json", b"[" * 100_000, "is nested too deeply"),
        ("i.json", b'{"a": "\xff"}', "is not UTF-8: see byte 7"),
        ("i.toml", b'a = 1\nb = "', "cannot be read as TOML"),
        ("i.toml", b"a = nan", "cannot be read as TOML"),
        ("i.json", None, "cannot read"),
    ],
)
def test_an_instance_file_that_cannot_be_read_is_misuse(tmp_path, name, content, said):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    ran = dkit("check", tmp_path / name)
    assert ran.code == 2
    assert said in ran.err
    assert ran.err.startswith("dkit: ")
    assert ran.err.count("\n") == 1


def test_a_folder_is_no_file(tmp_path):
    assert dkit("check", tmp_path).code == 2


def test_an_instance_with_problems_is_misuse_and_each_problem_is_named(tmp_path):
    path = write(tmp_path / "i.json", instance({"action": "sya"}, colour="red"))
    ran = dkit("preview", path, path)
    assert ran.code == 2
    assert "line 1, /colour: " in ran.err
    assert "did you mean 'say'?" in ran.err


def test_a_destination_is_found_by_its_slug_and_by_the_end_of_it():
    assert dkit("show", "actions-partner").out == dkit("show", "partner").out


def test_a_destination_that_is_not_there_is_misuse_and_the_others_are_named():
    ran = dkit("show", "patner")
    assert (ran.code, ran.out) == (2, "")
    assert "installed: actions-partner" in ran.err


def test_a_name_of_several_destinations_is_misuse():
    other = Destination(slug="other-partner", name="Other")
    ran = dkit("show", "partner", destinations=(PARTNER, other))
    assert ran.code == 2
    assert "partner may be actions-partner or other-partner" in ran.err


def test_an_interrupt_is_a_failure_without_traceback(tmp_path):
    def interrupted(_subscription):
        raise KeyboardInterrupt

    document = write(tmp_path / "i.json", instance())
    ran = dkit(
        "check", document, destinations=[replace(PARTNER, subscription_warnings=interrupted)]
    )
    assert (ran.code, ran.err) == (1, "dkit: interrupted\n")


def test_a_fault_shows_its_type_and_location_but_never_its_message(tmp_path):
    async def faulty(_context):
        raise KeyError("a secret, perhaps")

    broken = replace(PARTNER, authentication=Authentication(test=faulty))
    ran = dkit("auth", write(tmp_path / "i.json", instance()), destinations=(broken,))
    assert ran.code == 1
    assert re.fullmatch(
        r"\S+: the test of credentials raised KeyError \(test_cli\.py, line \d+\)\n", ran.out
    )
    assert "perhaps" not in ran.out + ran.err


def test_a_fault_of_a_destinations_warnings_is_a_problem_of_the_subscription(tmp_path):
    def faulty(_subscription):
        raise KeyError("a secret, perhaps")

    broken = replace(PARTNER, subscription_warnings=faulty)
    document = write(tmp_path / "i.json", instance())
    ran = dkit("check", document, "--json", destinations=(broken,))
    [problem] = ran.json["problems"]
    assert problem["path"] == "/subscriptions/0"
    assert problem["message"].startswith(
        "subscription_warnings of actions-partner raised KeyError (test_cli.py, line "
    )
    assert "perhaps" not in ran.out + ran.err


def test_a_full_disk_is_no_fault():
    def load():
        raise OSError(28, "No space left on device", "x.db")

    ran = dkit("list", load=load)
    message = "No space left on device (x.db): make room or lift the limit, and repeat the command"
    assert (ran.code, ran.err) == (1, f"dkit: {message}\n")


def test_a_fault_of_dkit_itself_names_dkit():
    ran = dkit("list", destinations=[None])
    assert ran.code == 1
    assert ": a fault in dkit (" in ran.err


@pytest.mark.parametrize("option", ["-V", "--version"])
def test_the_version_is_shown(option):
    ran = dkit(option)
    assert (ran.code, ran.out) == (0, f"dkit {version('destination-kit')}\n")


def test_a_destination_that_is_not_well_defined_is_a_failure_with_a_sentence():
    ran = dkit("list", destinations=[replace(PARTNER, slug="Bad Slug")])
    assert ran.code == 1
    assert ran.err.startswith("dkit: Bad Slug/slug: ")


def test_main_takes_its_arguments_from_the_command_line(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["dkit", "--help"])
    assert main() == 0
    assert "usage: dkit" in capsys.readouterr().out


def test_a_closed_pipe_is_no_fault():
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "destination_kit.cli", "list"]
    ran = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert (ran.returncode, ran.stderr) == (1, b"")


@pytest.mark.parametrize(
    ("arguments", "loaded", "not_loaded"),
    [
        (
            ["--help"],
            {"destination_kit.plugins"},
            {
                *("httpx", "jsonschema", "starlette", "asyncio", "destinations.qualtrics"),
                *("destination_kit.catalog", "destination_kit.cli.commands.deliver"),
            },
        ),
        (
            ["list"],
            {"destinations.qualtrics"},
            {
                *("httpx", "jsonschema", "starlette", "asyncio", "logging"),
                *("destination_kit.runtime", "destination_kit.verification"),
            },
        ),
        (["check", "--help"], {"destination_kit.cli.commands.check"}, {"pluggy", "jsonschema"}),
    ],
)
def test_a_start_imports_what_the_command_needs(arguments, loaded, not_loaded):
    code = f"import sys; from destination_kit.cli import run; run({arguments}); print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    modules = set(ran.stdout.splitlines()[-1].split())
    assert loaded <= modules
    assert not modules & not_loaded
