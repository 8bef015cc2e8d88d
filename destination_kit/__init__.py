"""Send customer events to a partner: the front door of the kit.

A name is imported when it is first asked for, so that a program pays for what it uses.
"""

from typing import TYPE_CHECKING

from destination_kit._lazy import lazy_attributes

if TYPE_CHECKING:  # type checkers do not run `__getattr__`, so they find the names here
    from destination_kit._javascript import stringify_json as stringify_json
    from destination_kit._json import (
        MISSING as MISSING,
        Json as Json,
        JsonObject as JsonObject,
        Predicate as Predicate,
        Resolver as Resolver,
        Value as Value,
    )
    from destination_kit._redact import mask_secrets as mask_secrets
    from destination_kit.audience_details import AudienceDetails as AudienceDetails
    from destination_kit.auth_results import AuthResult as AuthResult, Permission as Permission
    from destination_kit.catalog import (
        Catalog as Catalog,
        Secrets as Secrets,
    )
    from destination_kit.choice_scan import (
        ChoiceScan as ChoiceScan,
        find_choices as find_choices,
        scan_choices as scan_choices,
    )
    from destination_kit.command_interface import Command as Command, Writer as Writer
    from destination_kit.definitions import (
        Action as Action,
        Audience as Audience,
        Authentication as Authentication,
        Context as Context,
        Destination as Destination,
        MappingHook as MappingHook,
        Preset as Preset,
        RequestExtension as RequestExtension,
        Subscription as Subscription,
    )
    from destination_kit.directive_interface import (
        Compiler as Compiler,
        Directive as Directive,
        Example as Example,
    )
    from destination_kit.dynamic_choices import (
        Choice as Choice,
        ChoiceRequest as ChoiceRequest,
        Choices as Choices,
    )
    from destination_kit.errors import (
        APIError as APIError,
        ConfigurationError as ConfigurationError,
        DefinitionError as DefinitionError,
        DeliveryError as DeliveryError,
        DestinationKitError as DestinationKitError,
        EnvironmentVariableError as EnvironmentVariableError,
        HTTPError as HTTPError,
        HttpLibraryError as HttpLibraryError,
        IntegrationError as IntegrationError,
        InvalidAuthenticationError as InvalidAuthenticationError,
        MappingError as MappingError,
        PayloadValidationError as PayloadValidationError,
        Problem as Problem,
        Remedy as Remedy,
        RetryableError as RetryableError,
        SelfTimeoutError as SelfTimeoutError,
        TransportError as TransportError,
        TriggerError as TriggerError,
    )
    from destination_kit.exchanges import Exchange as Exchange
    from destination_kit.fields import parse_date_like as parse_date_like
    from destination_kit.fql import compile_trigger as compile_trigger
    from destination_kit.hookspecs import hookimpl as hookimpl
    from destination_kit.http import Budgets as Budgets
    from destination_kit.http_interface import (
        AssumedResponse as AssumedResponse,
        Http as Http,
        PreparedRequest as PreparedRequest,
        RequestOptions as RequestOptions,
        Response as Response,
    )
    from destination_kit.limits import BatchLimits as BatchLimits, RateLimit as RateLimit
    from destination_kit.mapping import (
        compile_mapping as compile_mapping,
        paths_read as paths_read,
    )
    from destination_kit.pagination import paginate as paginate
    from destination_kit.placeholders import find_placeholders as find_placeholders
    from destination_kit.plugins import (
        LoadedPlugin as LoadedPlugin,
        PluginFailure as PluginFailure,
        Plugins as Plugins,
    )
    from destination_kit.refreshed_settings import RefreshedSettings as RefreshedSettings
    from destination_kit.results import (
        Delivered as Delivered,
        EventResult as EventResult,
        Failed as Failed,
        Result as Result,
        ResultRecord as ResultRecord,
        Skipped as Skipped,
        Submitted as Submitted,
        SubscriptionResult as SubscriptionResult,
    )
    from destination_kit.runtime import (
        Instance as Instance,
        Live as Live,
        Preview as Preview,
    )
    from destination_kit.stores import (
        FileStore as FileStore,
        MemoryStore as MemoryStore,
        Store as Store,
        StoreFileError as StoreFileError,
        StoreFullError as StoreFullError,
    )
    from destination_kit.telemetry import OpenTelemetry as OpenTelemetry, Telemetry as Telemetry

_MODULES = {
    "APIError": "errors",
    "Action": "definitions",
    "AssumedResponse": "http_interface",
    "Audience": "definitions",
    "AudienceDetails": "audience_details",
    "AuthResult": "auth_results",
    "Authentication": "definitions",
    "BatchLimits": "limits",
    "Budgets": "http",
    "Catalog": "catalog",
    "Choice": "dynamic_choices",
    "Choices": "dynamic_choices",
    "Command": "command_interface",
    "Compiler": "directive_interface",
    "ConfigurationError": "errors",
    "Context": "definitions",
    "DefinitionError": "errors",
    "Delivered": "results",
    "DeliveryError": "errors",
    "Destination": "definitions",
    "DestinationKitError": "errors",
    "Directive": "directive_interface",
    "EventResult": "results",
    "Exchange": "exchanges",
    "Example": "directive_interface",
    "Failed": "results",
    "FileStore": "stores",
    "HTTPError": "errors",
    "Http": "http_interface",
    "EnvironmentVariableError": "errors",
    "HttpLibraryError": "errors",
    "Instance": "runtime",
    "IntegrationError": "errors",
    "InvalidAuthenticationError": "errors",
    "Json": "_json",
    "JsonObject": "_json",
    "Live": "runtime",
    "LoadedPlugin": "plugins",
    "MISSING": "_json",
    "MappingError": "errors",
    "ChoiceRequest": "dynamic_choices",
    "ChoiceScan": "choice_scan",
    "find_choices": "choice_scan",
    "scan_choices": "choice_scan",
    "MappingHook": "definitions",
    "MemoryStore": "stores",
    "OpenTelemetry": "telemetry",
    "PayloadValidationError": "errors",
    "Permission": "auth_results",
    "PluginFailure": "plugins",
    "Plugins": "plugins",
    "Predicate": "_json",
    "PreparedRequest": "http_interface",
    "Preset": "definitions",
    "Preview": "runtime",
    "Problem": "errors",
    "RateLimit": "limits",
    "RefreshedSettings": "refreshed_settings",
    "Remedy": "errors",
    "RequestExtension": "definitions",
    "RequestOptions": "http_interface",
    "Resolver": "_json",
    "Response": "http_interface",
    "Result": "results",
    "ResultRecord": "results",
    "RetryableError": "errors",
    "Secrets": "catalog",
    "SelfTimeoutError": "errors",
    "Skipped": "results",
    "Store": "stores",
    "StoreFileError": "stores",
    "StoreFullError": "stores",
    "Submitted": "results",
    "Subscription": "definitions",
    "SubscriptionResult": "results",
    "Telemetry": "telemetry",
    "TransportError": "errors",
    "TriggerError": "errors",
    "Value": "_json",
    "Writer": "command_interface",
    "compile_mapping": "mapping",
    "compile_trigger": "fql",
    "find_placeholders": "placeholders",
    "hookimpl": "hookspecs",
    "paginate": "pagination",
    "parse_date_like": "fields",
    "paths_read": "mapping",
    "mask_secrets": "_redact",
    "stringify_json": "_javascript",
}
__all__ = list(_MODULES)
__getattr__ = lazy_attributes(__name__, _MODULES)


def __dir__() -> list[str]:
    return __all__
