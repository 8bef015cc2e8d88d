"""The parts of the documents that are made from the code, so that they cannot differ from it.

    python -m tests.contracts.generated

A part stands in a document between `<!-- generated: NAME -->` and `<!-- end -->`.
"""

import ast
import inspect
import re
import tomllib
from collections.abc import Iterator, Mapping
from importlib import import_module
from itertools import pairwise

import grimp

from destination_kit import hookspecs
from destination_kit.cli.parser import COMMANDS
from tests.contracts import qualtrics_facts
from tests.contracts.documents import ROOT, text_of

DOCUMENTS = (
    "README.md",
    "docs/architecture.md",
    "docs/public-api.md",
    "docs/qualtrics-facts.md",
)
KIT = "destination_kit"
DESTINATIONS = ("destinations.qualtrics", "destinations.qualtrics_bulk")
PUBLIC_PACKAGES = (
    KIT,
    *(f"{KIT}.{name}" for name in ("testing", "delivery", "publish", "verification")),
)
_PART = re.compile(r"(<!-- generated: ([\w.]+) -->\n)(.*?)(\n?<!-- end -->)", re.DOTALL)


def import_graph() -> grimp.ImportGraph:
    """Return the graph of all packages; imports for type checkers count as well."""
    return grimp.build_graph(KIT, *DESTINATIONS, cache_dir=None)


def generated_parts() -> dict[str, str]:
    """Return the name of each generated part -> its text."""
    return {
        "picture": _picture(),
        "rooms": _table("part", ((f"`{part}`", _first_line_of_part(part)) for part in _parts())),
        "hooks": _table("hook", _hooks()),
        "commands": _table("command", ((f"`dkit {name}`", COMMANDS[name]) for name in COMMANDS)),
        **{package: _table("name", _public_names(package)) for package in PUBLIC_PACKAGES},
        "fact_counts": qualtrics_facts.fact_counts(),
        "facts": qualtrics_facts.fact_tables(),
        "vendor_counts": qualtrics_facts.vendor_counts(),
        "contradictions": qualtrics_facts.contradictions(),
    }


def parts_of(document: str) -> dict[str, str]:
    """Return the name of each generated part of a document -> the text that it has now."""
    return {name: text for _, name, text, _ in _PART.findall(text_of(document))}


def layers() -> list[list[str]]:
    """Return the layers of the kit, the highest first, as pyproject.toml has them."""
    contracts = tomllib.loads(text_of("pyproject.toml"))["tool"]["importlinter"]["contracts"]
    [names] = [contract["layers"] for contract in contracts if contract["type"] == "layers"]
    return [layer.split(" | ") for layer in names]


def main() -> None:
    """Write every generated part into its document."""
    parts = generated_parts()
    for document in DOCUMENTS:
        text = _PART.sub(
            lambda match: f"{match[1]}{parts[match[2]]}\n<!-- end -->", text_of(document)
        )
        (ROOT / document).write_text(text, encoding="utf-8")


def _parts() -> list[str]:
    return [part for layer in layers() for part in layer]


def _picture() -> str:
    """Return a Mermaid flowchart: a box per layer, an arrow per import that no other way implies."""
    imports = _imports_between_parts(import_graph())
    lines = ["```mermaid", "flowchart TD"]
    for number, layer in enumerate(layers()):
        boxes = " & ".join(f"{_node(part)}[{part}]" for part in layer)
        lines += [f"  subgraph layer{number}[ ]", "    direction LR", f"    {boxes}", "  end"]
    for part in _parts():
        implied = {far for near in imports[part] for far in _reachable(imports, near)}
        lines += [
            f"  {_node(part)} --> {_node(imported)}"
            for imported in _parts()
            if imported in imports[part] - implied
        ]
    return "\n".join([*lines, "```"])


def _imports_between_parts(graph: grimp.ImportGraph) -> Mapping[str, set[str]]:
    parts = _parts()
    imports: dict[str, set[str]] = {part: set() for part in parts}
    for module in graph.modules:
        for imported in graph.find_modules_directly_imported_by(module):
            importer, target = _part_of(module), _part_of(imported)
            if importer in parts and target in parts and importer != target:
                imports[importer].add(target)
    return imports


def _reachable(imports: Mapping[str, set[str]], part: str) -> set[str]:
    further = (_reachable(imports, imported) for imported in imports[part])
    return imports[part].union(*further)


def _part_of(module: str) -> str:
    package, *names = module.split(".")
    return names[0] if package == KIT and names else ""


def _node(part: str) -> str:
    return part.strip("_")


def _first_line_of_part(part: str) -> str:
    folder = ROOT / KIT / part
    path = folder / "__init__.py" if folder.is_dir() else folder.with_suffix(".py")
    return _first_line(ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))))


def _public_names(package: str) -> Iterator[tuple[str, str]]:
    module = import_module(package)
    for name in sorted(module.__all__, key=str.lower):
        value = getattr(module, name)
        documented = inspect.isclass(value) or inspect.isfunction(value)
        docstring = inspect.getdoc(value) if documented else _docstring_of_constant(package, name)
        yield f"`{name}`", _first_line(docstring)


def _docstring_of_constant(package: str, name: str) -> str:
    """Return the text below the definition of a constant or type alias."""
    for path in sorted((ROOT / KIT).rglob("*.py")):
        body = ast.parse(path.read_text(encoding="utf-8")).body
        for statement, following in pairwise(body):
            targets = getattr(statement, "targets", [getattr(statement, "target", None)])
            names = [target.id for target in targets if isinstance(target, ast.Name)]
            if name in names and isinstance(following, ast.Expr):
                return str(ast.literal_eval(following.value))
    raise LookupError(f"{package}.{name} has no docstring")


def _hooks() -> Iterator[tuple[str, str]]:
    for name, hook in vars(hookspecs).items():
        if inspect.isfunction(hook) and hook.__module__ == hookspecs.__name__:
            arguments = ", ".join(inspect.signature(hook).parameters)
            yield f"`{name}({arguments})`", _first_line(inspect.getdoc(hook))


def _table(head: str, rows: Iterator[tuple[str, str]]) -> str:
    lines = [f"| {name} | {meaning} |" for name, meaning in rows]
    return "\n".join([f"| {head} | what it is |", "| --- | --- |", *lines])


def _first_line(docstring: str | None) -> str:
    return (docstring or "").partition("\n")[0].replace("|", "\\|")


if __name__ == "__main__":
    main()
