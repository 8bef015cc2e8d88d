"""`dkit queue`: asks the API of the queue, and shows what it answers."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import httpx

from destination_host.config.files import ConfigFileError
from destination_host.operations.arguments import FILTERS
from destination_host.operations.connection import (
    ConnectionFailedError,
    connect,
    find_target,
)
from destination_host.operations.tables import show_delivery, show_list, show_status
from destination_host.queue import QueueError

if TYPE_CHECKING:
    from argparse import Namespace

    from destination_kit import Writer

_MISUSE: Final = 2
#: Seconds between two looks at a replay that runs.
_LOOK_PAUSE: Final = 0.5
_EXPORT_PAGE: Final = 500


class AnswerError(Exception):
    """An answer that is no success; its text is that of the API, `code` the exit code."""

    def __init__(self, response: httpx.Response) -> None:
        super().__init__(_reason_of(response))
        self.code = _MISUSE if response.status_code in (400, 401) else 1


def run(arguments: Namespace, writer: Writer) -> int:
    """Return the exit code: 0 all well, 1 nothing found or reached, 2 misuse."""
    arguments.json = arguments.json or arguments.json_of_queue
    try:
        return asyncio.run(_run(arguments, writer))
    except AnswerError as error:
        writer.error(str(error))
        return error.code
    except ConfigFileError as error:
        writer.error(f"{error}\nname the host with --config, --url or --file")
        return _MISUSE
    except (ConnectionFailedError, QueueError) as error:
        writer.error(str(error))
    except httpx.TransportError as error:
        writer.error(f"the host did not answer: {str(error) or type(error).__name__}")
    except FileExistsError as error:
        writer.error(f"{error.filename} exists: name another file")
        return _MISUSE
    return 1


async def _run(arguments: Namespace, writer: Writer) -> int:
    async with connect(find_target(arguments)) as client:
        return await _COMMANDS[arguments.command_of_queue](client, arguments, writer)


async def _status(client: httpx.AsyncClient, arguments: Namespace, writer: Writer) -> int:
    status = _read(await client.get("/api/queue"))
    if arguments.json:
        writer.json(status)
    else:
        show_status(status, writer)
    return 0


async def _list(client: httpx.AsyncClient, arguments: Namespace, writer: Writer) -> int:
    page = {"limit": arguments.limit, "cursor": arguments.cursor}
    params = {**_filter_of(arguments), **{n: v for n, v in page.items() if v is not None}}
    listed = _read(await client.get("/api/queue/deliveries", params=params))
    if arguments.json:
        writer.json(listed)
        return 0
    show_list(listed["deliveries"], writer)
    if listed["next"]:
        writer.notice(f"more: add --cursor {listed['next']}")
    return 0


async def _show(client: httpx.AsyncClient, arguments: Namespace, writer: Writer) -> int:
    shown = _read(await client.get(f"/api/queue/deliveries/{arguments.delivery_number}"))
    if arguments.json:
        writer.json(shown)
    else:
        show_delivery(shown, writer)
    return 0


async def _replay(client: httpx.AsyncClient, arguments: Namespace, writer: Writer) -> int:
    # A stopped host delivers nothing, so that no rate is needed.
    is_running = client.base_url.host != "file"
    options = {
        **_choice_of(arguments),
        "mapping": arguments.mapping,
        "overwrite": arguments.overwrite,
        "rate": arguments.rate if is_running else None,
    }
    if not arguments.yes:
        counted = _read(await client.post("/api/queue/replays", json={**options, "dryRun": True}))
        _report_replay(counted, arguments, writer, "to replay")
        if not arguments.json:
            writer.notice("nothing was changed: add --yes to replay them")
        return 0
    stopping = asyncio.Event()
    with _setting_at_ctrl_c(stopping):
        replay = _read(await client.post("/api/queue/replays", json=options))
        replay = await _follow(client, replay, stopping, None if arguments.json else writer)
    _report_replay(replay, arguments, writer, "wait again")
    if not is_running and not arguments.json:
        writer.notice("they are delivered when the host starts")
    if replay["state"] != "finished":
        writer.error(
            f"the replay was {replay['state']}: {replay.get('error', 'the rest is as it was')}"
        )
        return 1
    return 0


async def _follow(
    client: httpx.AsyncClient,
    replay: dict[str, Any],
    stopping: asyncio.Event,
    writer: Writer | None,
) -> dict[str, Any]:
    """Return a replay when it has ended; end it when `stopping` is set."""
    path, seen = f"/api/queue/replays/{replay['replay']}", 0
    while replay["state"] == "running" and not stopping.is_set():
        with suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), _LOOK_PAUSE)
        replay = _read(await client.get(path))
        done = replay["replayed"] + replay["overtaken"]
        if writer and done * 10 // max(1, replay["matching"]) > seen:
            seen = done * 10 // max(1, replay["matching"])
            writer.notice(f"{done:,} of {replay['matching']:,}; Ctrl-C stops it")
    return _read(await client.delete(path)) if replay["state"] == "running" else replay


@contextmanager
def _setting_at_ctrl_c(event: asyncio.Event) -> Iterator[None]:
    """Set the event at SIGINT. Without this it cancels a request, and httpx may swallow that."""
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGINT, event.set)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGINT)


def _report_replay(replay: dict[str, Any], arguments: Namespace, writer: Writer, verb: str) -> None:
    if arguments.json:
        writer.json(replay)
        return
    writer.text(f"{_count(replay['replayed'])} {verb}")
    if replay["overtaken"]:
        writer.text(
            f"{replay['overtaken']:,} left alone, since a later event of their user was delivered"
            " (--overwrite sends them, too)"
        )


async def _drop(client: httpx.AsyncClient, arguments: Namespace, writer: Writer) -> int:
    reason = {"reason": arguments.reason} if arguments.reason else {}
    body = {**_choice_of(arguments), **reason, "dryRun": not arguments.yes}
    dropped = _read(await client.post("/api/queue/drop", json=body))
    return _report_change(dropped, "dropped", arguments, writer)


async def _purge(client: httpx.AsyncClient, arguments: Namespace, writer: Writer) -> int:
    has_choice = bool(_filter_of(arguments)) or arguments.all
    choice = _choice_of(arguments) if has_choice else {}
    # What the retention ends would be removed within a minute anyway.
    is_dry = has_choice and not arguments.yes
    purged = _read(await client.post("/api/queue/purge", json={**choice, "dryRun": is_dry}))
    return _report_change(purged, "purged", arguments, writer)


def _report_change(changed: dict[str, Any], name: str, arguments: Namespace, writer: Writer) -> int:
    if arguments.json:
        writer.json(changed)
        return 0
    is_dry = changed.get("dryRun", False)
    writer.text(f"{_count(changed[name])} {'to be ' if is_dry else ''}{name}")
    if is_dry:
        writer.notice("nothing was changed: add --yes")
    return 0


async def _export(client: httpx.AsyncClient, arguments: Namespace, writer: Writer) -> int:
    if arguments.out is None:
        await _write_lines(client, arguments, sys.stdout.buffer.write)
        return 0
    # The events of people; a file that is there may be the only copy of others.
    descriptor = os.open(Path(arguments.out), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        lines = await _write_lines(client, arguments, file.write)
    if arguments.json:
        writer.json({"file": arguments.out, "events": lines})
    else:
        writer.text(f"{lines:,} events in {arguments.out}")
    return 0


async def _write_lines(
    client: httpx.AsyncClient, arguments: Namespace, write: Callable[[bytes], object]
) -> int:
    cursor: str | None = ""
    lines = 0
    while cursor is not None:
        params: dict[str, Any] = {**_filter_of(arguments), "limit": _EXPORT_PAGE}
        if lines:
            params["cursor"] = cursor
        response = await client.get("/api/queue/export", params=params)
        if not response.is_success:
            raise AnswerError(response)
        write(response.content)
        lines += response.content.count(b"\n")
        cursor = response.headers.get("dkit-next")
    return lines


def _count(number: int) -> str:
    return f"{number:,} {'delivery' if number == 1 else 'deliveries'}"


def _filter_of(arguments: Namespace) -> dict[str, list[str]]:
    names = [name for name, _, _ in FILTERS.values()]
    given = {name: getattr(arguments, f"filter_{name}", None) for name in names}
    return {name: values for name, values in given.items() if values}


def _choice_of(arguments: Namespace) -> dict[str, Any]:
    return {"filter": _filter_of(arguments), "all": arguments.all}


def _read(response: httpx.Response) -> dict[str, Any]:
    if not response.is_success:
        raise AnswerError(response)
    answer: dict[str, Any] = response.json()
    return answer


def _reason_of(response: httpx.Response) -> str:
    try:
        return str(response.json()["error"])
    except (ValueError, LookupError, TypeError):
        return f"the host answered {response.status_code}"


_Run: TypeAlias = "Callable[[httpx.AsyncClient, Namespace, Writer], Awaitable[int]]"
_COMMANDS: Final[dict[str, _Run]] = {
    "status": _status,
    "list": _list,
    "show": _show,
    "replay": _replay,
    "drop": _drop,
    "purge": _purge,
    "export": _export,
}
