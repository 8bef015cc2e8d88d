"""A Qualtrics to run against: an HTTP server on loopback, written from the partner's documents only.

It shares no code with the client it is there to test.
"""

from __future__ import annotations

from collections.abc import Iterable

from destinations.qualtrics.simulator.config import Config
from destinations.qualtrics.simulator.config_loading import load_config
from destinations.qualtrics.simulator.record_loader import ConfigError
from destinations.qualtrics.simulator.server import app, background, running, serve

__all__ = [
    "Config",
    "ConfigError",
    "app",
    "background",
    "hint",
    "load_config",
    "running",
    "serve",
]


def hint(config: Config) -> str:
    """Return what a person must know to use a simulator with this configuration."""
    lists = (each for held in config.directories.values() for each in held.mailing_lists)
    return (
        f"API token {_first(config.tokens)}, data center {config.data_centers.home},"
        f" directory {_first(config.directories)}, mailing list {_first(lists)},"
        f" workflow URL {_workflow_url(config)}"
    )


def _workflow_url(config: Config) -> str:
    """Return a URL that starts a workflow here, in the form that Qualtrics gives them."""
    accepted = config.workflow.url_tokens
    token = _first(accepted) if accepted is not None else "simulated"
    host = f"{config.data_centers.home}.qualtrics.com"
    return f"https://{host}/inbound-event/v1/events/json/triggers?urlTokenId={token}"


def _first(names: Iterable[str]) -> str:
    return next(iter(names), "(none)")
