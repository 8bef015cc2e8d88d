"""The one exception of the command line."""


class UsageError(Exception):
    """The command cannot run as it was given; the text says why, and is all that is shown."""
