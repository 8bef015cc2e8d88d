"""The records of an exchange: what was requested of a partner, and how the delivery ended."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from destination_kit import Destination
from tests.conformance.generate.chance import Chance

if TYPE_CHECKING:
    from tests.conformance.exchanges.prescription import Delivery

Case: TypeAlias = dict[str, Any]
"""What both sides get: `destination`, `settings`, `event`, `now` and `script`, beside an `id`.

In place of `event` a case may have `events`, which are one batch, or `audience`, the input of an
audience function. Such a case has `function` too: the name of its delivery in `Port.deliveries`,
and for an audience that of the function in the reference.
"""

Kind: TypeAlias = Literal["delivered", "failed", "skipped", "refused"]


@dataclass(frozen=True, slots=True)
class SentRequest:
    """A request as it left."""

    method: str
    #: Without its fragment, which HTTP does not send.
    url: str
    #: The header X-API-TOKEN, else X-Signature; None without one.
    token: str | None
    #: The header Content-Type, None without one.
    content_type: str | None
    #: The bytes of the body, as text.
    body: str


@dataclass(frozen=True, slots=True)
class Ending:
    """How the delivery of an event ended. `refused` is an instance that cannot be configured."""

    kind: Kind
    #: The code of a failure.
    code: str = ""
    #: What a caller does next: `retry`, wait for mended `settings`, or `give up`.
    then: Literal["", "retry", "settings", "give up"] = ""
    #: What an audience function returned, as JSON.
    returned: str = ""


@dataclass(frozen=True, slots=True)
class Exchange:
    """The requests of one delivery in their order, and its ending."""

    requests: tuple[SentRequest, ...]
    ending: Ending


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """A destination that the reference has too, and what the comparison needs of it."""

    #: The folder of the destination in `@segment/action-destinations`.
    reference: str
    destination: Destination
    #: Action, batch or audience function -> a maker of its cases. The maker leaves out `id`,
    #: `destination` and `now`.
    makers: Mapping[str, Callable[[Chance], Case]]
    #: The same names -> the delivery of a payload (a list of them, the input of the function), as
    #: the reference does it where no row departs from it.
    deliveries: Mapping[str, Callable[[Delivery, Any], None]]
    #: Row -> the difference that it chooses, in a sentence or as a row of docs/differences.md.
    rows: Mapping[str, str]
    #: Whether the partner's rate limits are kept, so that a 429 is waited for.
    has_rate_limits: bool = False
    #: Ends a delivery whose settings are refused, before there is a payload.
    check_settings: Callable[[Delivery], None] | None = None
    #: The class of deliveries, where the partner's refusals mean more than their status.
    delivery: type[Delivery] | None = None
