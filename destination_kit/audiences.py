"""Audiences at the partner: the checks around an author's functions that create and find them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from destination_kit._secrets import find_secret_texts
from destination_kit.author_calls import call_author, redact_with
from destination_kit.errors import ConfigurationError, DefinitionError, IntegrationError, Problem

if TYPE_CHECKING:
    from destination_kit._redact import Redact
    from destination_kit.audience_details import AudienceDetails
    from destination_kit.definitions import (
        Audience,
        AudienceFunction,
        Context,
        Destination,
    )


async def create_audience(
    destination: Destination, context: Context, audience: AudienceDetails, redact: Redact
) -> str:
    """Create an audience at the partner, and return the partner's id of it.

    Raises `DefinitionError` where the destination creates no audiences, `ConfigurationError` for an
    audience without a name or with settings that its schema refuses, and what `call_author` raises.
    """
    definition = _find_definition(destination)
    function = _require(definition.create_audience, destination, "creates no audiences")
    checked = _check(definition, audience, "name")
    where = f"{destination.slug}/audience: create_audience"
    redact = _redact_settings(redact, definition, checked)
    return _read_id(await call_author(partial(function, context, checked), where, redact))


async def get_audience(
    destination: Destination, context: Context, audience: AudienceDetails, redact: Redact
) -> str:
    """Find an audience by its `external_id`, and return the id that the partner has for it.

    Raises what `create_audience` does, with the `external_id` in place of the name.
    """
    definition = _find_definition(destination)
    function = _require(definition.get_audience, destination, "finds no audiences")
    checked = _check(definition, audience, "external_id")
    where = f"{destination.slug}/audience: get_audience"
    redact = _redact_settings(redact, definition, checked)
    return _read_id(await call_author(partial(function, context, checked), where, redact))


def _redact_settings(redact: Redact, definition: Audience, audience: AudienceDetails) -> Redact:
    from destination_kit.fields import collect_secret_fields

    names = collect_secret_fields(definition.settings)
    return redact_with(redact, find_secret_texts(audience.settings, names))


def _find_definition(destination: Destination) -> Audience:
    if destination.audience is None:
        raise DefinitionError("has no audiences", where=destination.slug)
    return destination.audience


def _require(
    function: AudienceFunction | None, destination: Destination, problem: str
) -> AudienceFunction:
    if function is None:
        raise DefinitionError(problem, where=f"{destination.slug}/audience")
    return function


def _check(definition: Audience, audience: AudienceDetails, required: str) -> AudienceDetails:
    """Return the audience with coerced settings; raise `ConfigurationError` with every problem."""
    from destination_kit.fields import compile_validator

    settings, problems = compile_validator(definition.settings, drop_empty=False)(audience.settings)
    found = [*_check_required(audience, required)]
    found += [replace(problem, path=f"/settings{problem.path}") for problem in problems]
    if found:
        raise ConfigurationError(found)
    return replace(audience, settings=settings)


def _check_required(audience: AudienceDetails, name: str) -> Iterator[Problem]:
    if not getattr(audience, name):
        yield Problem(f"/{name}", "REQUIRED", "is required")


def _read_id(external_id: object) -> str:
    if isinstance(external_id, str) and external_id:
        return external_id
    # An empty id would reach the events of the audience, and every one of them would fail.
    kind = "an empty text" if external_id == "" else f"a {type(external_id).__name__}"
    message = f"the id of the audience should be a text, and is {kind}"
    raise IntegrationError(message, "UNEXPECTED_ANSWER", 500, remedy="code")
