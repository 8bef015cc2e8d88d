"""`@liquid`, whose engine (and the library behind it) is loaded by the first mapping that needs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from destination_kit._javascript import type_name
from destination_kit.definitions import Compiler, Directive, Example
from destination_kit.mapping.resolvers import Constant, fail_always

if TYPE_CHECKING:
    from destination_kit._json import Json, Resolver
    from destination_kit.mapping.liquid import Template

_MISSING = "@liquid needs the extra `liquid`: pip install 'destination-kit[liquid]'"


def _compile_liquid(argument: Json, _compiler: Compiler) -> Resolver:
    if not isinstance(argument, str):
        return fail_always(f"expected string, found {type_name(argument)}")
    if not argument:
        return Constant("")
    try:
        return _compiled(argument).render
    except ValueError as error:
        return fail_always(str(error))


def liquid_template(source: str) -> Template | None:
    """Return a template and what is known of it; None where it cannot be read."""
    try:
        return _compiled(source)
    except ValueError:
        return None


def _compiled(source: str) -> Template:
    """Compile a template; a `ValueError` says why that cannot be done."""
    try:
        from destination_kit.mapping.liquid import compile_liquid
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != "liquid":
            raise
        raise ValueError(_MISSING) from None
    return compile_liquid(source)


LIQUID = Directive(
    name="@liquid",
    compile=_compile_liquid,
    summary="What a Liquid template, of at most 1,000 characters, makes of the event.",
    examples=(
        Example({"@liquid": "{{ name | upcase }}!"}, {"name": "Ada"}, "ADA!"),
        Example(
            {"@liquid": "{% if plan == 'pro' %}Welcome{% else %}Hello{% endif %}"},
            {"plan": "pro"},
            "Welcome",
        ),
        Example(
            {"@liquid": "{{ revenue | times: 100 | round }} cents"},
            {"revenue": 19.99},
            "1999 cents",
        ),
    ),
)
