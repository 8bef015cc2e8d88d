"""Installed distributions that bring plugins, and those whose metadata cannot be read.

`importlib.metadata.entry_points` raises for the first broken distribution. A leftover of an
interrupted installation would then take every plugin away.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, EntryPoint, distributions
from importlib.util import find_spec
from pathlib import Path

_REMEDY = "install its package again, or remove the folder"
# The name of a distribution ends at the first hyphen of its folder, such as `acme_x-1.0.dist-info`
# (https://packaging.python.org/en/latest/specifications/recording-installed-packages).
#: The folder from which this kit runs, such as `site-packages`.
_ROOT = Path(__file__).parents[1]
_ROOT_URLS = frozenset({_ROOT.as_uri(), _ROOT.resolve().as_uri()})
#: This file, as `RECORD` names it.
_PART = "destination_kit/distributions.py"
_FOLDER = re.compile(r"(?P<name>[^-]*)(-.*)?\.(dist|egg)-info")


@dataclass(frozen=True, slots=True)
class InstalledPlugin:
    """An entry point with the distribution that declares it."""

    entry_point: EntryPoint
    #: The name of the distribution.
    distribution: str
    #: The version of the distribution.
    version: str
    #: The folder of its metadata.
    folder: str = ""
    #: Whether the distribution installed the kit that is running, whatever its name.
    own: bool = False

    def runs_own_code(self) -> bool:
        """Return whether the module of the entry point is a part of the kit that is running.

        Another folder of the path may hide it. Call it before the module is imported, since a
        module can change what it says of itself.
        """
        if not self.own:
            return False
        try:
            spec = find_spec(self.entry_point.module)
        except (ImportError, ValueError):
            return False
        path = _ROOT.joinpath(*self.entry_point.module.split("."))
        candidates = (path.with_suffix(".py"), path / "__init__.py")
        return bool(spec and spec.origin and Path(spec.origin) in candidates)


@dataclass(frozen=True, slots=True)
class BrokenDistribution:
    """A distribution whose plugins cannot be found."""

    #: Its name, or its folder where it has no name.
    name: str
    #: What is wrong with it and what to do, as a sentence for the operator.
    message: str


def find_plugins(group: str) -> Iterator[InstalledPlugin | BrokenDistribution]:
    """Yield the entry points of a group; of two distributions with one name, the first on the path.

    The distribution of the kit that is running counts wherever it stands: another one of its name
    does not hide it.
    """
    seen = set[str]()
    for distribution in distributions():
        folder = str(getattr(distribution, "_path", ""))
        parts = _FOLDER.fullmatch(os.path.basename(folder))  # noqa: PTH119 - `Path` takes five times as long, for each distribution
        name = parts["name"] if parts else ""
        key = re.sub(r"[-_.]+", "-", name).lower()
        if name and key in seen and not _installed_this_kit(distribution):
            continue
        seen.add(key)
        if parts and not name:
            yield BrokenDistribution(folder, f"is an installed package without a name: {_REMEDY}")
        else:
            yield from _read_distribution(distribution, group, name or folder)


def _read_distribution(
    distribution: Distribution, group: str, name: str
) -> Iterator[InstalledPlugin | BrokenDistribution]:
    try:
        text = distribution.read_text("entry_points.txt")
        # Few distributions bring plugins. A fault in the entry points of the others, or in their
        # metadata, is no matter of ours.
        if not text or f"[{group}]" not in text:
            return
        entry_points = list(distribution.entry_points.select(group=group))
    except UnicodeDecodeError:
        yield BrokenDistribution(name, f"its entry_points.txt is not UTF-8: {_REMEDY}")
        return
    except Exception as error:  # noqa: BLE001 - `importlib.metadata` raises what its parsers happen to raise
        cause = f"its entry_points.txt cannot be read ({type(error).__name__})"
        yield BrokenDistribution(name, f"{cause}: {_REMEDY}")
        return
    own_name: str | None = None
    version: str | None = None
    try:
        # `Distribution.name` and `.version` would each parse the metadata
        # (importlib/metadata/__init__.py), which includes the whole README.
        metadata = distribution.metadata
        own_name, version = metadata["Name"], metadata["Version"]
    except Exception:  # noqa: BLE001, S110 - the file may be missing, no UTF-8 or no message, and each raises another type
        pass
    if not own_name or not version:
        yield BrokenDistribution(name, f"its METADATA names no name and version: {_REMEDY}")
        return
    folder, own = str(getattr(distribution, "_path", "")), _installed_this_kit(distribution)
    for entry_point in entry_points:
        yield InstalledPlugin(entry_point, own_name, version, folder, own)


def _installed_this_kit(distribution: Distribution) -> bool:
    """Return whether a distribution installed the kit that is running, or links to it.

    Its name proves nothing: any folder on the path may hold a distribution of the same name.
    """
    try:
        recorded = distribution.read_text("RECORD") or ""
        if f"\n{_PART}," in f"\n{recorded}":
            return Path(str(distribution.locate_file(_PART))).samefile(__file__)
        # An editable installation records the project's folder instead (PEP 610).
        origin = json.loads(distribution.read_text("direct_url.json") or "{}")
        is_editable = origin.get("dir_info", {}).get("editable") is True
        return is_editable and origin["url"].rstrip("/") in _ROOT_URLS
    except Exception:  # noqa: BLE001 - the metadata of any distribution may be broken
        return False
