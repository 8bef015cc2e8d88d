"""The exception of the command line."""


class UsageError(Exception):
    """The command cannot run with these arguments or files.

    `dkit` shows the message alone, without a traceback, and exits with 2.
    """
