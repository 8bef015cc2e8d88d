"""The one exception of the command line."""


class Misuse(Exception):  # noqa: N818 - what a person did, not what went wrong in us
    """The command cannot run as it was given; the text says why, and is all that is shown."""
