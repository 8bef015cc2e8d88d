"""Isolation of plugins' directives: none of them changes the event, the mapping or a shared value.

Built-in directives change nothing, and get the originals.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from destination_kit._json import copy_json
from destination_kit.errors import describe_fault
from destination_kit.mapping.resolvers import FailingResolver, fail_always

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject, Resolver, Value
    from destination_kit.directive_interface import Compiler, Directive


def compile_in_isolation(directive: Directive, argument: Json, compiler: Compiler) -> Resolver:
    """Return the resolver of a plugin's directive, which gets copies and returns a copy.

    A directive that raises while it is compiled, or returns no function, is a problem of the
    mapping.
    """
    try:
        resolve: object = directive.compile(copy_json(argument), compiler)
    except KeyboardInterrupt:
        raise  # the operator pressed Ctrl-C, so the plugin is not at fault
    except BaseException as error:  # noqa: BLE001 - a plugin's code may raise anything, and only its mapping may fail
        return _refuse(directive, compiler, describe_fault(error))
    if isinstance(resolve, FailingResolver):
        return resolve
    if not callable(resolve):
        return _refuse(directive, compiler, f"returned {type(resolve).__name__}, not a function")
    resolver: Resolver = resolve
    return lambda event: copy_json(resolver(copy_json(event)))


def isolate_result(resolve: Resolver) -> Resolver:
    """Return a resolver for a plugin's directive, whose values share nothing with the mapping."""
    if isinstance(resolve, FailingResolver):
        return resolve

    def resolve_copy(event: JsonObject) -> Value:
        value: Value = copy_json(resolve(event))
        return value

    return resolve_copy


def _refuse(directive: Directive, compiler: Compiler, fault: str) -> Resolver:
    message = f"the directive {directive.name} cannot be compiled: it {fault}"
    compiler.problem(message)
    return fail_always(message)
