"""docs/qualtrics-bulk.md says what the code does."""

import json
import re

from destination_kit import Catalog
from destinations.qualtrics_bulk.rate_limits import ALL_RATE_LIMITS
from tests.contracts.documents import ROOT, blocks, text_of

DOCUMENT = "docs/qualtrics-bulk.md"
INSTANCE, TRANSACTION = map(json.loads, blocks(DOCUMENT, "json"))
SOURCES = sorted((ROOT / "destinations" / "qualtrics_bulk").glob("*.py"))
#: Codes of the dynamic choices, which are no results of a row.
OF_CHOICES = {"DIRECTORY_REQUIRED", "UNEXPECTED_ANSWER", "UNKNOWN_PAGE"}


def configure(document):
    return Catalog.installed().configure(document, secrets=lambda name: f"value-of-{name}")


def test_the_instance_file_is_valid_with_and_without_transactions():
    [subscription] = INSTANCE["subscriptions"]
    assert not [text for _, text in configure(INSTANCE).warnings if "no field" in text]
    mapping = {**subscription["mapping"], **TRANSACTION}
    hooks = {"onMappingSave": {"outputs": {"batchId": "BT_1"}}}
    changed = {**subscription, "mapping": mapping, "hooks": hooks}
    instance = configure({**INSTANCE, "subscriptions": [changed]})
    assert not [text for _, text in instance.warnings if "no field" in text]


async def test_the_events_match_the_trigger_that_the_page_gives_them():
    people, orders = (
        [json.loads(line) for line in block.splitlines()] for block in blocks(DOCUMENT, "jsonl")
    )
    [subscription] = INSTANCE["subscriptions"]
    [trigger] = re.findall(r'`("trigger": ".+?)` beside', text_of(DOCUMENT))
    changed = {**subscription, **json.loads(f"{{{trigger}}}")}
    others = {**INSTANCE, "subscriptions": [changed]}
    for document, event in [(INSTANCE, event) for event in people] + [(others, orders[0])]:
        [found] = await configure(document).preview(event)
        assert (found.unmet, found.failed) == (None, None)


def test_every_code_of_a_row_is_explained():
    text = "".join(path.read_text(encoding="utf-8") for path in SOURCES)
    codes = set(re.findall(r'"([A-Z]+(?:_[A-Z]+)+)"', text)) - {"ATP_2", "IMPORT_FIELDS"}
    explained = set(re.findall(r"^\| `([A-Z_]+)` \|", text_of(DOCUMENT), re.MULTILINE))
    assert codes - OF_CHOICES == explained - {"PAYLOAD_VALIDATION_FAILED"}


def test_the_limits_have_the_names_that_an_operator_passes():
    named = dict(re.findall(r"--limit ([\w-]+)=(\d+)", text_of(DOCUMENT)))
    limits = {limit.name: str(limit.calls) for limit in ALL_RATE_LIMITS}
    assert named == {name: limits[name] for name in named}
    assert set(named) == {"imports", "import-status"}
