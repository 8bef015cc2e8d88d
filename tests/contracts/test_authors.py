"""docs/authors.md: every example runs, and nothing that an author can use is left out."""

import inspect
import re
import subprocess
import sys
from argparse import Namespace
from types import SimpleNamespace

import httpx
import pytest

from destination_kit import Catalog, Failed, SubscriptionResult, hookspecs, testing
from destination_kit.cli.parser import COMMANDS
from destination_kit.cli.plugin_commands import gather_commands
from destination_kit.plugins import Plugins
from destination_kit.results import ResultRecord
from destination_kit.testing import check_destination, pytest_plugin
from destination_kit.testing.harness.runner import RECEIVED_AT
from destination_kit.testing.partner import sent_body
from tests.contracts.documents import ROOT, RUFF, blocks, load, modules, sections, text_of
from tests.contracts.test_documents import HOOKS
from tests.kit.broken import BROKEN

AUTHORS = "docs/authors.md"
HEADINGS = dict(sections(AUTHORS))
OF_HOOKS = {title for title in HEADINGS if title.startswith("`")}
CONFIG = "[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\n"


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """Return a folder with every module of the document in it."""
    folder = tmp_path_factory.mktemp("authors")
    for name, source in modules(AUTHORS).items():
        (folder / f"{name or 'acme_webhook'}.py").write_text(source, encoding="utf-8")
    (folder / "pytest.ini").write_text(CONFIG, encoding="utf-8")
    (folder / "ruff.toml").write_text(RUFF, encoding="utf-8")
    return folder


def run(folder, *command):
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("name", HOOKS)
def test_every_hook_has_a_section_with_its_arguments_and_an_example(name):
    arguments = ", ".join(inspect.signature(getattr(hookspecs, name)).parameters)
    title = f"`{name}({arguments})`"
    assert title in HEADINGS
    assert f"@hookimpl\ndef {name}(" in HEADINGS[title]
    prose = HEADINGS[title].partition("```")[0].strip()
    verb = inspect.getdoc(getattr(hookspecs, name)).split()[0]
    assert prose.startswith(verb)
    assert len(prose) > 100


def test_no_section_is_about_a_hook_that_does_not_exist():
    assert {re.split(r"[`(]", title)[1] for title in OF_HOOKS} == set(HOOKS)


def test_the_smallest_destination_is_the_one_that_is_tested():
    plugin = (ROOT / "tests/plugins/acme_webhook/acme_webhook.py").read_text(encoding="utf-8")
    assert blocks(AUTHORS, "python")[0] == plugin
    assert len([line for line in plugin.splitlines() if line.strip()]) <= 22


def test_the_authors_own_tests_pass(package):
    tests = ("test_acme_slack.py", "test_acme_hooks.py")
    assert "5 passed" in run(package, "pytest", "-p", "no:cacheprovider", *tests)


@pytest.mark.slow
def test_every_example_is_typed_and_formatted(package):
    run(package, "mypy", "--strict", "--cache-dir", str(package / "cache"), ".")
    run(package, "ruff", "format", "--no-cache", "--check", ".")
    run(package, "ruff", "check", "--no-cache", ".")


def bulk(request):
    """Answer each contact of a call with an id of its own."""
    sent = sent_body(request)
    if request.method == "PUT":
        return httpx.Response(200, json={"id": sent["email"]})
    return httpx.Response(
        200, json={"entries": [{"id": each["email"]} for each in sent["contacts"]]}
    )


def test_the_destination_with_batches_keeps_the_rules():
    check_destination(load(AUTHORS, "acme_bulk").BULK, respond=bulk)


def test_one_of_each_hook_is_what_it_says(package, monkeypatch):
    monkeypatch.syspath_prepend(package)
    hooks = load(AUTHORS, "acme_hooks")
    plugins = Plugins()
    plugins.register(hooks, "acme")
    catalog = Catalog.of_plugins(plugins)
    assert catalog.failures == ()
    assert list(catalog.destinations["acme-bulk"].actions) == ["add", "count"]
    [preset] = catalog.destinations["acme-bulk"].presets
    catalog.configure(
        {
            "destination": "acme-bulk",
            "subscriptions": [
                {"action": preset.action, "mapping": preset.mapping, "trigger": 'type = "track"'}
            ],
        }
    )
    for each in catalog.directives["@lower"].examples:
        assert each.result == "ann"
    [command] = gather_commands(plugins, COMMANDS).values()
    written = []
    writer = SimpleNamespace(text=written.append)
    assert command.run(Namespace(text="ANN", json=False), writer) == 0
    assert written == ["ann"]
    [observe] = plugins.observers().values()
    failed = SubscriptionResult("s", "add", Failed("NO", "no"))
    observe(
        ResultRecord(
            destination="d",
            instance="i",
            result=failed,
            started=RECEIVED_AT,
            seconds=0.1,
            attempt=2,
        )
    )
    assert hooks.FAILURES == {"NO": 1}


@pytest.mark.parametrize(
    "code", sorted({code for _, (_, code, _) in BROKEN.values() if code.isupper()})
)
def test_every_rule_is_described(code):
    rows = [row for row in text_of(AUTHORS).splitlines() if row.startswith("| ")]
    assert any(f"`{code}`" in row.split("|")[1] for row in rows)


@pytest.mark.parametrize("name", testing.__all__)
def test_everything_in_testing_is_named_and_says_what_it_promises(name):
    assert re.search(rf"\b{name}\b", text_of(AUTHORS))
    assert len(inspect.getdoc(getattr(testing, name)) or "") > 40
    assert dir(testing) == testing.__all__


@pytest.mark.parametrize("name", [name for name in vars(pytest_plugin) if name.startswith("dkit_")])
def test_every_fixture_is_described(name):
    assert f"| `{name}` |" in text_of(AUTHORS)


def test_there_is_nothing_else_in_testing():
    with pytest.raises(AttributeError, match="has no attribute 'Watch'"):
        _ = testing.Watch


def test_the_readme_leads_to_every_document():
    for path in (ROOT / "docs").glob("*.md"):
        assert f"docs/{path.name}" in text_of("README.md"), path.name
