"""Examples in the help of each command."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

EXAMPLES: Final[Mapping[str, Sequence[str]]] = {
    "list": ("dkit list", "dkit list --json"),
    "doctor": ("dkit doctor",),
    "show": ("dkit show qualtrics",),
    "init": ("dkit init qualtrics --out instance.json",),
    "check": (
        "dkit check instance.json",
        "dkit check instance.json --without-secrets --strict",
        "dkit check segment.json --destination qualtrics",
    ),
    "auth": ("dkit auth instance.json",),
    "choices": (
        "dkit choices instance.json addContactToXmd directoryId",
        "dkit choices instance.json upsertContactTransaction mailingListId",
    ),
    "hook": ("dkit hook run instance.json 'Keep a list' onMappingSave --input name=Newsletter",),
    "audience": (
        "dkit audience create instance.json --name 'Big spenders' --yes",
        "dkit audience get instance.json --external-id a-1 --json",
    ),
    "preview": ("dkit preview instance.json events.jsonl",),
    "deliver": (
        "dkit deliver instance.json events.jsonl --results results.jsonl",
        "dkit deliver instance.json events.jsonl --resume results.jsonl",
    ),
    "worker": (
        "dkit worker instance.json",
        "dkit worker instance.json --window 64 --deadline 10",
    ),
    "delete": (
        "dkit delete instance.json --user-id ann",
        "dkit delete instance.json --user-id ann --anonymous-id a1 --yes",
    ),
    "simulate": (
        "dkit simulate qualtrics --port 8765",
        "dkit simulate qualtrics --config simulator.json",
    ),
    "demo": ("dkit demo", "dkit demo qualtrics"),
    "verify": (
        "dkit verify qualtrics instance.json --directory POOL_1 --list CG_1",
        "dkit verify qualtrics instance.json --directory POOL_1 --list CG_1 --report report.json",
    ),
    "schemas": ("dkit schemas qualtrics --out schemas",),
    "import": ("dkit import metadata.json --out package",),
    "export": ("dkit export qualtrics",),
    "completion": (
        "dkit completion bash > ~/.local/share/bash-completion/completions/dkit",
        "dkit completion zsh > ~/.zfunc/_dkit",
    ),
}
"""Command lines by command; a test parses each of them."""
