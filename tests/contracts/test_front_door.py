import ast
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import destination_kit
import destination_kit.delivery
import destination_kit.fields
import destination_kit.http
import destination_kit.runtime
from destination_kit import Catalog, Plugins


def test_the_front_door_is_exactly_what_it_lists():
    source = Path(destination_kit.__file__).read_text(encoding="utf-8")
    [block] = [each for each in ast.parse(source).body if isinstance(each, ast.If)]
    for_type_checkers = {name.name for each in block.body for name in each.names}
    assert (
        sorted(for_type_checkers) == sorted(destination_kit.__all__) == sorted(dir(destination_kit))
    )
    assert all(hasattr(destination_kit, name) for name in destination_kit.__all__)


def test_nothing_else_is_behind_the_front_door():
    with pytest.raises(AttributeError, match="has no attribute 'Contribution'"):
        _ = destination_kit.Contribution


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


def test_the_signatures_of_the_catalog_need_only_exported_names():
    for method in (Catalog.of_plugins, Catalog.installed, Catalog.of, Plugins.register):
        words = re.findall(r"\b[A-Z]\w+", str(inspect.signature(method)))
        assert set(words) <= {*destination_kit.__all__, "None", "False"}, method
    assert {type(each).__name__ for each in Catalog.installed().plugins} == {"LoadedPlugin"}


@pytest.mark.parametrize("heavy", ["httpx", "jsonschema", "liquid", "starlette", "uvicorn"])
def test_importing_the_front_door_imports_nothing_heavy(heavy):
    code = f"import sys, destination_kit; print({heavy!r} in sys.modules)"
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert answer.stdout == "False\n"


@pytest.mark.parametrize(
    "package", [destination_kit.delivery, destination_kit.http, destination_kit.runtime]
)
def test_the_inner_doors_list_and_have_what_is_behind_them(package):
    assert sorted(dir(package)) == sorted(package.__all__)
    assert all(hasattr(package, name) for name in package.__all__)
    assert not hasattr(package, "Plugins")
