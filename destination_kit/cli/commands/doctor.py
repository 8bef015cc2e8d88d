"""`dkit doctor`: list the loaded plugins and the versions, and report every problem of them."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import TYPE_CHECKING

from destination_kit.cli.rendering import render_paragraph, render_table

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject
    from destination_kit.catalog import Catalog, LoadedPlugin
    from destination_kit.cli.destinations import LoadCatalog
    from destination_kit.command_interface import Writer
    from destination_kit.definitions import Destination

_REQUIRED = ("destination-kit", "pluggy", "httpx", "jsonschema")
_OPTIONAL = ("python-liquid", "starlette", "uvicorn", "aiohttp", "uvloop", "shtab")


def add_arguments(parser: ArgumentParser) -> None:
    """Add nothing: the command takes no arguments."""


def run(arguments: Namespace, load_catalog: LoadCatalog, writer: Writer) -> int:
    """Write plugins, versions, notices and findings; return 1 where a problem was found."""
    catalog = load_catalog()
    versions = {"python": sys.version.split()[0], **_installed_versions()}
    findings, notices = list(_findings(catalog)), list(_notices(catalog.destinations))
    if arguments.json:
        plugins: list[Json] = [_plugin_as_json(plugin) for plugin in catalog.plugins]
        writer.json(
            {"versions": versions, "plugins": plugins, "wrong": findings, "notices": notices}
        )
    else:
        writer.text("\n".join(_render(catalog.plugins, versions, findings, notices)))
    return int(bool(findings))


def _installed_versions() -> dict[str, str | None]:
    """Return distribution -> version, None where it is not installed."""
    versions: dict[str, str | None] = {}
    for distribution in (*_REQUIRED, *_OPTIONAL):
        try:
            versions[distribution] = version(distribution)
        except PackageNotFoundError:
            versions[distribution] = None
    return versions


def _plugin_as_json(plugin: LoadedPlugin) -> JsonObject:
    return {
        "plugin": plugin.plugin,
        "distribution": plugin.distribution,
        "version": plugin.version,
        "hooks": list(plugin.hooks),
        "brings": {kind: list(names) for kind, names in plugin.brings.items()},
    }


def _findings(catalog: Catalog) -> Iterator[JsonObject]:
    """Yield each problem: the plugin or destination, a JSON Pointer into it or None, a sentence."""
    # This module imports the compilers, which takes 0.1 s. At the top of the file, `dkit doctor
    # --help` would take as long.
    from destination_kit.definition_checks import check_destination_schemas
    from destination_kit.network_environment import find_environment_problems

    for failure in catalog.failures:
        yield {"where": failure.plugin, "path": None, "message": failure.message}
    for slug, destination in catalog.destinations.items():
        for problem in check_destination_schemas(destination):
            yield {"where": slug, "path": problem.path, "message": problem.message}
    for problem in find_environment_problems():
        yield {"where": problem.path, "path": None, "message": problem.message}
    if module := _namespace_init():
        message = "it hides the destinations of every other distribution: remove it"
        yield {"where": module, "path": None, "message": message}


def _namespace_init() -> str | None:
    """Return the path of a `destinations/__init__.py`, None where there is none.

    `destinations` is a namespace package (PEP 420) that distributions share. With an `__init__.py`
    Python finds the modules of one distribution only.
    """
    spec = find_spec("destinations")
    return spec.origin if spec else None


def _notices(destinations: Mapping[str, Destination]) -> Iterator[str]:
    """Yield a notice for each host to which several destinations may send credentials."""
    slugs_by_host = defaultdict(list)
    for slug, destination in destinations.items():
        for host in destination.hosts:
            slugs_by_host[host].append(slug)
    for host, slugs in slugs_by_host.items():
        if len(slugs) > 1:
            yield f"{' and '.join(slugs)} send credentials to {host}: is each the partner's own?"


def _render(
    plugins: Iterable[LoadedPlugin],
    versions: Mapping[str, str | None],
    findings: Sequence[JsonObject],
    notices: Sequence[str],
) -> Iterator[str]:
    rows = [
        (plugin.plugin, plugin.version or "", kind, ", ".join(names))
        for plugin in plugins
        # A plugin that only observes results brings nothing by name. Without a row for its hooks,
        # the table would leave the plugin out.
        for kind, names in (plugin.brings or {"hooks": plugin.hooks}).items()
    ]
    yield render_table(("plugin", "version", "brings", ""), rows) if rows else "Nothing is loaded."
    yield ""
    yield ", ".join(
        f"{distribution} {number or '(not installed)'}" for distribution, number in versions.items()
    )
    for notice in notices:
        yield render_paragraph(f"notice: {notice}", hang="  ")
    for finding in findings:
        location = f"{finding['where']}{finding['path'] or ''}"
        yield render_paragraph(f"wrong: {location}: {finding['message']}", hang="  ")
    yield "" if findings or notices else "Nothing is wrong."
