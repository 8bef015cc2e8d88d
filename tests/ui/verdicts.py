"""The verdict of strict Ajv on published documents and generated mappings, beside the kit's."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from destination_kit import Catalog, Destination
from tests.ui import values


@dataclass(frozen=True, slots=True)
class Question:
    """A schema, by its file, and a mapping; without a mapping the schema only has to compile."""

    schema: str
    mapping: Any = None
    destination: Destination | None = None
    action: str = ""
    field: str = ""


def schemas(folder: Path) -> Iterator[Question]:
    """Ask whether strict Ajv compiles each published schema."""
    for path in sorted(folder.rglob("*.schema.json")):
        yield Question(str(path.relative_to(folder)))


def mappings(destinations: Mapping[str, Destination], count: int) -> Iterator[Question]:
    """Draw mappings of all destinations, each by its folder."""
    random = Random(2026)  # noqa: S311 - a fixed seed draws the same mappings each time
    share = -(-count // len(destinations))
    for folder, destination in destinations.items():
        for slug, field, mapping in values.drawn(destination, random, share):
            schema = f"{folder}/{slug}.form.schema.json"
            yield Question(schema, mapping, destination, slug, field)


def ask(node: Sequence[str], folder: Path, questions: Sequence[Question]) -> list[Any]:
    """Return what Ajv answers to each question."""
    lines = [
        {"schema": each.schema} | ({} if each.destination is None else {"value": each.mapping})
        for each in questions
    ]
    text = "\n".join(map(json.dumps, lines))
    (folder / "values.jsonl").write_text(text, encoding="utf-8")
    done = subprocess.run([*node, str(folder)], capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def wrong_verdicts(questions: Sequence[Question], answers: Sequence[Any]) -> Iterator[str]:
    """Yield the schemas that do not compile, and the mappings on which form and kit disagree."""
    catalogs: dict[str, Catalog] = {}
    explained = Counter[str]()
    for question, answer in zip(questions, answers, strict=True):
        if question.destination is None:
            if answer != "boolean":
                yield f"strict Ajv refuses {question.schema}: {answer}"
            continue
        destination = question.destination
        catalog = catalogs.setdefault(destination.slug, Catalog.of(destination))
        found = values.kit_problems(destination, catalog, question.action, question.mapping)
        if answer is (not found):
            continue
        value = question.mapping.get(question.field)
        why = values.explanation(destination.actions[question.action], question.field, value, found)
        if why is None:
            verdict = "takes" if answer is True else "refuses"
            yield f"the form {question.schema} {verdict} {json.dumps(question.mapping)}: {found[:1]}"
        else:
            explained[why] += 1
    print("explained differences:", dict(explained))
