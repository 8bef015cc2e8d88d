"""Readers of definitions that make one mistake each: what the comparison must find."""

from __future__ import annotations

from dataclasses import replace

from destination_kit.segment import read_definition


def changed_field(name, **changes):
    """Return a reader that reads one field of the action otherwise than it should."""

    def read(document):
        imported = read_definition(document)
        action = imported.destination.actions["everything"]
        properties = action.fields["properties"]
        fields = {**action.fields, "properties": properties | {name: properties[name] | changes}}
        return _with_action(imported, replace(action, fields=fields))

    return read


def changed_action(**changes):
    """Return a reader that reads something of the action otherwise than it should."""

    def read(document):
        imported = read_definition(document)
        action = replace(imported.destination.actions["everything"], **changes)
        return _with_action(imported, action)

    return read


def _with_action(imported, action):
    actions = {**imported.destination.actions, "everything": action}
    return replace(imported, destination=replace(imported.destination, actions=actions))


def changed_preset(**changes):
    """Return a reader that reads something of the first preset otherwise than it should."""

    def read(document):
        imported = read_definition(document)
        first, *others = imported.destination.presets
        presets = (replace(first, **changes), *others)
        return replace(imported, destination=replace(imported.destination, presets=presets))

    return read
