"""The host is a distribution of its own, and enters the kit as any stranger's host would."""

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
ENTRANCES = {"delivery", "publish"}


def rooms_of_the_kit():
    folder = ROOT / "destination_kit"
    modules = {path.stem for path in folder.glob("*.py") if path.stem != "__init__"}
    return modules | {path.parent.name for path in folder.glob("*/__init__.py")}


def test_the_contract_of_the_entrances_names_every_other_room_of_the_kit():
    document = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = document["tool"]["importlinter"]["contracts"]
    [contract] = [one for one in contracts if one["name"].startswith("The host enters")]
    forbidden = {name.removeprefix("destination_kit.") for name in contract["forbidden_modules"]}
    assert contract["source_modules"] == ["destination_host"]
    assert (
        forbidden - {"destinations.qualtrics", "destinations.qualtrics_bulk"}
        == rooms_of_the_kit() - ENTRANCES
    )


def test_the_wheel_brings_code_types_schema_and_licence_and_no_tests(tmp_path):
    build = ("-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", tmp_path)
    subprocess.run([sys.executable, *build, ROOT / "host"], check=True)
    [wheel] = tmp_path.glob("destination_kit_host-*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    schema = "destination_host/schemas/host.schema.json"
    assert {"destination_host/__init__.py", "destination_host/py.typed", schema} <= {*names}
    assert zipfile.ZipFile(wheel).read(schema) == (ROOT / "schemas/host.schema.json").read_bytes()
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert not [name for name in names if "tests" in name]


def test_the_kit_is_installed_without_the_host_and_the_host_with_the_kit():
    kit, host = (
        tomllib.loads(path.read_text(encoding="utf-8"))["project"]
        for path in (ROOT / "pyproject.toml", ROOT / "host/pyproject.toml")
    )
    assert any(name.startswith("destination-kit>=") for name in host["dependencies"])
    assert not [name for name in kit["dependencies"] if "host" in name]
    assert kit["version"] == host["version"]
