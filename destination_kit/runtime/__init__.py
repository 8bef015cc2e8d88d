"""The one pipeline: what becomes of events in a configured instance. It knows no plugin."""

from typing import TYPE_CHECKING

from destination_kit._lazy import opener

if TYPE_CHECKING:
    from destination_kit.runtime.dispatch import CompiledSubscription, Prepare, compile_dispatch
    from destination_kit.runtime.failures import INVALID_AUTHENTICATION
    from destination_kit.runtime.instance import Instance
    from destination_kit.runtime.live import Live
    from destination_kit.runtime.observers import Observe
    from destination_kit.runtime.preview import Preview, Request

__all__ = [
    "INVALID_AUTHENTICATION",
    "CompiledSubscription",
    "Instance",
    "Live",
    "Observe",
    "Prepare",
    "Preview",
    "Request",
    "compile_dispatch",
]


def __dir__() -> list[str]:
    return __all__


__getattr__ = opener(
    __name__, __all__, ("failures", "dispatch", "preview", "instance", "observers", "live")
)
