"""Has a hook that does not exist."""

from destination_kit import hookimpl


@hookimpl
def register_destination():
    """Bring nothing, since nobody calls it."""
    return []
