"""Shared states of destinations, and the bound of what they remember in bytes."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from inspect import signature
from typing import Any, Final

from destination_kit.errors import EnvironmentVariableError, Problem

_VARIABLE: Final = "DKIT_SHARED_STATE_BYTES"


def with_bound(create: Callable[..., Any]) -> Callable[[], Any]:
    """Return an author's `create_shared_state`, with the bound of the environment if it takes one.

    Raises `EnvironmentVariableError` where the bound is no number of bytes.
    """
    text = os.environ.get(_VARIABLE, "")
    if text and not re.fullmatch("[1-9][0-9]{0,14}", text):
        message = "must be a number of bytes in digits, such as 64000000"
        raise EnvironmentVariableError([Problem(_VARIABLE, "environment", message)])
    takes_bound = False
    with suppress(TypeError, ValueError):  # a class in C, such as `list`, may have no signature
        takes_bound = "max_bytes" in signature(create).parameters
    return partial(create, max_bytes=int(text)) if text and takes_bound else create
