import inspect
import subprocess
import sys

import pytest

import destination_kit


def test_the_front_door_is_exactly_what_it_lists():
    public = {name for name in vars(destination_kit) if not name.startswith("_")}
    modules = {name for name in public if inspect.ismodule(getattr(destination_kit, name))}
    private = {"MISSING"} & public
    assert sorted(public - modules | private) == sorted(destination_kit.__all__)


@pytest.mark.parametrize(
    "name",
    [
        name
        for name in destination_kit.__all__
        if inspect.isclass(getattr(destination_kit, name))
        or inspect.isfunction(getattr(destination_kit, name))
    ],
)
def test_every_public_name_says_what_it_promises(name):
    assert len(inspect.getdoc(getattr(destination_kit, name)) or "") > 20


@pytest.mark.parametrize("heavy", ["httpx", "jsonschema", "liquid", "starlette", "uvicorn"])
def test_importing_the_front_door_imports_nothing_heavy(heavy):
    code = f"import sys, destination_kit; print({heavy!r} in sys.modules)"
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert answer.stdout == "False\n"
