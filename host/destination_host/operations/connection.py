"""Connection of `dkit queue`: to the API of the running host, or to the file while it is stopped."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import httpx

from destination_host.config.files import ConfigFileError, read_document
from destination_host.config.options import ADMINISTRATION, QUEUE
from destination_host.config.structure import check_structure, read_options
from destination_host.operations.api import create_queue_routes
from destination_host.operations.replays import Replays
from destination_host.queue import QueueInUseError, Retention
from destination_host.queue.sqlite import SqliteQueue

if TYPE_CHECKING:
    from argparse import Namespace

#: The name of a configuration that `dkit serve --starter` writes.
_CONFIG: Final = "host.json"
#: A count of many deliveries takes seconds, and a drop of all of them longer.
_TIMEOUT: Final = httpx.Timeout(600.0, connect=5.0)
#: Addresses that a listener binds to, and where it is reached.
_EVERY_ADDRESS: Final = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 - compared with, not bound


class ConnectionFailedError(Exception):
    """Neither a host nor a file can be reached; the message says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where the queue is."""

    #: The URL of the administration; None to open the file at once.
    url: str | None = None
    token: str | None = field(default=None, repr=False)
    #: The file; None where only the URL is known.
    file: Path | None = None
    retention: Retention = field(default_factory=Retention)


def find_target(arguments: Namespace, environment: Mapping[str, str] = os.environ) -> Target:
    """Return the queue that the arguments name, by a URL, a file or a configuration.

    Raises `ConfigFileError` where the configuration cannot be read.
    """
    if arguments.url:
        return Target(url=arguments.url.rstrip("/"), token=environment.get(arguments.token_env))
    if arguments.file:
        return Target(file=Path(arguments.file))
    path = Path(arguments.config or _CONFIG)
    content = read_document(path)
    if check_structure(content):
        raise ConfigFileError(f"{path} is not ready: see dkit serve --check {path}")
    document = _object(content)
    listener = _object(_object(document.get("listen")).get("administration"))
    administration = read_options(listener, ADMINISTRATION)
    kept = read_options(_object(document.get("queue")), QUEUE)
    host = str(administration["host"]).strip("[]")
    host = _EVERY_ADDRESS.get(host, f"[{host}]" if ":" in host else host)
    token = administration["token"] or arguments.token_env
    return Target(
        url=f"http://{host}:{administration['port']}",
        token=environment.get(token),
        file=path.parent / kept["file"],
        retention=Retention(
            delivered=kept["keepDelivered"],
            dead=kept["keepDead"],
            rejected_bytes=kept["keepRejectedBytes"],
        ),
    )


@asynccontextmanager
async def connect(target: Target) -> AsyncIterator[httpx.AsyncClient]:
    """Yield a client of the API: of the running host, else of this process with the file open.

    Raises `ConnectionFailedError`, and `QueueError` where the file cannot be opened.
    """
    if target.url and await _is_answering(target):
        headers = {"Authorization": f"Bearer {target.token}"} if target.token else {}
        # A proxy of the environment is for the partners.
        async with httpx.AsyncClient(
            base_url=target.url, headers=headers, timeout=_TIMEOUT, trust_env=False
        ) as client:
            yield client
    elif target.file is None:
        raise ConnectionFailedError(f"no host answers at {target.url}: is it running?")
    else:
        async with _open_file(target, target.file) as client:
            yield client


async def _is_answering(target: Target) -> bool:
    try:
        async with httpx.AsyncClient(timeout=_TIMEOUT, trust_env=False) as client:
            response = await client.get(f"{target.url}/health")
    except httpx.TransportError:
        return False
    return response.is_success


@asynccontextmanager
async def _open_file(target: Target, file: Path) -> AsyncIterator[httpx.AsyncClient]:
    # Imported here, since a client of a running host needs no server.
    from starlette.applications import Starlette

    if not await asyncio.to_thread(file.exists):
        where = f", and no host answers at {target.url}" if target.url else ""
        raise ConnectionFailedError(f"there is no queue file {file}{where}")
    try:
        queue = await SqliteQueue.open(file, retention=target.retention)
    except QueueInUseError as error:
        where = target.url or "its administration"
        message = f"{error}\nIf that is the running host, reach it with --url ({where} is silent)"
        raise ConnectionFailedError(message) from None
    async with queue:
        replays = Replays(queue)
        app = Starlette(routes=create_queue_routes(queue, replays))
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://file") as client:
            yield client
        await replays.aclose()


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
