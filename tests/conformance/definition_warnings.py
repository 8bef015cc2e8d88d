"""Finds likely mistakes in the default mappings, presets and triggers of published definitions.

    python -m tests.conformance.definition_warnings a/folder/of/definitions

`dkit check` warns of what a person mistypes. Their authors wrote these definitions with care, so a
warning about one of them is a false one, unless `definition_warnings.toml` gives the reason.
Prints each warning, and ends with 1 for one without a reason, or a reason without its warning.
"""

from __future__ import annotations

import argparse
import json
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from destination_kit import Action, Destination, Problem
from destination_kit.definitions import Subscription
from destination_kit.fields import collect_defaults
from destination_kit.fql import is_readable, parse_trigger
from destination_kit.mistakes import find_subscription_mistakes
from destination_kit.segment import read_definition

_ACCEPTED = Path(__file__).with_suffix(".toml")


def main() -> int:
    """Print the warnings about the definitions of a folder; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.conformance.definition_warnings")
    parser.add_argument("folder", type=Path)
    found = dict[str, str]()
    count = 0
    for path in sorted(parser.parse_args().folder.glob("*.json")):
        destination = read_definition(json.loads(path.read_text(encoding="utf-8"))).destination
        warnings = list_warnings(destination)
        found |= {f"{path.stem}/{place}": str(problem) for place, problem in warnings}
        count += 1
    accepted = tomllib.loads(_ACCEPTED.read_text(encoding="utf-8"))
    for place, sentence in found.items():
        print(f"{place}: {sentence} ({accepted.get(place, 'NO REASON IS KNOWN')})")
    for place in accepted.keys() - found.keys():
        print(f"{place}: no longer a warning: remove it from {_ACCEPTED.name}")
    print(f"{count} definitions, {len(found)} warnings about their own mappings and triggers")
    return int(not count or found.keys() != accepted.keys())


def list_warnings(destination: Destination) -> Iterator[tuple[str, Problem]]:
    """Yield (place, warning) for the defaults of each action and for each preset."""
    for slug, action in destination.actions.items():
        mapping = collect_defaults(action.fields)
        default = Subscription(
            name=slug, action=slug, trigger=action.trigger or "", mapping=mapping
        )
        yield from _warnings_of(slug, default, action)
    for preset in destination.presets:
        if action := destination.actions.get(preset.action):
            given = Subscription(
                name=preset.name,
                action=preset.action,
                trigger=preset.trigger or "",
                mapping=preset.mapping,
            )
            yield from _warnings_of(f"presets/{preset.name}", given, action)


def _warnings_of(
    place: str, subscription: Subscription, action: Action
) -> Iterator[tuple[str, Problem]]:
    trigger = subscription.trigger
    node = parse_trigger(trigger) if is_readable(trigger) else None
    for problem in find_subscription_mistakes(subscription, action, node, ()):
        yield f"{place}{problem.path}", problem


if __name__ == "__main__":
    sys.exit(main())
