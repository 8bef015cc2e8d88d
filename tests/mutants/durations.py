"""A plugin of pytest that writes the processor time of each test, for the recording of coverage."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path
from time import process_time
from typing import Final

import pytest

#: The environment variable with the path of the file to write.
DESTINATION: Final = "MUTANTS_DURATIONS"
_PROPERTY: Final = "processor seconds"


def pytest_configure(config: pytest.Config) -> None:
    """Start with no durations."""
    config.pluginmanager.register(_Recorder(), "mutants-durations")


class _Recorder:
    def __init__(self) -> None:
        self._seconds: Counter[str] = Counter()
        self._counted = 0.0

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self) -> None:
        """Start to count."""
        self._counted = process_time()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> None:
        """Add the processor time of a phase to its report, which may go to another process."""
        now = process_time()
        item.user_properties.append((_PROPERTY, now - self._counted))
        self._counted = now

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add up the phases of a test, when its last one has ended."""
        if report.when == "teardown":
            properties = report.user_properties
            seconds = sum(value for name, value in properties if name == _PROPERTY)
            self._seconds[report.nodeid] = round(seconds, 4)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write the file, once: the processes of pytest-xdist report to the one that started them."""
        if not hasattr(session.config, "workerinput"):
            text = json.dumps(self._seconds, indent=0)
            Path(os.environ[DESTINATION]).write_text(text, encoding="utf-8")
