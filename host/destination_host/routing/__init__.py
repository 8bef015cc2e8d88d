"""Routing: which instances receive an event of a source, and why one does not."""

from destination_host.routing.table import SourceTable as SourceTable
