"""`@liquid`: the directive. The language itself is in `mapping/liquid/`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from destination_kit._javascript import type_name
from destination_kit.directive_interface import Compiler, Directive, Example
from destination_kit.mapping.resolvers import Constant, fail_always

if TYPE_CHECKING:
    from destination_kit._json import Json, Resolver
    from destination_kit.directive_interface import Budget
    from destination_kit.mapping.liquid import Template

_NOT_INSTALLED = "@liquid needs the extra `liquid`: pip install 'destination-kit[liquid]'"


def _compile_liquid(argument: Json, compiler: Compiler) -> Resolver:
    if not isinstance(argument, str):
        return fail_always(f"expected string, found {type_name(argument)}")
    if not argument:
        return Constant("")
    try:
        template = _compile_template(argument, compiler.budget)
    except ValueError as error:
        return fail_always(str(error))
    for path in template.paths:
        compiler.reads(*path)
    for name in template.unknown_filters:
        compiler.warning(f"there is no Liquid filter {name!r}, so it changes nothing")
    for name in template.disabled_filters:
        compiler.warning(f"the Liquid filter {name!r} is disabled: events that reach it fail")
    return template.render


def _compile_template(source: str, budget: Budget) -> Template:
    """Compile a template; raise a `ValueError` if it is wrong or the library is not installed."""
    # At the top of the module, this import would add 0.13 s to every start, most of it for
    # python-liquid. Of 37 published definitions, one uses @liquid.
    try:
        from destination_kit.mapping.liquid import compile_liquid
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != "liquid":
            raise
        raise ValueError(_NOT_INSTALLED) from None
    return compile_liquid(source, budget)


LIQUID = Directive(
    name="@liquid",
    compile=_compile_liquid,
    summary="The text that a Liquid template of at most 1,000 characters renders from the event.",
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
