"""`dkit doctor`: what is installed, and what is wrong with it."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import TYPE_CHECKING

from destination_kit.cli.output import render_paragraph, render_table, show, show_json

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject
    from destination_kit.catalog import Catalog, LoadedPlugin
    from destination_kit.cli.instances import LoadCatalog
    from destination_kit.definitions import Destination

_NEEDED = ("destination-kit", "pluggy", "httpx", "jsonschema")
_OPTIONAL = ("python-liquid", "starlette", "uvicorn", "aiohttp", "uvloop")


def add_arguments(parser: ArgumentParser) -> None:
    """Take none."""


def run(arguments: Namespace, load_catalog: LoadCatalog) -> int:
    """Show what was loaded and from where; return 1 where anything is off."""
    catalog = load_catalog()
    versions = {"python": sys.version.split()[0], **_versions()}
    wrong, notices = list(_wrong(catalog)), list(_notices(catalog.destinations))
    if arguments.json:
        plugins: list[Json] = [_plugin(each) for each in catalog.plugins]
        show_json({"versions": versions, "plugins": plugins, "wrong": wrong, "notices": notices})
    else:
        show("\n".join(_render(catalog.plugins, versions, wrong, notices)))
    return int(bool(wrong))


def _versions() -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for name in (*_NEEDED, *_OPTIONAL):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = None
    return found


def _plugin(each: LoadedPlugin) -> JsonObject:
    return {
        "plugin": each.plugin,
        "distribution": each.distribution,
        "version": each.version,
        "hooks": list(each.hooks),
        "brings": {kind: list(names) for kind, names in each.brings.items()},
    }


def _wrong(catalog: Catalog) -> Iterator[JsonObject]:
    """Yield everything that is off, each with whose it is, the place in it, and a sentence."""
    from destination_kit.catalog.definition_checks import check_destination_schemas

    for failure in catalog.failures:
        yield {"where": failure.plugin, "path": None, "message": failure.message}
    for slug, destination in catalog.destinations.items():
        for problem in check_destination_schemas(destination):
            yield {"where": slug, "path": problem.path, "message": problem.message}
    if stray := _stray():
        message = "it hides the destinations of every other distribution: remove it"
        yield {"where": stray, "path": None, "message": message}


def _stray() -> str | None:
    """Return the module that makes a package of what all distributions share, if there is one."""
    spec = find_spec("destinations")
    return spec.origin if spec else None


def _notices(destinations: Mapping[str, Destination]) -> Iterator[str]:
    """Say which destinations may send credentials to the same hosts."""
    claims = defaultdict(list)
    for slug, destination in destinations.items():
        for host in destination.hosts:
            claims[host].append(slug)
    for host, slugs in claims.items():
        if len(slugs) > 1:
            yield f"{' and '.join(slugs)} send credentials to {host}: is each the partner's own?"


def _render(
    plugins: Iterable[LoadedPlugin],
    versions: Mapping[str, str | None],
    wrong: Sequence[JsonObject],
    notices: Sequence[str],
) -> Iterator[str]:
    rows = [
        (each.plugin, each.version or "", kind, ", ".join(names))
        for each in plugins
        for kind, names in (each.brings or {"hooks": each.hooks}).items()
    ]
    yield render_table(("plugin", "version", "brings", ""), rows) if rows else "Nothing is loaded."
    yield ""
    yield ", ".join(f"{name} {found or '(not installed)'}" for name, found in versions.items())
    for notice in notices:
        yield render_paragraph(f"notice: {notice}", hang="  ")
    for each in wrong:
        place = f"{each['where']}{each['path'] or ''}"
        yield render_paragraph(f"wrong: {place}: {each['message']}", hang="  ")
    yield "" if wrong or notices else "Nothing is wrong."
