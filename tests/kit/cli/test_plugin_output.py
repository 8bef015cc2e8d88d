"""What a plugin prints while it loads or at exit goes to standard error."""

import json
import subprocess
import sys

import pytest

METADATA = "Metadata-Version: 2.1\nName: noisy\nVersion: 1.0\n"
PLUGIN = """
import atexit, os, subprocess, sys
from destination_kit import Command, hookimpl
def noise(where):
    print("print", where)
    sys.stdout.buffer.write(b"buffer\\n")
    sys.__stdout__.write("started with\\n")
    os.write(1, b"descriptor\\n")
    subprocess.run(["echo", "child"])
noise("import")
atexit.register(noise, "exit")
@hookimpl
def register_destinations():
    noise("hook")
    return []
@hookimpl
def register_commands():
    noise("commands")
    def add_arguments(parser):
        noise("arguments")
    return [Command(name="hum", help="hum", run=lambda a, w: w.json({}) or 0, add_arguments=add_arguments)]
"""


@pytest.mark.parametrize("command", [["list", "--json"], ["doctor", "--json"], ["hum", "--json"]])
def test_standard_output_is_one_json_document(tmp_path, command):
    info = tmp_path / "noisy-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(METADATA)
    (info / "entry_points.txt").write_text("[destination_kit]\nx = noisy_plugin\n")
    (tmp_path / "noisy_plugin.py").write_text(PLUGIN)
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r}); sys.argv[1:] = {command}\n"
        "from destination_kit.cli import main; sys.exit(main())"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert isinstance(json.loads(ran.stdout), dict)
    for kind in ("print import", "print exit", "buffer", "started with", "descriptor", "child"):
        assert kind in ran.stderr
