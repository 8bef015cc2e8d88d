"""Ready-made subscriptions."""

from __future__ import annotations

from destination_kit import Preset

PRESETS = (
    Preset(
        name="Entities Audience Membership Changed",
        action="send",
        event="warehouse_audience_membership_changed_identify",
        mapping={
            "method": "POST",
            "batch_size": 0,
            "data": {"@path": "$."},
            "batch_keys": ["url", "method", "headers"],
        },
    ),
    Preset(
        name="Associated Entity Added",
        action="send",
        event="warehouse_entity_added_track",
        mapping={
            "method": "POST",
            "batch_size": 0,
            "data": {"@path": "$."},
            "batch_keys": ["url", "method", "headers"],
        },
    ),
    Preset(
        name="Associated Entity Removed",
        action="send",
        event="warehouse_entity_removed_track",
        mapping={
            "method": "POST",
            "batch_size": 0,
            "data": {"@path": "$."},
            "batch_keys": ["url", "method", "headers"],
        },
    ),
    Preset(
        name="Journeys Step Entered",
        action="send",
        event="journeys_step_entered_track",
        mapping={
            "method": "POST",
            "batch_size": 0,
            "data": {"@path": "$."},
            "batch_keys": ["url", "method", "headers"],
        },
    ),
)
