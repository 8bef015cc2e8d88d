import asyncio
import json
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from destination_kit import Context, IntegrationError, PayloadValidationError
from destinations.qualtrics_bulk.importer import submit
from destinations.qualtrics_bulk.open_imports import OpenImports
from destinations.qualtrics_bulk.rows import build_row, split_rows, transaction_meta

CONTEXT = Context(settings={}, http=None, received_at=datetime(2026, 3, 2, tzinfo=UTC))
PLACE = {"directoryId": "POOL_1", "mailingListId": "CG_1"}
BATCH = {"transactionBatchId": "BT_1", "transactionFields": ["order", "total"]}


def row(position=0, context=CONTEXT, **payload):
    return build_row(context, {**PLACE, "extRef": "u-1", **payload}, position)


def test_a_row_has_the_values_of_its_payload_and_no_null():
    found = row(email=None, firstName="Ann", unsubscribed=False, embeddedData={"a": None})
    assert found.contact == {"extRef": "u-1", "firstName": "Ann", "unsubscribed": False}


def test_nested_values_are_json_text():
    found = row(embeddedData={"plan": "pro", "seats": 3, "tags": ["a", {"b": 1}], "none": None})
    data = {"plan": "pro", "seats": 3, "tags": '["a",{"b":1}]'}
    assert found.contact["embeddedData"] == data


def test_a_row_of_no_person_is_refused():
    with pytest.raises(PayloadValidationError, match="needs an extRef or an email"):
        row(extRef="", firstName="Ann")


def test_a_transaction_goes_to_its_batch_under_its_key():
    found = row(transactionData={"order": "o-1"}, transactionKey="m-1", **BATCH)
    assert found.contact["transactionData"] == {"order": "o-1", "messageId": "m-1"}
    assert (found.batch_id, found.key) == ("BT_1", "m-1")
    meta = {"batchId": "BT_1", "fields": ["order", "total", "messageId"]}
    assert transaction_meta([row(), found]) == meta
    assert transaction_meta([row()]) is None


def test_a_transaction_without_a_key_has_none():
    assert row(transactionData={"order": "o-1"}, **BATCH).key == ""


def test_the_batch_of_the_hook_counts_where_the_mapping_names_none():
    hooked = Context(
        settings={},
        http=None,
        received_at=CONTEXT.received_at,
        hook_outputs={"onMappingSave": {"batchId": "BT_hook"}},
    )
    payload = {"transactionData": {"order": "o-1"}, "transactionFields": ["order"]}
    assert row(context=hooked, **payload).batch_id == "BT_hook"
    assert row(context=hooked, transactionBatchId="BT_1", **payload).batch_id == "BT_1"


def test_a_transaction_without_a_batch_waits_for_settings():
    with pytest.raises(IntegrationError, match="dkit hook run") as caught:
        row(transactionData={"order": "o-1"}, transactionFields=["order"])
    assert (caught.value.code, caught.value.remedy) == ("TRANSACTION_BATCH_REQUIRED", "settings")


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        ({"transactionData": {"colour": "red", "order": 1}}, "transactionData: colour: "),
        ({"embeddedData": {"total": 1, "plan": "pro"}}, "embeddedData: total: "),
        ({"embeddedData": {"messageId": "m-1"}}, "embeddedData: messageId: "),
    ],
)
def test_names_for_which_qualtrics_would_skip_the_row_are_refused(payload, message):
    with pytest.raises(PayloadValidationError, match="in silence") as caught:
        row(**payload, **BATCH)
    assert str(caught.value).startswith(message)
    [problem] = caught.value.problems
    assert (problem.path, problem.code) == (f"/{message.partition(':')[0]}", "IMPORT_FIELDS")


@pytest.mark.parametrize(
    ("data", "fits"),
    [
        ({"n" * 200: "v" * 1024}, True),
        ({"n" * 201: "v"}, False),
        ({"n": "v" * 1025}, False),
    ],
)
def test_embedded_data_has_the_documented_lengths(data, fits):
    if fits:
        assert row(embeddedData=data).contact["embeddedData"] == data
    else:
        with pytest.raises(PayloadValidationError, match="too long"):
            row(embeddedData=data)


async def test_rows_of_one_batch_go_together_with_those_without_a_transaction():
    rows = [
        row(0),
        row(1, transactionData={"order": 1}, **BATCH),
        row(2, transactionData={"order": 1}, **{**BATCH, "transactionBatchId": "BT_2"}),
        row(3, transactionData={"total": 1}, **BATCH),
    ]
    parts = [[member.position for member in part] async for part in split_rows(rows)]
    assert parts == [[0, 1, 3], [2]]
    assert [part async for part in split_rows([])] == []


async def test_no_import_is_larger_than_five_megabytes():
    rows = [
        row(number, embeddedData={str(n): "é" * 1024 for n in range(10)}) for number in range(600)
    ]
    parts = [part async for part in split_rows(rows)]
    assert len(parts) > 1
    assert sum(map(len, parts)) == 600
    encoded = [
        len(json.dumps([member.contact for member in part], ensure_ascii=False).encode())
        for part in parts
    ]
    assert max(encoded) < 5_000_000 < sum(encoded)


class FirstCallError(Exception):
    pass


class Cache:
    """The cache of a context, whose first use ends the preparation of an import."""

    async def get(self, key):
        raise FirstCallError(key)


@pytest.mark.parametrize("count", [200, 10_000])
async def test_the_event_loop_runs_while_an_import_is_prepared(count):
    """Counted in turns of the loop: each is a moment in which the program can do something else."""
    turns = 0

    async def take_turns():
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    others = asyncio.create_task(take_turns())
    context = SimpleNamespace(cache=Cache(), payload_contexts=())
    payloads = [{**PLACE, "extRef": f"u-{number}"} for number in range(count)]
    answers = await submit(OpenImports(), context, payloads)
    others.cancel()
    assert {type(answer) for answer in answers} == {FirstCallError}
    # Twice: the rows are built, and their sizes are measured.
    assert turns >= 2 * count // 200
