"""Shared states of destinations, and the bound of what they remember in bytes."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from inspect import signature
from typing import Any

from destination_kit.errors import EnvironmentVariableError, Problem

_SHARED_STATE_BYTES = "DKIT_SHARED_STATE_BYTES"


def read_shared_state_bytes() -> int | None:
    """Return the bound in the environment, None without one."""
    text = os.environ.get(_SHARED_STATE_BYTES)
    if not text or re.fullmatch("[1-9][0-9]{0,14}", text):
        return int(text) if text else None
    message = "must be a number of bytes in digits, such as 64000000"
    raise EnvironmentVariableError([Problem(_SHARED_STATE_BYTES, "environment", message)])


def create_shared_state(create: Callable[..., Any], max_bytes: int | None) -> Any:
    """Call an author's `create_shared_state`, with the bound where it takes one."""
    try:
        takes_bound = "max_bytes" in signature(create).parameters
    except (TypeError, ValueError):  # a class in C, such as `list`, may have no signature
        takes_bound = False
    return create(max_bytes=max_bytes) if takes_bound and max_bytes is not None else create()
