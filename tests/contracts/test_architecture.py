"""docs/architecture.md, docs/public-api.md and the code: one picture, one list, no circle."""

import re
from graphlib import CycleError, TopologicalSorter

import pytest

from tests.contracts.documents import ROOT, text_of
from tests.contracts.generated import DOCUMENTS, generated_parts, import_graph, parts_of

PATHS = re.compile(r"`((?:destination_kit|destinations|tests|schemas|docs)/[\w./]+)`")
MARKDOWN = ["README.md", *(f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md")))]


def test_no_modules_import_each_other_in_a_circle():
    graph = import_graph()
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        pytest.fail(f"a circle: {' -> '.join(error.args[1])}")


def test_what_the_documents_take_from_the_code_is_what_the_code_has():
    written = {}
    for document in DOCUMENTS:
        written |= parts_of(document)
    assert written == generated_parts(), "run: make docs"


@pytest.mark.parametrize("document", MARKDOWN)
def test_every_path_in_a_document_exists(document):
    missing = [path for path in PATHS.findall(text_of(document)) if not (ROOT / path).exists()]
    assert not missing


def test_every_function_that_the_architecture_names_exists():
    named = re.findall(r"`([\w/]+\.py)` \(`([\w.]+)`\)", text_of("docs/architecture.md"))
    assert len(named) > 15
    for path, name in named:
        source = (ROOT / path).read_text(encoding="utf-8")
        for part in name.split("."):
            assert re.search(rf"(def|class) {part}\b", source), f"{path}: {name}"


@pytest.mark.parametrize("document", MARKDOWN)
def test_every_link_leads_to_a_file(document):
    folder = (ROOT / document).parent
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text_of(document))
    local = [link for link in links if "://" not in link]
    assert not [link for link in local if not (folder / link).exists()]
