"""The host while it runs: queue, ingress, workers and administration, in one event loop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, suppress
from typing import TYPE_CHECKING, Final

from starlette.routing import Route

from destination_host.ingress import (
    Admission,
    Endpoint,
    GuessLimiter,
    IngressPlan,
    WriteKeys,
    create_application,
)
from destination_host.monitoring import Monitor
from destination_host.operations.api import create_queue_routes
from destination_host.operations.replays import Replays
from destination_host.queue import KILLED_ITS_WORKER, Filter, QueueError, Status
from destination_host.queue.sqlite import SqliteQueue
from destination_host.routing import SourceTable
from destination_host.serve.administration import create_administration
from destination_host.serve.listeners import Server, address, bind, create_server
from destination_host.workers import Dispatcher
from destination_host.workers.dispatcher import DispatchLimits
from destination_host.workers.revisions import Revisions

if TYPE_CHECKING:
    from collections.abc import Mapping
    from socket import socket

    from destination_host.config.records import HostConfig
    from destination_host.ingress import Receipt
    from destination_host.queue import Queue
    from destination_kit import Instance, Live, Telemetry

logger = logging.getLogger("destination_host")

#: Seconds for deliveries in flight when the host stops.
_GRACE: Final = 30.0
#: Seconds between two removals of what the queue no longer has to keep.
_PURGE_PAUSE: Final = 60.0
#: Seconds between two pieces of one removal.
_PIECE_PAUSE: Final = 0.05


class Host:
    """A configuration that runs. `reload` replaces it, `stop` ends it."""

    def __init__(
        self,
        config: HostConfig,
        queue: Queue,
        load: Callable[[], HostConfig],
        connect_to: Mapping[str, str],
        monitor: Monitor | None = None,
    ) -> None:
        self._config = config
        self._queue = queue
        self._load = load
        self._connect_to = connect_to
        self._reloading = asyncio.Lock()
        #: Whether `hurry` was called.
        self.is_hurried = False
        self._delivering: asyncio.Task[None] | None = None
        self._servers: list[Server] = []
        self._stopping = asyncio.Event()
        #: Further routes of the administration, for what is built around the host; set before `run`.
        self.routes: Sequence[Route] = ()
        #: Listener -> its URL, once `is_serving` is set.
        self.urls: dict[str, str] = {}
        self.is_serving = asyncio.Event()
        self._open: dict[str, Live] = {}
        self._closing: set[asyncio.Task[None]] = set()
        limits = DispatchLimits(window=config.limits.in_flight, retry=config.retry)
        self._monitor = monitor or Monitor()
        self._revisions = Revisions(queue, self._open_instance)
        self._dispatcher = Dispatcher(
            queue, {}, limits, self._monitor.record_attempt, self._revisions
        )
        self._admission = Admission(queue, config.limits)
        self._monitor.watch_queue(lambda: self._admission.stats)
        self._endpoint = Endpoint(
            create_plan(config), queue, self._admission, on_receipt=self._record_receipt
        )

    def stop(self) -> None:
        """Take nothing new; `run` returns when what is in flight is finished or put back."""
        self._stopping.set()

    def hurry(self) -> None:
        """Stop, and wait for nothing that is in flight: it waits in the queue."""
        self.stop()
        self.is_hurried = True
        for server in self._servers:
            server.force_exit = True
        if self._delivering:
            self._delivering.cancel()

    async def run(self) -> None:
        """Serve until `stop`. Raises `ListenError` where an address is taken."""
        config, listen = self._config, self._config.ingress
        ingress = create_application(self._endpoint, listen.origins)
        replays = Replays(self._queue, self._dispatcher.wake)
        routes = [
            Route("/metrics", self._monitor.show_metrics),
            *create_queue_routes(self._queue, replays),
            *self.routes,
        ]
        administration = create_administration(
            config.administration, self._admission, self.reload, routes
        )
        with (
            bind(listen.host, listen.port, "listen.ingress") as events_socket,
            bind(
                config.administration.host, config.administration.port, "listen.administration"
            ) as operators_socket,
        ):
            await self._revisions.keep(config)
            self._use_instances(config, await self._open_instances(config))
            await self._warn_of_strangers()
            await self._report_killed()
            await self._admission.look()
            async with (
                self._closing_instances(),
                aclosing(replays),
                self._serving(create_server(administration), operators_socket, "administration"),
                self._working(),
                self._repeating(self._admission.watch(), self._purge()),
                self._serving(create_server(ingress), events_socket, "ingress"),
            ):
                self.urls = {
                    "ingress": address(events_socket),
                    "administration": address(operators_socket),
                }
                self.is_serving.set()
                await self._stopping.wait()
                logger.info("stops: takes no new events, and finishes what is in flight")

    async def reload(self) -> None:
        """Replace the configuration by that of its file, without a pause.

        Events that wait in the queue go to the new instances, and deliveries in flight end with the
        old ones. Parked events are tried again at once. Raises what loading raises where the new
        configuration is wrong; the old one then goes on.
        """
        async with self._reloading:
            config = await asyncio.to_thread(self._load)
            await self._revisions.keep(config)
            opened = await self._open_instances(config)
            old, old_config = self._open, self._config
            # No other task runs between these: requests see one configuration, whole.
            self._use_instances(config, opened)
            self._endpoint.plan = create_plan(config)
            self._admission.limits = config.limits
            self._config = config
            for live in old.values():
                closing = asyncio.create_task(live.aclose(deadline=_GRACE))
                self._closing.add(closing)
                closing.add_done_callback(self._closing.discard)
            for section in _find_fixed_changes(old_config, config):
                logger.warning("%s has changed: it holds after the next start", section)
            logger.info("the new configuration holds")
            for name in opened:
                await self._queue.release(name)
            await self._warn_of_strangers()

    async def _open_instances(self, config: HostConfig) -> dict[str, Live]:
        """Return the instances, all of them open."""
        async with AsyncExitStack() as stack:
            opened = {
                name: await stack.enter_async_context(self._open_instance(instance))
                for name, instance in config.instances.items()
            }
            stack.pop_all()
        return opened

    def _open_instance(self, instance: Instance) -> Live:
        return instance.open(
            connect_to=self._connect_to,
            window=self._config.limits.in_flight,
            telemetry=self._monitor.telemetry,
        )

    def _use_instances(self, config: HostConfig, opened: dict[str, Live]) -> None:
        self._revisions.use(config)
        self._open = self._dispatcher.instances = opened
        self._monitor.use_config(config, opened)
        self._dispatcher.wake()

    def _record_receipt(self, receipt: Receipt) -> None:
        self._monitor.record_receipt(receipt)
        if receipt.accepted:
            self._dispatcher.wake()

    async def _warn_of_strangers(self) -> None:
        stats = await self._queue.stats()
        for name, instance in stats.instances.items():
            waiting = sum(instance.counts.values())
            if name not in self._open and waiting:
                logger.warning("the queue has events of %s, which the configuration lacks", name)

    async def _report_killed(self) -> None:
        """Report the delivery that became dead as the queue was opened, by no attempt."""
        killed = Filter(statuses=(Status.DEAD,), code=KILLED_ITS_WORKER)
        for found in await self._queue.find(killed):
            if (found.finished_at or 0.0) >= self._monitor.started_at:
                self._monitor.record_killed(found)

    @asynccontextmanager
    async def _closing_instances(self) -> AsyncIterator[None]:
        try:
            yield
        finally:
            grace = 0.0 if self.is_hurried else _GRACE
            open_now = [live.aclose(deadline=grace) for live in self._open.values()]
            await asyncio.gather(*open_now, *self._closing, self._revisions.aclose())

    @asynccontextmanager
    async def _serving(self, server: Server, listener: socket, name: str) -> AsyncIterator[None]:
        self._servers.append(server)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        starting = asyncio.create_task(server.is_ready.wait())
        try:
            await asyncio.wait((serving, starting), return_when=asyncio.FIRST_COMPLETED)
            logger.info("%s: %s", name, address(listener))
            yield
        finally:
            starting.cancel()
            server.stop()
            await serving

    @asynccontextmanager
    async def _working(self) -> AsyncIterator[None]:
        """Deliver what is in the queue, in the meantime."""
        delivering = self._delivering = asyncio.create_task(self._dispatcher.run(grace=_GRACE))
        delivering.add_done_callback(lambda _: self.stop())
        try:
            yield
        finally:
            self._dispatcher.stop()
            await asyncio.wait([delivering])
            if not delivering.cancelled():
                delivering.result()

    @asynccontextmanager
    async def _repeating(self, *loops: Coroutine[None, None, None]) -> AsyncIterator[None]:
        """Run loops that have no end, in the meantime; a fault in one stops the host."""
        tasks = [asyncio.create_task(loop) for loop in loops]
        for task in tasks:
            task.add_done_callback(lambda _: self.stop())
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            for task in tasks:
                with suppress(asyncio.CancelledError):
                    await task

    async def _purge(self) -> None:
        while True:
            try:
                purged = await self._queue.purge()
                pause = _PIECE_PAUSE if purged.has_more else _PURGE_PAUSE
            except QueueError as error:
                logger.error("old events cannot be removed: %s", error)  # noqa: TRY400 - the message is the reason; a traceback adds nothing
                pause = _PURGE_PAUSE
            await asyncio.sleep(pause)


def create_plan(config: HostConfig) -> IngressPlan:
    """Return what the ingress judges requests by."""
    tables = {
        source.name: SourceTable({name: config.instances[name] for name in source.destinations})
        for source in config.sources
    }
    return IngressPlan(
        config=config,
        keys=WriteKeys(config.sources),
        tables=tables,
        guesses=GuessLimiter(config.limits.unknown_keys_per_minute),
        webhooks={source.name: source.webhook for source in config.sources if source.webhook},
    )


async def serve(
    config: HostConfig,
    load: Callable[[], HostConfig],
    connect_to: Mapping[str, str],
    on_start: Callable[[Host], None],
    telemetry: Telemetry | None = None,
) -> bool:
    """Open the queue, and run a host on it; return whether it finished what was in flight.

    `on_start` gets the host, to stop or reload it. `telemetry` is what instances report to.
    """
    monitor = Monitor(telemetry)
    queue = await SqliteQueue.open(
        config.queue_file, retention=config.retention, on_commit=monitor.record_commit
    )
    async with queue:
        host = Host(config, queue, load, connect_to, monitor)
        on_start(host)
        await host.run()
    return not host.is_hurried


#: Options that a running host does not change, each with the function that reads it.
_FIXED: Final[dict[str, Callable[[HostConfig], object]]] = {
    "queue.file": lambda config: config.queue_file,
    "queue.keep…": lambda config: config.retention,
    "listen.ingress": lambda config: (
        config.ingress.host,
        config.ingress.port,
        config.ingress.origins,
    ),
    "listen.administration": lambda config: config.administration,
    "retry": lambda config: config.retry,
    "limits.inFlight": lambda config: config.limits.in_flight,
}


def _find_fixed_changes(old: HostConfig, new: HostConfig) -> list[str]:
    """Return the options whose new values hold after the next start only."""
    return [name for name, read in _FIXED.items() if read(old) != read(new)]
