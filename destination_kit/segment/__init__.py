"""Segment's own documents in ours: its field definitions as JSON Schema, its instances as ours."""

from __future__ import annotations

from destination_kit.segment.definitions import Imported, read_definition
from destination_kit.segment.documents import write_definition
from destination_kit.segment.fields import fields_to_schema
from destination_kit.segment.instances import read_instance

__all__ = [
    "Imported",
    "fields_to_schema",
    "read_definition",
    "read_instance",
    "write_definition",
]
