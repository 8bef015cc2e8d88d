"""Options of a subscription: what an action lets an operator choose beside its mapping."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from destination_kit._json import as_object, copy_json, pointer
from destination_kit.errors import Problem, did_you_mean
from destination_kit.fields import compile_validator, iter_fields

if TYPE_CHECKING:
    from destination_kit._json import JsonObject
    from destination_kit.definitions import Action


def check_options(document: JsonObject, action: Action) -> Iterator[Problem]:
    """Yield what is wrong with the `options` of a subscription, with pointers into it."""
    options = as_object(document.get("options"))
    schema = action.options
    if schema is None:
        if options:
            yield Problem("/options", "OPTION", f"{action.title} has no options")
        return
    known = [name for name, _ in iter_fields(schema)]
    for name in options:
        if name not in known:
            offer = f"it has {', '.join(known)}"
            message = f"{action.title} has no option {name!r}{did_you_mean(name, known)}; {offer}"
            yield Problem(pointer("options", name), "OPTION", message)
    given = {name: value for name, value in options.items() if name in known}
    # A form leaves the checked value as it is. Without this, "false" would count as false here and
    # as text for the author.
    coerced, problems = compile_validator(schema)(copy_json(given))
    for problem in problems:
        yield replace(problem, path=pointer("options") + problem.path)
    if not problems and coerced != given:
        names = ", ".join(sorted(name for name in given if coerced.get(name) != given[name]))
        yield Problem("/options", "OPTION", f"the type of {names} is another one in the schema")


def read_options(document: JsonObject) -> JsonObject:
    """Return the options of a subscription; empty without any."""
    return as_object(document.get("options"))
