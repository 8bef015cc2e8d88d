"""Signatures of authors' functions, which decide what they are called with."""

from __future__ import annotations

from collections.abc import Callable
from inspect import Parameter, signature
from typing import Any, Final

_POSITIONAL: Final = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)


def positional_parameters(function: Callable[..., Any]) -> tuple[Parameter, ...]:
    """Return the parameters that a function takes by position; none where it has no signature."""
    try:
        parameters = signature(function).parameters.values()
    except (TypeError, ValueError):  # a builtin such as `dict` may have no signature
        return ()
    return tuple(parameter for parameter in parameters if parameter.kind in _POSITIONAL)
