"""The files of a run of `dkit deliver`."""

from types import SimpleNamespace

import pytest

from tests.kit.dkit import LOUD, TALK, instance, write


@pytest.fixture
def files(tmp_path):
    """Return the paths of an instance (i), events (e), results (r) and dead letters (d)."""
    names = ("my i.json", "e.jsonl", "r.jsonl", "d.jsonl")
    paths = (tmp_path / name for name in names)
    files = SimpleNamespace(**dict(zip("ierd", paths, strict=True)))
    write(files.i, instance(TALK, LOUD))
    return files
