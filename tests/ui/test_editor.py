"""VS Code's JSON service completes and checks the instance files of a destination."""

import shutil
from pathlib import Path

import pytest

from destination_kit.cli import run
from tests.conformance import oracle
from tests.ui.editing import Editor, instance, wrong_help

pytestmark = [
    pytest.mark.engine,
    # The first test waits for npm to install the packages of this folder.
    pytest.mark.timeout(600),
    pytest.mark.skipif(not shutil.which("npm"), reason="needs Node"),
]
HERE = Path(__file__).parent
ROOT = HERE.parents[1]
CACHE = ROOT / ".cache" / "ui"


@pytest.fixture(scope="module")
def command():
    oracle.install(HERE, CACHE)
    shutil.copy(HERE / "editor.mjs", CACHE)
    return [oracle.node(), str(CACHE / "editor.mjs")]


@pytest.fixture(scope="module")
def editor(command):
    return Editor(command, ROOT / "schemas" / "qualtrics")


def document(subscription="", settings='"apiToken": {"$secret": "T"}, "datacenter": "iad1"'):
    head = f'"destination": "actions-qualtrics", "settings": {{{settings}}}'
    return instance(f'{head}, "subscriptions": [{subscription}]')


def contact(rest):
    return document(f'{{"action": "addContactToXmd", {rest}}}')


PARTIAL = '"useDefaultMapping": true, "mapping": {"directoryId": "P"'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (instance('"destination": "¦"'), {'"actions-qualtrics"'}),
        (document(settings='"¦"'), {"apiToken", "datacenter"}),
        (document('{"action": "¦"}'), {'"addContactToXmd"', '"triggerXflowWorkflow"'}),
        (contact('"¦"'), {"trigger", "mapping", "useDefaultMapping"}),
        (contact('"trigger": "¦"'), {'"type = \\"identify\\""'}),
        (contact('"mapping": {"¦"}'), {"directoryId", "email", "embeddedData"}),
        (contact(PARTIAL + ', "¦"}'), {"email", "firstName"}),
        (contact('"mapping": {"email": {"¦"}}'), {"@path", "@template", "@if", "@arrayPath"}),
        (contact(PARTIAL + ', "email": {"@if": {"¦"}}}'), {"exists", "then", "else"}),
        (contact(PARTIAL + ', "unsubscribed": ¦}'), {"true", "false"}),
    ],
)
def test_an_editor_offers_what_may_stand_there(editor, text, expected):
    [found] = editor.ask(text)
    assert expected <= set(found)


def test_an_editor_offers_a_subscription_for_each_action(editor):
    [found] = editor.ask(document("¦"))
    assert len([label for label in found if "Upsert contact transaction" in label]) == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (contact('"mapping": {"directoryId": "P"}'), []),
        (contact(PARTIAL + ', "email": null, "language": {"@path": "$.a"}}'), []),
        (contact('"mapping": {"email": "ann@example.com"}'), ['"mapping"']),
        (contact('"useDefaultMapping": true, "mapping": {}'), ['"mapping"']),
        (contact(PARTIAL + ', "emial": {"@path": "$.a"}}'), ['"emial"']),
        (contact(PARTIAL + ', "email": {"@pth": "$.a"}}'), ['"@pth"', '{"@pth": "$.a"}']),
        (contact(PARTIAL + ', "unsubscribed": "maybe"}'), ['"maybe"']),
        (contact(PARTIAL + '}, "maping": {}'), ['"maping"']),
        (document('{"action": "addContact", "mapping": {}}'), ['"addContact"']),
        (document(settings='"apiToken": "t", "datacenter": "iad1", "datacentre": "x"'), ['"datacentre"']),
        (instance('"destination": "qualtrics", "settings": {}, "subscriptions": []'), ['"qualtrics"', '"settings"', '"settings"']),
    ],
)  # fmt: skip
def test_an_editor_underlines_a_mistake_alone(editor, text, expected):
    [found] = editor.ask(text)
    assert [place for place, _ in found] == expected


def test_an_editor_reads_the_file_that_init_writes(command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run(["init", "qualtrics", "--out", "instance.json", "--schemas", "my schemas"]) == 0
    text = (tmp_path / "instance.json").read_text(encoding="utf-8")
    [found] = Editor(command, tmp_path).ask(text)
    assert [place for place, message in found if "Unable to load" in message] == []
    [wrong] = Editor(command, tmp_path).ask(text.replace("addContactToXmd", "addContact"))
    assert '"addContact"' in [place for place, _ in wrong]


def test_an_editor_helps_with_an_instance_of_any_destination(command):
    assert list(wrong_help(command, ROOT / "schemas")) == []
