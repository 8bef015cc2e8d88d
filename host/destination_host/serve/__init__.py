"""The running host: its listeners, its workers, and the command `dkit serve`."""
