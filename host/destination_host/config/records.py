"""Records of the configuration, as a checked document becomes them; all frozen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from destination_host.queue import Retention
from destination_kit.delivery import RetryPolicy

if TYPE_CHECKING:
    from destination_kit import Instance, Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """A router whose webhook sends events to a source."""

    #: Which router it is: that decides about its proof and its events.
    sender: str
    #: What it signs with, or sends as a bearer token.
    secret: str = field(repr=False)
    #: Whether it signs its bodies.
    is_signed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A sender of events."""

    #: The name in the queue, in metrics and in logs.
    name: str
    #: Any of these texts lets a request in.
    write_keys: tuple[str, ...] = field(repr=False)
    #: The router that may send to `/v1/webhook/NAME`; None where none may.
    webhook: Webhook | None = None
    #: The names of the instances that receive its events.
    destinations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class IngressListener:
    """Where events arrive."""

    host: str
    port: int
    #: The origins whose pages may send events; `*` stands for all.
    origins: tuple[str, ...]
    #: What becomes of a request with an unknown write key: 401, or 200 with the body kept as
    #: rejected.
    unknown_write_keys: Literal["refuse", "keep"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AdministrationListener:
    """Where operators ask."""

    host: str
    port: int
    #: The bearer token; None where only this machine can connect.
    token: str | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds on what the host takes in, and on what it has in flight."""

    #: Bytes of an event as JSON.
    event_bytes: int
    #: Bytes of the body of a request, compressed or not.
    batch_bytes: int
    #: Bytes of the body of a webhook, compressed or not.
    webhook_bytes: int
    #: Seconds in which a body must be complete.
    body_timeout: float
    #: Requests with an unknown write key that an address may send a minute.
    unknown_keys_per_minute: int
    #: Deliveries that are not final; beyond it, events are refused with 429.
    unfinished: int
    #: Bytes that the disk of the queue must have left; below it, likewise.
    free_bytes: int
    #: Seconds by which the oldest delivery may be overdue; beyond it, likewise.
    overdue: float
    #: Deliveries in flight of one instance.
    in_flight: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HostConfig:
    """The whole configuration, with every secret resolved and every instance compiled."""

    sources: tuple[Source, ...]
    #: Name -> the configured instance.
    instances: Mapping[str, Instance]
    #: Name -> the subscriptions of the instance, as its document has them.
    subscriptions: Mapping[str, Json]
    #: (name, subscriptions) -> the instance with other subscriptions; raises `ConfigurationError`.
    with_subscriptions: Callable[[str, Json], Instance] = field(repr=False)
    queue_file: Path
    retention: Retention
    ingress: IngressListener
    administration: AdministrationListener
    limits: Limits
    retry: RetryPolicy
    #: Sentences about what may surprise an operator.
    warnings: tuple[str, ...] = ()
