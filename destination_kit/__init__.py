"""Send customer events to a partner: the front door of the kit.

A name is imported when it is first asked for, so that a program pays for what it uses.
"""

from typing import TYPE_CHECKING

from destination_kit._lazy import opener

if TYPE_CHECKING:
    from destination_kit._json import MISSING, Json, JsonObject, Predicate, Resolver, Value
    from destination_kit.catalog import Catalog, Secrets
    from destination_kit.definitions import (
        Action,
        Audience,
        Authentication,
        AuthResult,
        BatchLimits,
        Choice,
        Choices,
        Compiler,
        Context,
        Destination,
        Directive,
        Example,
        MappingHook,
        Preset,
        RateLimit,
        Subscription,
    )
    from destination_kit.errors import (
        APIError,
        ConfigurationError,
        DefinitionError,
        DeliveryError,
        DestinationKitError,
        HTTPError,
        IntegrationError,
        InvalidAuthenticationError,
        MappingError,
        PayloadValidationError,
        Problem,
        RetryableError,
        SelfTimeoutError,
        TransportError,
        TriggerError,
    )
    from destination_kit.fields import parse_date_like
    from destination_kit.fql import compile_trigger
    from destination_kit.hookspecs import hookimpl
    from destination_kit.http import Budgets
    from destination_kit.http_interface import Http, Response
    from destination_kit.mapping import compile_mapping, paths_read
    from destination_kit.results import (
        Delivered,
        EventResult,
        Failed,
        Result,
        ResultRecord,
        Skipped,
        SubscriptionResult,
    )
    from destination_kit.runtime import Instance, Live, Preview

__all__ = [
    "MISSING",
    "APIError",
    "Action",
    "Audience",
    "AuthResult",
    "Authentication",
    "BatchLimits",
    "Budgets",
    "Catalog",
    "Choice",
    "Choices",
    "Compiler",
    "ConfigurationError",
    "Context",
    "DefinitionError",
    "Delivered",
    "DeliveryError",
    "Destination",
    "DestinationKitError",
    "Directive",
    "EventResult",
    "Example",
    "Failed",
    "HTTPError",
    "Http",
    "Instance",
    "IntegrationError",
    "InvalidAuthenticationError",
    "Json",
    "JsonObject",
    "Live",
    "MappingError",
    "MappingHook",
    "PayloadValidationError",
    "Predicate",
    "Preset",
    "Preview",
    "Problem",
    "RateLimit",
    "Resolver",
    "Response",
    "Result",
    "ResultRecord",
    "RetryableError",
    "Secrets",
    "SelfTimeoutError",
    "Skipped",
    "Subscription",
    "SubscriptionResult",
    "TransportError",
    "TriggerError",
    "Value",
    "compile_mapping",
    "compile_trigger",
    "hookimpl",
    "parse_date_like",
    "paths_read",
]

__getattr__ = opener(
    __name__,
    __all__,
    (
        "_json",
        "errors",
        "results",
        "http_interface",
        "definitions",
        "hookspecs",
        "fql",
        "mapping",
        "fields",
        "http",
        "catalog",
        "runtime",
    ),
)


def __dir__() -> list[str]:
    return __all__
