"""Returns what nobody asked for."""

from destination_kit import hookimpl


@hookimpl
def register_destinations():
    """Return no destination."""
    return ["a destination", None]


@hookimpl
def register_directives():
    """Return nothing that can be gone through."""
    return 5


@hookimpl
def register_commands():
    """Return no command."""
    return ["a command"]
