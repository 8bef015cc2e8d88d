"""The documents, taken apart: what a reader copies is what the tests run."""

import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parents[2]
RUFF = 'line-length = 100\nlint.select = ["F", "I", "UP", "B"]\n'
_FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_NAME = re.compile(r'"""(\w+)\.py: ')


def text_of(document: str) -> str:
    return (ROOT / document).read_text(encoding="utf-8")


def blocks(document: str, language: str) -> list[str]:
    return [block for found, block in _FENCE.findall(text_of(document)) if found == language]


def modules(document: str) -> dict[str, str]:
    """Return the source of each module of a document, by the name that its first line gives.

    A block without a name belongs to the module before it.
    """
    found: dict[str, str] = {}
    name = ""
    for block in blocks(document, "python"):
        if named := _NAME.match(block):
            name = named[1]
        found[name] = f"{found[name]}\n\n{block}" if name in found else block
    return found


_FILE = re.compile(r"// ([\w.]+): ")


def programs(document: str, language: str) -> dict[str, str]:
    """Return the source of each program that is not in Python, by the file of its first line."""
    found = blocks(document, language)
    return {named[1]: block for block in found if (named := _FILE.match(block))}


def sections(document: str) -> Iterator[tuple[str, str]]:
    """Yield the heading and the text of each section, whatever its level."""
    parts = re.split(r"^#+ (.*)$", text_of(document), flags=re.MULTILINE)
    yield from zip(parts[1::2], parts[2::2], strict=True)


def load(document: str, name: str) -> ModuleType:
    """Return a module of a document, run as an import would run it."""
    module = ModuleType(name)
    exec(compile(modules(document)[name], f"{document}:{name}.py", "exec"), vars(module))  # noqa: S102 - our own
    return module
