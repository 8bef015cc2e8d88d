"""Python packages of destinations: the data written out, the functions left to write."""

from __future__ import annotations

from typing import TYPE_CHECKING

from destination_kit.scaffold.modules import (
    action_module,
    actions_module,
    package_module,
    presets_module,
    settings_module,
)
from destination_kit.scaffold.names import module_names, package_name

if TYPE_CHECKING:
    from destination_kit.definitions import Destination

__all__ = ["package_files", "package_name"]

_PROJECT = """[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "{distribution}"
version = "0.1.0"
requires-python = ">=3.11"
dependencies = ["destination-kit"]

[project.entry-points.destination_kit]
{package} = "{package}"

[tool.hatch.build.targets.wheel]
packages = ["{package}"]

[tool.ruff]
line-length = 100
"""
_TEST = '''"""The definition is valid."""

from destination_kit import Catalog

from {package} import {name}


def test_the_definition_is_valid() -> None:
    assert Catalog.of({name}).destinations
'''


def package_files(destination: Destination) -> dict[str, str]:
    """Return path -> text of the files of a package that registers this destination.

    Data is written out, formatted (100 columns) and typed. Each function raises `IntegrationError`
    until its author writes it.
    """
    package = package_name(destination.slug)
    modules = module_names(destination.actions)
    placeholders = {
        "distribution": package.replace("_", "-"),
        "package": package,
        "name": package.upper(),
    }
    files = {
        "pyproject.toml": _PROJECT.format(**placeholders),
        f"{package}/__init__.py": package_module(destination, package),
        f"{package}/py.typed": "",
        f"{package}/settings.py": settings_module(destination),
        f"{package}/actions/__init__.py": actions_module(package, modules),
        f"tests/test_{package}.py": _TEST.format(**placeholders),
    }
    for slug, action in destination.actions.items():
        files[f"{package}/actions/{modules[slug]}.py"] = action_module(slug, action, modules[slug])
    if destination.presets:
        files[f"{package}/presets.py"] = presets_module(destination.presets)
    return files
