"""Segment's documents: definitions, field definitions and instances, read and written."""

from __future__ import annotations

from destination_kit.segment.read_definition import Imported, read_definition
from destination_kit.segment.read_fields import fields_to_schema
from destination_kit.segment.read_instance import read_instance
from destination_kit.segment.write_definition import write_definition

__all__ = [
    "Imported",
    "fields_to_schema",
    "read_definition",
    "read_instance",
    "write_definition",
]
