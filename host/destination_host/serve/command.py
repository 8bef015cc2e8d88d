"""`dkit serve`: check a configuration, write one, or run the host until a signal stops it."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from argparse import Namespace
from collections.abc import Callable, Coroutine, Sequence
from contextlib import nullcontext
from functools import partial
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any, Final

from destination_host.config.files import ConfigFileError
from destination_host.config.loading import load_config
from destination_host.config.schema import load_schema
from destination_host.config.starter import WRITE_KEY_NAME, write_starter
from destination_host.console.api import create_console_routes
from destination_host.console.instance_files import InstanceFiles
from destination_host.console.secret_file import SecretFile
from destination_host.monitoring.log_format import configure_logging
from destination_host.monitoring.open_telemetry import MissingExtraError, exporting_telemetry
from destination_host.queue import QueueError
from destination_host.serve.host import Host, serve
from destination_host.serve.listeners import ListenError
from destination_kit import Catalog, ConfigurationError
from destination_kit.publish import Console

if TYPE_CHECKING:
    from starlette.routing import Route

    from destination_host.config.records import HostConfig
    from destination_kit import Writer

logger = logging.getLogger("destination_host")

_STARTER: Final = "host.json"
_MISUSE: Final = 2


class ConnectionArgumentError(Exception):
    """A `--connect-to` that is no PATTERN=URL."""


def run(arguments: Namespace, writer: Writer) -> int:
    """Return the exit code: 0 after a stop or a check without problems, 2 after misuse."""
    try:
        if arguments.starter:
            return _write_starter(arguments, writer)
        if arguments.schema:
            writer.json(load_schema())
            return 0
        if arguments.config is None:
            writer.error("name a configuration: dkit serve CONFIG; --starter writes one")
            return _MISUSE
        connect_to = _parse_connections(arguments.connect_to)
        path, catalog = Path(arguments.config), Catalog.installed()
        secrets = SecretFile(path.parent / "secrets.json", os.environ.get)
        load = partial(load_config, path, catalog, secrets.look_up)
        config = load()
        for warning in config.warnings:
            writer.notice(warning)
        if arguments.check:
            return _report_check(arguments, config, writer)
        configure_logging(arguments.log_format)
        with exporting_telemetry() if arguments.otel else nullcontext() as telemetry:
            console = Console(catalog, secrets.look_up, {"connect_to": connect_to})
            routes = create_console_routes(console, InstanceFiles(path), secrets)
            start = partial(serve, config, load, connect_to, telemetry=telemetry)
            return _serve(start, routes, writer)
    except ConfigurationError as error:
        return _report_problems(arguments, error, writer)
    except (ConfigFileError, ConnectionArgumentError, MissingExtraError) as error:
        writer.error(str(error))
        return _MISUSE


def _write_starter(arguments: Namespace, writer: Writer) -> int:
    path = Path(arguments.config or _STARTER)
    write_starter(path, arguments.instance)
    if arguments.json:
        writer.json({"file": str(path)})
    else:
        writer.text(f"{path} is ready")
    writer.notice("next:")
    if not arguments.instance:
        writer.notice(
            "  dkit init SLUG --out instance.json, and name the file under `destinations`"
        )
    writer.notice(f"  export {WRITE_KEY_NAME}=…")
    writer.notice(f"  dkit serve --check {quote(str(path))}")
    writer.notice(f"  dkit serve {quote(str(path))}")
    return 0


def _report_check(arguments: Namespace, config: HostConfig, writer: Writer) -> int:
    if arguments.json:
        writer.json({"problems": [], "warnings": [*config.warnings]})
    else:
        counts = f"sources: {len(config.sources)}, destinations: {len(config.instances)}"
        writer.text(f"{arguments.config} is ready ({counts})")
    return 0


def _report_problems(arguments: Namespace, error: ConfigurationError, writer: Writer) -> int:
    if arguments.json:
        rows = [
            {"path": problem.path, "code": problem.code, "message": problem.message}
            for problem in error.problems
        ]
        writer.json({"problems": rows, "warnings": []})
    lines = [f"  {problem}" for problem in error.problems]
    writer.error("\n".join((f"{arguments.config} is not ready:", *lines)))
    return _MISUSE


def _parse_connections(given: list[str]) -> dict[str, str]:
    pairs = [argument.partition("=") for argument in given]
    for pattern, equals, url in pairs:
        if not (pattern and equals and url):
            text = f"--connect-to {pattern}{equals}{url}: should be PATTERN=URL"
            raise ConnectionArgumentError(text)
    return {pattern: url for pattern, _, url in pairs}


def _serve(
    start: Callable[[Callable[[Host], None]], Coroutine[Any, Any, bool]],
    routes: Sequence[Route],
    writer: Writer,
) -> int:
    def prepare(host: Host) -> None:
        host.routes = routes
        _handle_signals(host)

    try:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            is_finished = runner.run(start(prepare))
    except (ListenError, QueueError) as error:
        writer.error(str(error))
        return 1
    if not is_finished:
        writer.error("stopped at once: what was in flight waits in the queue")
    return 0 if is_finished else 1


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return uvloop's event loop where it is installed; None stands for Python's own."""
    if find_spec("uvloop") is None:
        return None
    from uvloop import new_event_loop

    return new_event_loop


def _handle_signals(host: Host) -> None:
    """Stop on SIGTERM and SIGINT, at once on the second; reload on SIGHUP of a daemon."""
    loop = asyncio.get_running_loop()
    tasks: set[asyncio.Task[Any]] = set()
    counts = count()

    def stop() -> None:
        if next(counts):
            host.hurry()
        else:
            host.stop()

    def reload() -> None:
        task = asyncio.create_task(_reload(host))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    if not has_terminal():
        loop.add_signal_handler(signal.SIGHUP, reload)
    elif signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # `nohup` ignores it
        loop.add_signal_handler(signal.SIGHUP, host.stop)


def has_terminal() -> bool:
    """Return whether the process has a controlling terminal, which sends SIGHUP when it closes."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True


async def _reload(host: Host) -> None:
    try:
        await host.reload()
    except (ConfigurationError, ConfigFileError, QueueError) as error:
        logger.error("the new configuration is refused, the old one goes on: %s", error)  # noqa: TRY400 - the message is the reason; a traceback adds nothing
