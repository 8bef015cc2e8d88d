"""The simulator and the sample events that a destination brings, loaded when they are wanted."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib import import_module
from string import Template
from typing import TYPE_CHECKING, Any

from destination_kit.cli.documents import parse_json
from destination_kit.cli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from importlib.resources.abc import Traversable

    from destination_kit._json import Json
    from destination_kit.definitions import Destination

_NEEDED = frozenset({"anyio", "h11", "starlette", "uvicorn"})


def load_simulator(destination: Destination) -> Any:
    """Return the simulator's module; what it lacks is named with the line that installs it."""
    if destination.simulator is None:
        raise UsageError(f"{destination.slug} has no simulator")
    try:
        return import_module(destination.simulator)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in _NEEDED:
            raise
        install = "pip install 'destination-kit[host]'"
        raise UsageError(f"the simulator needs {error.name}: {install}") from None


@dataclass(frozen=True, slots=True)
class Samples:
    """Sample events with the instance that they are for; `config` is the simulator's, as text."""

    instance: Json
    events: bytes
    config: str

    def config_for(self, secrets: Mapping[str, str]) -> Json:
        """Return the simulator's configuration, in which `$NAME` stands for a secret."""
        quoted = {name: json.dumps(secret)[1:-1] for name, secret in secrets.items()}
        return parse_json(Template(self.config).safe_substitute(quoted), "simulator.json")


def load_samples(destination: Destination) -> Samples:
    """Return the samples of a destination: a folder with `instance.json` and `events.jsonl`."""
    from importlib.resources import files

    package, _, path = (destination.samples or "").partition(":")
    if not package:
        raise UsageError(f"{destination.slug} has no sample events")
    folder = files(package).joinpath(path)
    config = folder / "simulator.json"
    return Samples(
        instance=parse_json(_text(folder / "instance.json"), "instance.json"),
        events=(folder / "events.jsonl").read_bytes(),
        config=_text(config) if config.is_file() else "{}",
    )


def _text(resource: Traversable) -> str:
    return resource.read_text(encoding="utf-8")


def load_reconcile(destination: Destination) -> Any:
    """Return the simulator's function (results, state) -> rows, None where it has none."""
    try:
        module: Any = import_module(f"{destination.simulator}.reconciliation")
    except ModuleNotFoundError:
        return None
    return module.reconcile


def load_state(url: str) -> Json:
    """Return what a running simulator holds. No proxy of the environment is asked."""
    from http.client import HTTPConnection

    connection = HTTPConnection(url.partition("://")[2].rstrip("/"), timeout=10)
    try:
        connection.request("GET", "/_sim/state")
        return parse_json(connection.getresponse().read().decode(), "the simulator's state")
    finally:
        connection.close()
