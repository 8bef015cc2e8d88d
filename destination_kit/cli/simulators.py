"""The simulator and the sample events of a destination, imported by the commands that run them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from string import Template
from typing import TYPE_CHECKING, Any

from destination_kit._json import as_object
from destination_kit.cli.documents import parse_json
from destination_kit.cli.errors import UsageError

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    from destination_kit._json import Json, JsonObject
    from destination_kit.definitions import Destination

# The extra installs starlette, which needs anyio, and uvicorn, which needs h11. Without the extra,
# the import of a simulator can fail at any of the four.
_EXTRA_PACKAGES = frozenset({"anyio", "h11", "starlette", "uvicorn"})
_INSTALL = "pip install 'destination-kit[simulator]'"
#: Seconds for a simulator to return its state.
_STATE_TIMEOUT = 10


def load_simulator(destination: Destination) -> Any:
    """Return the module of a destination's simulator.

    Raises `UsageError` where the destination has none, and, with the command that installs it,
    where a package of the extra `simulator` is missing.
    """
    if destination.simulator is None:
        raise UsageError(f"{destination.slug} has no simulator: its author has to bring one")
    try:
        return import_module(destination.simulator)
    except ModuleNotFoundError as error:
        # Another missing module is a fault of the simulator. The advice to install the extra would
        # not help there.
        if error.name is None or error.name.partition(".")[0] not in _EXTRA_PACKAGES:
            raise
        raise UsageError(f"the simulator needs {error.name}: {_INSTALL}") from None


@dataclass(frozen=True, slots=True)
class Samples:
    """Sample events of a destination, with an instance to deliver them through."""

    #: The instance document.
    instance: Json
    #: JSON lines.
    events: bytes
    #: The simulator's configuration as JSON text, in which `$NAME` stands for a secret.
    config: str

    def config_with(self, secrets: Mapping[str, str]) -> Json:
        """Return the simulator's configuration with the values of these secrets."""
        escaped = {name: json.dumps(secret)[1:-1] for name, secret in secrets.items()}
        return parse_json(Template(self.config).safe_substitute(escaped), "simulator.json")


def load_samples(destination: Destination) -> Samples:
    """Return the samples in the folder that `destination.samples` names.

    The folder has `instance.json`, `events.jsonl` and, where the simulator is configured,
    `simulator.json`. Raises `UsageError` where the destination names no folder.
    """
    folder = _samples_folder(destination)
    if folder is None:
        raise UsageError(f"{destination.slug} has no sample events: its author has to bring some")
    config = folder / "simulator.json"
    return Samples(
        instance=parse_json(_read_text(folder / "instance.json"), "instance.json"),
        events=(folder / "events.jsonl").read_bytes(),
        config=_read_text(config) if config.is_file() else "{}",
    )


def load_template(destination: Destination) -> JsonObject:
    """Return the `template.json` beside the samples, from which `dkit init` starts; {} without."""
    folder = _samples_folder(destination)
    template = folder / "template.json" if folder else None
    if template is None or not template.is_file():
        return {}
    return as_object(parse_json(_read_text(template), "template.json"))


def _samples_folder(destination: Destination) -> Traversable | None:
    from importlib.resources import files

    package, _, path = (destination.samples or "").partition(":")
    if not package:
        return None
    # Python 3.12 raises `StopIteration` for an empty path in a namespace package.
    return files(package).joinpath(path) if path else files(package)


def _read_text(resource: Traversable) -> str:
    return resource.read_text(encoding="utf-8")


def load_reconcile(destination: Destination) -> Any:
    """Return the simulator's function (results, state) -> rows, or None where it has none."""
    try:
        module: Any = import_module(f"{destination.simulator}.reconciliation")
    except ModuleNotFoundError:
        # A simulator may leave this module out. `dkit demo` then lists what the partner holds.
        return None
    return module.reconcile


def fetch_state(url: str) -> Json:
    """Return the state of the simulator that runs at this URL."""
    # `urllib` would follow the variable `http_proxy`, and a proxy cannot reach a simulator on this
    # machine.
    from http.client import HTTPConnection

    connection = HTTPConnection(url.partition("://")[2].rstrip("/"), timeout=_STATE_TIMEOUT)
    try:
        connection.request("GET", "/_sim/state")
        return parse_json(connection.getresponse().read().decode(), "the simulator's state")
    finally:
        connection.close()
