"""Choice lists of a destination: the functions of its dynamic fields, compiled and called."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from destination_kit._json import take
from destination_kit._secrets import SecretNames, find_secret_texts
from destination_kit.author_calls import AuthorFaultError, call_author, redact_with
from destination_kit.dynamic_choices import Choice, ChoiceRequest, Choices
from destination_kit.dynamic_fields import find_choices, takes_mapping_and_page
from destination_kit.errors import DefinitionError, did_you_mean
from destination_kit.fields import collect_secret_fields

if TYPE_CHECKING:
    from destination_kit._json import JsonObject
    from destination_kit._redact import Redact
    from destination_kit.definitions import Action, Context, Destination, ListChoices

ListPage: TypeAlias = "Callable[[Context, ChoiceRequest], Awaitable[Any]]"
"""(context, request) -> a page of choices, whichever signature the author's function has."""


@dataclass(frozen=True, slots=True)
class ChoiceForm:
    """The dynamic fields of one form: settings, an action's fields, or the inputs of a hook."""

    #: Where the form stands, such as `actions-acme/add`.
    where: str
    #: Path -> the function that lists its choices.
    functions: Mapping[str, ListPage]
    #: The fields that hold secrets.
    secrets: SecretNames

    async def list_page(
        self, context: Context, field: str, request: ChoiceRequest, redact: Redact
    ) -> Choices:
        """Return a page of the choices of a field.

        Raises `DefinitionError` where the field has none, and what `call_author` raises.
        """
        place = f"{self.where}/{field}"
        found = find_choices(self.functions, field, request)
        if found is None:
            hint = did_you_mean(field, self.functions)
            raise DefinitionError(f"has no dynamic choices{hint}", where=place)
        list_page, request = found
        filled_in = [request.mapping, request.payload, request.inputs]
        redact = redact_with(redact, find_secret_texts(filled_in, self.secrets))
        where = f"{place}: the function of the choices"
        returned = await call_author(partial(list_page, context, request), where, redact)
        return _check(returned, where)


class ChoiceLists:
    """The forms of a destination, each compiled at its first use."""

    def __init__(self, destination: Destination) -> None:
        self._destination = destination
        self._forms: dict[str, ChoiceForm] = {}

    def settings(self) -> ChoiceForm:
        """Return the form of the settings."""
        destination = self._destination
        return self._compile(destination.slug, destination.settings, destination.choices)

    def audience(self) -> ChoiceForm:
        """Return the form of an audience's settings; raise `DefinitionError` without audiences."""
        audience, where = self._destination.audience, f"{self._destination.slug}/audience"
        if audience is None:
            raise DefinitionError("has no audiences", where=where)
        return self._compile(where, audience.settings, audience.choices)

    def action(self, slug: str) -> ChoiceForm:
        """Return the form of an action; raise `DefinitionError` where there is no such action."""
        action = self._find_action(slug)
        return self._compile(f"{self._destination.slug}/{slug}", action.fields, action.choices)

    def hook(self, slug: str, name: str) -> ChoiceForm:
        """Return the form of a mapping hook; raise `DefinitionError` where there is none."""
        hooks, where = self._find_action(slug).hooks, f"{self._destination.slug}/{slug}/{name}"
        if name not in hooks:
            raise DefinitionError(f"no such hook{did_you_mean(name, hooks)}", where=where)
        return self._compile(where, hooks[name].inputs, hooks[name].choices)

    def _find_action(self, slug: str) -> Action:
        if slug not in self._destination.actions:
            raise DefinitionError("no such action", where=f"{self._destination.slug}/{slug}")
        return self._destination.actions[slug]

    def _compile(
        self, where: str, schema: JsonObject, choices: Mapping[str, ListChoices]
    ) -> ChoiceForm:
        if where not in self._forms:
            functions = {path: compile_choices(function) for path, function in choices.items()}
            self._forms[where] = ChoiceForm(where, functions, collect_secret_fields(schema))
        return self._forms[where]


def compile_choices(function: ListChoices) -> ListPage:
    """Return a function of (context, request), for an author's function of either signature."""
    if not takes_mapping_and_page(function):
        return cast("ListPage", function)
    list_page = cast("Callable[..., Awaitable[Any]]", function)
    return lambda context, request: list_page(context, request.mapping, request.page)


def _check(returned: object, where: str) -> Choices:
    """Return the choices with a tuple of them; raise `AuthorFaultError` for anything else."""
    if not isinstance(returned, Choices):
        raise AuthorFaultError(where, f"returned a {type(returned).__name__}, not Choices")
    # An author may pass an iterable without an end.
    choices = tuple(take(returned.choices))
    members: tuple[object, ...] = choices
    kinds = {type(choice).__name__ for choice in members if not isinstance(choice, Choice)}
    if kinds:
        raise AuthorFaultError(where, f"returned {', '.join(sorted(kinds))} instead of Choice")
    return replace(returned, choices=choices)
