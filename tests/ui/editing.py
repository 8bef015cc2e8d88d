"""What a text editor offers and underlines in an instance file that names its schema."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

OFFERED = {
    "keys": {"destination", "settings", "subscriptions"},
    "subscription": {"trigger", "mapping", "enabled"},
    "directives": {"@path", "@template", "@if", "@liquid"},
}
UNDERLINED = {"good": [], "typo": ['"maping"'], "nested": ["5"]}


def wrong_help(editor: Sequence[str], schemas: Path) -> Iterator[str]:
    """Yield what the JSON service of VS Code should have offered or underlined, and did not."""
    done = subprocess.run([*editor, str(schemas)], capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    for place, names in OFFERED.items():
        if missing := names - set(found[place]):
            yield f"an editor does not offer {', '.join(sorted(missing))} ({place})"
    for document, places in UNDERLINED.items():
        if (underlined := [place for place, _ in found[document]]) != places:
            yield f"an editor underlines {underlined}, not {places} ({document})"
