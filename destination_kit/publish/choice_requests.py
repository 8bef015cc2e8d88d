"""Requests for the choices of a dynamic field, as forms send them to a host."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from destination_kit._json import as_object
from destination_kit.fields import load_metaschema
from destination_kit.fields.checker import build_schema_validator
from destination_kit.publish.console_records import ConsoleError

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject
    from destination_kit.dynamic_choices import Choices
    from destination_kit.runtime import Live

_OPTIONS = ("mapping", "payload", "inputs", "search", "selected_key", "page")


def check_choice_request(request: Json) -> JsonObject:
    """Return the request, where `choices.schema.json` takes it; else raise `ConsoleError`."""
    schema = as_object(as_object(load_metaschema("choices")["properties"])["request"])
    for error in build_schema_validator(schema).iter_errors(request):
        place = "/".join(map(str, error.absolute_path))
        raise ConsoleError("REQUEST", f"{place}: {error.message}" if place else error.message)
    return as_object(request)


async def list_page(live: Live, request: JsonObject) -> Choices:
    """Return the page that a checked request asks for."""
    options: Any = {name: request[name] for name in _OPTIONS if name in request}
    name, action, hook = str(request["field"]), request.get("action"), request.get("hook")
    if hook is not None:
        return await live.hook_choices(str(action), str(hook), name, **options)
    if action is not None:
        return await live.choices(str(action), name, **options)
    if request.get("audience", False):
        return await live.audience_choices(name, **options)
    return await live.setting_choices(name, **options)
