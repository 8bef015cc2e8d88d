"""Plugins add commands to `dkit`; one that is broken is left out, named, and harms no other."""

import asyncio
import subprocess
import sys
import threading
import types
from dataclasses import replace
from time import monotonic

import pytest

from destination_kit import Command, hookimpl
from destination_kit.cli.parser import COMMANDS
from destination_kit.cli.plugin_commands import gather_commands
from destination_kit.plugins import Plugins
from tests.kit.dkit import dkit


def greet(arguments, writer):
    writer.table(("word", "times"), [(arguments.word, 2)])
    writer.notice("greeted")
    if arguments.json:
        writer.json({"word": arguments.word})
    return 0


def add_word(parser):
    parser.add_argument("word", metavar="WORD")


GREET = Command(name="greet", help="say a word", add_arguments=add_word, run=greet)


def bringing(*commands):
    """Return a plugin that registers these commands."""
    return types.SimpleNamespace(register_commands=hookimpl(lambda: list(commands)))


def loading(hook_timeout=10.0, own=(), **plugins):
    """Return a function that loads these plugins."""

    def load():
        loaded = Plugins(hook_timeout=hook_timeout)
        for name, plugin in plugins.items():
            loaded.register(plugin, name, own=name in own)
        return loaded

    return load


def failures(**plugins):
    loaded = loading(**plugins)()
    assert not gather_commands(loaded, COMMANDS)
    return [(failure.plugin, failure.message) for failure in loaded.failures]


def test_a_command_arrives_through_its_hook_and_gets_its_arguments_and_a_writer():
    ran = dkit("greet", "hi", load_plugins=loading(a=bringing(GREET)))
    assert (ran.code, ran.err) == (0, "greeted\n")
    assert ran.out.splitlines() == ["word  times", "----  -----", "hi        2"]


def test_help_lists_the_commands_of_plugins_behind_the_kits_own():
    wave = replace(GREET, name="bow", help="bow by 100%")
    ran = dkit("--help", load_plugins=loading(a=bringing(GREET), b=bringing(wave)))
    names = [line.split()[0] for line in ran.out.splitlines() if line.startswith("    ")]
    assert names == [*COMMANDS, "bow", "greet"]
    assert "bow by 100%\n" in ran.out


def test_slow_plugins_cost_the_help_one_short_limit_together_and_are_named():
    def wait():
        threading.Event().wait(60)
        return []

    slow = types.SimpleNamespace(register_commands=hookimpl(wait))
    loaded = loading(hook_timeout=0.5, a=slow, b=slow, c=slow, d=bringing(GREET))()
    start = monotonic()
    ran = dkit("--help", load_plugins=lambda: loaded)
    assert monotonic() - start < 1.4  # one after the other, they would take 1.5 s
    assert (ran.code, "greet" in ran.out) == (0, True)
    assert [line.split(":")[1] for line in ran.err.splitlines()] == [" a", " b", " c"]
    patient = loading()()
    dkit("--help", load_plugins=lambda: patient)
    assert patient.hook_timeout == 2.0
    dkit("greet", load_plugins=lambda: loaded)
    assert loaded.hook_timeout == 0.5


def test_a_command_explains_itself_and_takes_json():
    ran = dkit("greet", "--help", load_plugins=loading(a=bringing(GREET)))
    assert ran.code == 0
    assert "Say a word." in ran.out
    assert "WORD" in ran.out
    assert "--json" in ran.out
    ran = dkit("greet", "hi", "--json", load_plugins=loading(a=bringing(GREET)))
    assert ran.out.endswith('{\n  "word": "hi"\n}\n')


def test_a_command_without_arguments_needs_no_function_for_them():
    plain = Command(name="plain", help="do it", run=lambda arguments, writer: 1)
    assert dkit("plain", load_plugins=loading(a=bringing(plain))).code == 1
    assert dkit("plain", "x", load_plugins=loading(a=bringing(plain))).code == 2


@pytest.mark.parametrize("command", [*COMMANDS, "--version"])
def test_a_command_of_the_kit_loads_no_plugin_to_parse_its_arguments(command):
    def load():
        pytest.fail("plugins were loaded")

    dkit(command, "--help", load_plugins=load)


@pytest.mark.parametrize(
    ("command", "problem"),
    [
        (replace(GREET, name="Greet"), "its name should be of lower-case letters"),
        (replace(GREET, name="--greet"), "its name should be of lower-case letters"),
        (replace(GREET, name=""), "its name should be of lower-case letters"),
        (replace(GREET, help=""), "its help should be a sentence"),
        (replace(GREET, help=None), "its help should be a sentence"),
        (replace(GREET, run=None), "its run should be a function"),
        (replace(GREET, add_arguments=5), "its add_arguments should be a function"),
    ],
)
def test_a_command_that_is_not_well_defined_is_left_out_and_named(command, problem):
    [(plugin, message)] = failures(a=bringing(command))
    assert plugin == "a"
    assert message.startswith(f"the command {command.name!r} is not well defined: {problem}")


def test_a_record_that_raises_is_left_out_and_named():
    class Broken(str):
        __slots__ = ()

        def strip(self, *_):
            raise ValueError("a secret")

    [failure] = failures(a=bringing(replace(GREET, help=Broken("say a word"))))
    assert failure == ("a", "a command raised ValueError when it was checked")


def test_a_help_text_may_hold_percent_signs():
    odd = replace(GREET, help="say 100 % of %(prog)s")
    ran = dkit("greet", "--help", load_plugins=loading(a=bringing(odd)))
    assert ran.code == 0
    assert "Say 100 % of %(prog)s." in ran.out


@pytest.mark.parametrize("rubbish", ["greet", None, replace(GREET, name=5)])
def test_what_is_no_command_is_left_out_and_named(rubbish):
    [(plugin, message)] = failures(a=bringing(rubbish))
    assert plugin == "a"
    assert message.startswith("register_commands returned ")


def test_a_hook_that_raises_is_left_out_and_named():
    def register_commands():
        raise LookupError("no licence")

    broken = types.SimpleNamespace(register_commands=hookimpl(register_commands))
    [(plugin, message)] = failures(a=broken)
    assert (plugin, "LookupError: no licence" in message) == ("a", True)
    assert dkit("greet", "hi", load_plugins=loading(a=broken, b=bringing(GREET))).code == 0


def test_a_hook_that_hangs_is_left_behind_and_named():
    over = threading.Event()
    stuck = types.SimpleNamespace(register_commands=hookimpl(lambda: over.wait(60) or []))
    load = loading(hook_timeout=0.05, a=stuck, b=bringing(GREET))
    ran = dkit("greet", "hi", load_plugins=load)
    missing = dkit("gret", load_plugins=load)
    over.set()
    assert ran.code == 0
    assert missing.code == 2
    assert "did you mean 'greet'?" in missing.err
    assert "left out: a: register_commands failed: TimeoutError: " in missing.err


def test_the_name_of_a_command_of_the_kit_stays_the_kits():
    [(plugin, message)] = failures(a=bringing(replace(GREET, name="list")))
    assert plugin == "a"
    assert message.startswith("the command 'list' is brought by the kit")


def test_of_two_plugins_with_one_name_neither_is_loaded():
    assert failures(a=bringing(GREET), b=bringing(GREET)) == [
        ("a", "the command 'greet' is brought by b as well; not loaded"),
        ("b", "the command 'greet' is brought by a as well; not loaded"),
    ]


def test_of_two_plugins_with_one_name_the_kits_own_wins():
    plugins = loading(own={"b"}, a=bringing(replace(GREET, help="thief")), b=bringing(GREET))()
    assert gather_commands(plugins, COMMANDS) == {"greet": GREET}
    assert [failure.plugin for failure in plugins.failures] == ["a"]


def test_doctor_knows_which_plugin_brings_which_command():
    plugins = loading(a=bringing(GREET))()
    gather_commands(plugins, COMMANDS)
    [loaded] = plugins.loaded()
    assert loaded.brings == {"commands": ("greet",)}


def fail(error):
    def run(arguments, writer):
        raise error

    return replace(GREET, add_arguments=None, run=run)


@pytest.mark.parametrize(
    ("command", "code", "message"),
    [
        (fail(KeyError("a secret")), 1, "dkit: KeyError: a fault in "),
        (fail(asyncio.CancelledError("a secret")), 1, "dkit: CancelledError: a fault in "),
        (fail(KeyboardInterrupt()), 1, "dkit: interrupted\n"),
        (fail(SystemExit(256)), 1, ""),
        (fail(SystemExit(3)), 3, ""),
        (fail(SystemExit()), 0, ""),
        (fail(SystemExit("no such room")), 1, "dkit: no such room\n"),
        (
            replace(GREET, add_arguments=None, run=lambda arguments, writer: None),
            1,
            "dkit: the command greet returned NoneType, which is no exit code\n",
        ),
        (
            replace(GREET, add_arguments=None, run=lambda arguments, writer: 256),
            1,
            "dkit: the command greet returned 256, which is no exit code\n",
        ),
    ],
)
def test_a_command_that_fails_ends_with_a_sentence(command, code, message):
    ran = dkit("greet", load_plugins=loading(a=bringing(command)))
    assert ran.code == code
    assert message in ran.err
    assert "a secret" not in ran.err


def test_arguments_that_cannot_be_added_are_the_plugins_fault():
    greedy = replace(GREET, add_arguments=lambda parser: parser.add_argument("--json"))
    ran = dkit("greet", load_plugins=loading(a=bringing(greedy)))
    assert ran.code == 1
    assert "ArgumentError: a fault in " in ran.err
    assert "test_plugin_commands" in ran.err


def test_a_command_of_the_kit_imports_no_plugin_to_show_its_help():
    code = (
        "import sys; from destination_kit.cli import run; run(['list', '--help']);"
        "print({'pluggy', 'destinations.qualtrics'} & {*sys.modules})"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.endswith("set()\n")
