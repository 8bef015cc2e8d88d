"""The runtime: a configured instance, and the pipeline from events to results."""

from typing import TYPE_CHECKING

from destination_kit._lazy import lazy_attributes

if TYPE_CHECKING:  # type checkers do not run `__getattr__`, so they find the names here
    from destination_kit.runtime.dispatch import (
        CompiledSubscription as CompiledSubscription,
        Prepare as Prepare,
        compile_dispatch as compile_dispatch,
    )
    from destination_kit.runtime.failures import INVALID_AUTHENTICATION as INVALID_AUTHENTICATION
    from destination_kit.runtime.instance import Instance as Instance
    from destination_kit.runtime.live import Live as Live
    from destination_kit.runtime.observers import Observe as Observe
    from destination_kit.runtime.preview import (
        Preview as Preview,
        Request as Request,
    )

_MODULES = {
    "CompiledSubscription": "dispatch",
    "INVALID_AUTHENTICATION": "failures",
    "Instance": "instance",
    "Live": "live",
    "Observe": "observers",
    "Prepare": "dispatch",
    "Preview": "preview",
    "Request": "preview",
    "compile_dispatch": "dispatch",
}
__all__ = list(_MODULES)
__getattr__ = lazy_attributes(__name__, _MODULES)


def __dir__() -> list[str]:
    return __all__
