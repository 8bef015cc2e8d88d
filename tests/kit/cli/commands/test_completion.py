"""`dkit completion` writes a script for a shell."""

import subprocess
import sys

from destination_kit.cli.parser import COMMANDS
from tests.kit.dkit import dkit


def test_the_script_knows_every_command_and_its_options(tmp_path):
    ran = dkit("completion", "bash")
    assert (ran.code, ran.err) == (0, "")
    assert all(f"_dkit_{command}_option_strings" in ran.out for command in COMMANDS)
    assert "--without-secrets" in ran.out
    (tmp_path / "script").write_text(ran.out)
    subprocess.run(["bash", "-n", tmp_path / "script"], check=True)
    assert dkit("completion", "bash", "--json").json["script"] == ran.out.removesuffix("\n")


def test_an_unknown_shell_is_misuse_and_the_others_are_named():
    ran = dkit("completion", "basch")
    assert (ran.code, ran.out) == (2, "")
    assert "there is no completion for 'basch'; there is: bash" in ran.err


def test_without_shtab_a_sentence_says_what_to_install():
    code = (
        "import sys; sys.modules['shtab'] = None\n"
        "from destination_kit.cli import main; sys.exit(main(['completion', 'bash']))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr == (
        "dkit: shell completion needs shtab: pip install 'destination-kit[completion]'\n"
    )
