"""`dkit choices`: list the choices of a dynamic field."""

from __future__ import annotations

import asyncio
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from destination_kit._json import as_array, as_object
from destination_kit.cli.errors import UsageError
from destination_kit.cli.hook_inputs import add_inputs_options, read_inputs
from destination_kit.cli.instances import (
    add_connect_to_option,
    add_instance_argument,
    add_store_option,
    load_account,
    open_store,
    parse_connections,
)
from destination_kit.cli.sample_payloads import add_event_option, read_sample_payload
from destination_kit.dynamic_choices import ChoiceRequest
from destination_kit.dynamic_fields import find_choices
from destination_kit.errors import DeliveryError, did_you_mean
from destination_kit.fields.introspection import collect_defaults
from destination_kit.placeholders import without_placeholders

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject
    from destination_kit.cli.destinations import LoadCatalog
    from destination_kit.command_interface import Writer
    from destination_kit.definitions import Destination, ListChoices
    from destination_kit.dynamic_choices import ChoiceOptions, Choices
    from destination_kit.runtime import Instance


def add_arguments(parser: ArgumentParser) -> None:
    """Add the instance, the form and one of its fields, what is filled in, and the page."""
    add_instance_argument(parser)
    parser.add_argument("action", metavar="ACTION", nargs="?", help="an action's slug")
    parser.add_argument("field", metavar="FIELD", nargs="?", help="a field's path, as list or a.b")
    parser.add_argument("--hook", help="FIELD is an input of this mapping hook of the action")
    parser.add_argument(
        "--setting", metavar="FIELD", help="a setting, in place of ACTION and FIELD"
    )
    parser.add_argument(
        "--audience-setting", metavar="FIELD", help="a setting of audiences, in place of both"
    )
    parser.add_argument(
        "--subscription",
        metavar="NAME",
        help="the subscription whose mapping the choices see, by default the action's first",
    )
    add_event_option(parser)
    add_inputs_options(parser)
    parser.add_argument("--search", default="", metavar="TEXT", help="the text to search for")
    parser.add_argument("--key", help="the key of the object FIELD whose value is chosen")
    parser.add_argument("--page", help="the page to list, as the previous page names it")
    add_connect_to_option(parser)
    add_store_option(parser)


def run(arguments: Namespace, load_catalog: LoadCatalog, writer: Writer) -> int:
    """Write a page of choices; return 1 where the partner does not list them."""
    form = _read_form(arguments)
    catalog = load_catalog()
    instance, document = load_account(arguments, catalog, draft=form.is_of_settings)
    _check_form(instance.destination, form, arguments.key)
    options = _read_options(document.value, instance.destination, form, arguments)
    options["payload"] = read_sample_payload(arguments, options["mapping"], catalog)
    try:
        page = asyncio.run(_fetch_choices(instance, form, options, arguments))
    except DeliveryError as error:
        # The message may quote the partner's response, and a response can repeat a secret setting.
        writer.error(instance.redact(str(error)))
        return 1
    if arguments.json:
        choices = [{"value": choice.value, "label": choice.label} for choice in page.choices]
        writer.json({"choices": choices, "next_page": page.next_page})
    else:
        _write_page(page, writer)
    return 0


@dataclass(frozen=True, slots=True)
class _Form:
    """The form that the arguments name, and a field of it."""

    field: str
    #: The slug of the action; None for settings.
    action: str | None = None
    #: The mapping hook of the action, where the field is an input of it.
    hook: str | None = None
    is_of_audience: bool = False

    @property
    def is_of_settings(self) -> bool:
        """Whether a person fills in the settings, so that some may be missing."""
        return self.action is None and not self.is_of_audience


def _read_form(arguments: Namespace) -> _Form:
    """Return the form; raise `UsageError` where the arguments name none, or two."""
    setting, of_audience = arguments.setting, arguments.audience_setting
    given = [name for name in (arguments.action, setting, of_audience) if name is not None]
    if len(given) != 1 or (arguments.action is None and arguments.hook is not None):
        raise UsageError("name one field: ACTION FIELD, with --hook or not, or --setting FIELD")
    if arguments.action is None:
        for option in ("subscription", "event"):
            if getattr(arguments, option) is not None:
                raise UsageError(f"--{option} is for a field of an action: settings see no mapping")
        return _Form(given[0], is_of_audience=of_audience is not None)
    if arguments.field is None:
        raise UsageError(f"name a field of {arguments.action}: ACTION FIELD")
    return _Form(arguments.field, arguments.action, arguments.hook)


def _check_form(destination: Destination, form: _Form, key: str | None) -> None:
    """Raise `UsageError`, with the known names, where there is no such form or dynamic field."""
    label, choices = _find_form(destination, form)
    if find_choices(choices, form.field, ChoiceRequest(selected_key=key)) is None:
        raise _unknown(f"{form.field!r} of {label} has no choices", form.field, choices)


def _find_form(destination: Destination, form: _Form) -> tuple[str, Mapping[str, ListChoices]]:
    """Return what a person calls the form, and its functions."""
    if form.is_of_audience:
        audience = destination.audience
        return "the settings of an audience", audience.choices if audience else {}
    if form.action is None:
        return "the settings", destination.choices
    if form.action not in destination.actions:
        problem = f"{destination.name} has no action {form.action!r}"
        raise _unknown(problem, form.action, destination.actions)
    action = destination.actions[form.action]
    if form.hook is None:
        return form.action, action.choices
    if form.hook not in action.hooks:
        raise _unknown(f"{form.action} has no hook {form.hook!r}", form.hook, action.hooks)
    return f"the hook {form.hook} of {form.action}", action.hooks[form.hook].choices


def _unknown(problem: str, name: str, known: Iterable[str]) -> UsageError:
    names = sorted(known)
    return UsageError(
        f"{problem}{did_you_mean(name, names)}; there is: {', '.join(names) or 'none'}"
    )


def _write_page(page: Choices, writer: Writer) -> None:
    if page.choices:
        writer.table(("value", "label"), [(choice.value, choice.label) for choice in page.choices])
    else:
        writer.text("There is nothing to choose from.")
    if page.next_page is not None:
        writer.notice(f"there is more: --page '{page.next_page}'")


def _read_options(
    document: Json, destination: Destination, form: _Form, arguments: Namespace
) -> ChoiceOptions:
    """Return what is filled in so far, and the search, key and page of the arguments."""
    mapping, inputs = _find_mapping(document, destination, form, arguments.subscription)
    return {
        "mapping": mapping,
        "inputs": {**inputs, **read_inputs(arguments)},
        "search": arguments.search,
        "selected_key": arguments.key,
        "page": arguments.page,
    }


def _find_mapping(
    document: Json, destination: Destination, form: _Form, name: str | None
) -> tuple[JsonObject, JsonObject]:
    """Return the mapping and the hook's inputs of a subscription, so far.

    Raises `UsageError` where no subscription of the action has this name; without a name it is the
    first one.
    """
    # A function that lists choices may need the values of other fields: the mailing lists are those
    # of a directory.
    action = destination.actions.get(form.action or "")
    if action is None:
        return {}, {}
    subscriptions = [
        subscription
        for subscription in map(as_object, as_array(as_object(document).get("subscriptions")))
        if form.action in (subscription.get("action"), subscription.get("partnerAction"))
    ]
    names = [str(subscription.get("name", form.action)) for subscription in subscriptions]
    if name is not None and name not in names:
        raise _unknown(f"{form.action} has no subscription {name!r}", name, names)
    if not subscriptions:
        return {}, {}
    subscription = subscriptions[0 if name is None else names.index(name)]
    mapping = as_object(subscription.get("mapping"))
    has_defaults = subscription.get("useDefaultMapping") is True
    defaults = collect_defaults(action.fields) if has_defaults else {}
    hooks = {**mapping, **as_object(subscription.get("hooks"))}
    inputs = as_object(as_object(hooks.get(form.hook or "")).get("inputs"))
    return without_placeholders({**defaults, **mapping}), without_placeholders(inputs)


async def _fetch_choices(
    instance: Instance, form: _Form, options: ChoiceOptions, arguments: Namespace
) -> Choices:
    async with instance.open(
        connect_to=parse_connections(arguments), store=open_store(arguments)
    ) as live:
        if form.is_of_audience:
            return await live.audience_choices(form.field, **options)
        if form.action is None:
            return await live.setting_choices(form.field, **options)
        if form.hook is None:
            return await live.choices(form.action, form.field, **options)
        return await live.hook_choices(form.action, form.hook, form.field, **options)
