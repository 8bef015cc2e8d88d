"""Qualtrics simulator: an HTTP server on loopback with the API that the destination uses.

It is written from Qualtrics's documentation and shares no code with the client that it tests. It
needs the extra `simulator`: Starlette and uvicorn.

`dkit simulate` and `dkit demo` use four of the names below. A simulator of another destination
offers the same four:

* `load_config(document) -> config`: checks a JSON document, `{}` being the defaults. It raises
  `ConfigError`, a `ValueError` with a JSON Pointer.
* `hint(config) -> str`: one line with the credentials and ids that the simulator accepts.
* `serve(config, *, port=0, ready=None)`: runs until Ctrl-C and calls `ready(url)` first.
* `background(config, *, port=0)`: a context manager that runs in a thread and yields the URL.

`dkit demo` also calls `reconciliation.reconcile(results, state)`, if there is such a module. The
arguments are the results of the delivery and the JSON object that `GET /_sim/state` returns.

Tests have two more: `running`, the asynchronous `background`, and `app`, the ASGI application.
While a simulator runs, `POST /_sim/config` changes its configuration by a JSON merge patch, and
`POST /_sim/reset` restores its first state.
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
    """Return one line with a token, a data center, ids and a workflow URL that are accepted."""
    list_ids = (
        list_id for directory in config.directories.values() for list_id in directory.mailing_lists
    )
    return (
        f"API token {_first(config.tokens)}, data center {config.data_centers.home},"
        f" directory {_first(config.directories)}, mailing list {_first(list_ids)},"
        f" workflow URL {_get_workflow_url(config)}"
    )


def _get_workflow_url(config: Config) -> str:
    """Return a workflow URL in the form in which Qualtrics shows them."""
    accepted_tokens = config.workflow.url_tokens
    token = _first(accepted_tokens) if accepted_tokens is not None else "simulated"
    host = f"{config.data_centers.home}.qualtrics.com"
    return f"https://{host}/inbound-event/v1/events/json/triggers?urlTokenId={token}"


def _first(names: Iterable[str]) -> str:
    return next(iter(names), "(none)")
