"""The exceptions of the command line."""


class UsageError(Exception):
    """The command cannot run with these arguments or files.

    `dkit` shows the message alone, without a traceback, and exits with 2.
    """


class OutputError(OSError):
    """Standard output cannot be written: it is closed, or its disk is full.

    A pipe whose reader has gone raises `BrokenPipeError` instead, which ends a command in silence.
    """
