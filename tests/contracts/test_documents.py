"""What the documents say is what the code does."""

import inspect
import re

import pytest

from destination_kit import hookspecs
from tests.contracts.documents import ROOT, blocks, text_of

HOOKS = [
    name
    for name, hook in vars(hookspecs).items()
    if inspect.isfunction(hook) and hook.__module__ == hookspecs.__name__
]


@pytest.mark.parametrize("name", HOOKS)
def test_every_hook_is_documented_with_its_arguments(name):
    arguments = ", ".join(inspect.signature(getattr(hookspecs, name)).parameters)
    assert f"`{name}({arguments})`" in text_of("README.md")


def test_the_smallest_plugin_of_the_readme_is_the_one_that_is_tested():
    plugin = (ROOT / "tests/plugins/acme_webhook/acme_webhook.py").read_text(encoding="utf-8")
    assert plugin in blocks("README.md", "python")
    assert len([line for line in plugin.splitlines() if line.strip()]) <= 22


def test_every_difference_names_a_test_that_exists():
    rows = (ROOT / "docs" / "differences.md").read_text(encoding="utf-8").splitlines()
    named = re.findall(r"`(tests/[^`]+?)(?:::(\w+))?`", "\n".join(rows))
    assert len(named) > 20
    for path, function in named:
        assert (ROOT / path).exists(), path
        assert not function or f"def {function}(" in (ROOT / path).read_text(encoding="utf-8"), (
            function
        )
