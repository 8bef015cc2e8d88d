"""Installed distributions that bring plugins, and those whose metadata cannot be read.

`importlib.metadata.entry_points` raises for the first broken distribution. A leftover of an
interrupted installation would then take every plugin away.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, EntryPoint, distributions

_REMEDY = "install its package again, or remove the folder"
# The name of a distribution ends at the first hyphen of its folder, such as `acme_x-1.0.dist-info`
# (https://packaging.python.org/en/latest/specifications/recording-installed-packages).
_FOLDER = re.compile(r"(?P<name>[^-]*)(-.*)?\.(dist|egg)-info")


@dataclass(frozen=True, slots=True)
class InstalledPlugin:
    """An entry point with the distribution that declares it."""

    entry_point: EntryPoint
    #: The name of the distribution.
    distribution: str
    #: The version of the distribution.
    version: str


@dataclass(frozen=True, slots=True)
class BrokenDistribution:
    """A distribution whose plugins cannot be found."""

    #: Its name, or its folder where it has no name.
    name: str
    #: What is wrong with it and what to do, as a sentence for the operator.
    message: str


def find_plugins(group: str) -> Iterator[InstalledPlugin | BrokenDistribution]:
    """Yield the entry points of a group; of two distributions with one name, the first on the path."""
    seen = set[str]()
    for distribution in distributions():
        folder = str(getattr(distribution, "_path", ""))
        parts = _FOLDER.fullmatch(os.path.basename(folder))  # noqa: PTH119 - `Path` takes five times as long, for each distribution
        name = parts["name"] if parts else ""
        key = re.sub(r"[-_.]+", "-", name).lower()
        if name and key in seen:
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
    for entry_point in entry_points:
        yield InstalledPlugin(entry_point, own_name, version)
