"""Files of a run with one subscription."""

import pytest

from tests.kit.dkit import TALK, instance, write


@pytest.fixture
def talk_files(files):
    """Return the paths of `files`, with an instance that has the subscription Talk alone."""
    write(files.i, instance(TALK))
    return files
