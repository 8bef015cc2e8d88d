"""`dkit export` writes a destination in the shape of Segment's definitions."""

import json

from destinations.qualtrics import QUALTRICS
from tests.kit.dkit import dkit


def test_an_installed_destination_is_exported_as_segment_describes_one():
    exported = json.loads(dkit("export", "qualtrics", destinations=(QUALTRICS,)).out)
    assert exported["slug"] == "actions-qualtrics"
    fields = exported["actions"]["addContactToXmd"]["fields"]
    assert fields["directoryId"]["dynamic"] is True
    assert fields["directoryId"]["required"] is True
    assert fields["extRef"]["default"] == {"@path": "$.userId"}
