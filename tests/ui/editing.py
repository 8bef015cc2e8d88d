"""What a text editor offers and underlines in an instance file that names its schema."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Editor:
    """The JSON service of VS Code, with files of a folder."""

    #: The command line of `editor.mjs`.
    command: Sequence[str]
    folder: Path

    def ask(self, *texts: str) -> list[Any]:
        """Return what is offered at the bar of each text; of one without it, what is underlined."""
        lines = "".join(json.dumps({"text": text}) + "\n" for text in texts)
        done = subprocess.run(
            [*self.command, str(self.folder)],
            input=lines,
            capture_output=True,
            text=True,
            check=True,
        )
        answers = [json.loads(line) for line in done.stdout.splitlines()]
        assert not [answer["loaded"] for answer in answers if answer["loaded"]]
        return [answer["found"] for answer in answers]


def instance(rest: str, schema: str = "./instance.schema.json") -> str:
    """Return an instance file in a text, which may have a bar."""
    return f'{{"$schema": "{schema}", {rest}}}'


def subscription(rest: str) -> str:
    """Return an instance file of any destination with a subscription."""
    return instance(
        f'"destination": "d", "settings": {{}}, "subscriptions": [{{"action": "a", {rest}}}]'
    )


_OFFERED = {
    instance('"¦"'): {"destination", "settings", "subscriptions"},
    subscription('"¦"'): {"trigger", "mapping", "enabled"},
    subscription('"mapping": {"email": {"¦"}}'): {"@path", "@template", "@if", "@liquid"},
}
_UNDERLINED = {
    subscription('"mapping": {"email": {"@path": "$.traits.email"}}'): [],
    subscription('"maping": {}'): ['"maping"'],
    subscription('"mapping": {"email": {"@case": {"operator": 5, "value": "a"}}}'): ["5"],
}


def wrong_help(command: Sequence[str], schemas: Path) -> Iterator[str]:
    """Yield what the JSON service of VS Code should have offered or underlined, and did not."""
    editor = Editor(command, schemas)
    for text, found in zip(_OFFERED, editor.ask(*_OFFERED), strict=True):
        if missing := _OFFERED[text] - set(found):
            yield f"an editor does not offer {', '.join(sorted(missing))} ({text})"
    for text, found in zip(_UNDERLINED, editor.ask(*_UNDERLINED), strict=True):
        if (underlined := [place for place, _ in found]) != _UNDERLINED[text]:
            yield f"an editor underlines {underlined}, not {_UNDERLINED[text]} ({text})"
