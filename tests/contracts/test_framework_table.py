"""The table of the reference's features in docs/authors.md: all that it names exists."""

import ast
import re
from functools import cache, reduce
from importlib import import_module

import pytest

from destination_kit.cli.parser import COMMANDS
from tests.conformance.definition_keys import ACTED_ON
from tests.contracts.documents import ROOT, sections

TITLE = "What the reference's framework has, and what runs it here"
HEAD = ["feature of the reference", "function here", "command", "test"]


def table():
    lines = [line for line in dict(sections("docs/authors.md"))[TITLE].splitlines() if "|" in line]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


ROWS = table()[2:]
IDS = [row[0] for row in ROWS]


def names(cell):
    """Return the names in a cell, which holds nothing else."""
    assert not re.sub(r"`[^`]+`", "", cell).strip(", "), cell
    return re.findall(r"`([^`]+)`", cell)


def resolve(name):
    """Return what a dotted name below `destination_kit` stands for."""
    parts = ["destination_kit", *name.split(".")]
    for end in range(len(parts), 0, -1):
        try:
            module = import_module(".".join(parts[:end]))
        except ModuleNotFoundError:
            continue
        return reduce(getattr, parts[end:], module)
    raise ModuleNotFoundError(name)


@cache
def functions_in(path):
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {each.name for each in ast.walk(tree) if isinstance(each, kinds)}


def test_the_table_has_a_row_for_each_feature_once():
    assert table()[0] == HEAD
    assert all(len(row) == len(HEAD) for row in ROWS)
    assert len(set(IDS)) == len(IDS) > 20


@pytest.mark.parametrize("row", ROWS, ids=IDS)
def test_every_function_of_a_row_can_be_imported(row):
    assert names(row[1])
    for name in names(row[1]):
        resolve(name)


@pytest.mark.parametrize("row", ROWS, ids=IDS)
def test_every_command_of_a_row_is_one_of_dkit(row):
    assert names(row[2])
    for command in names(row[2]):
        program, name, *_ = command.split()
        assert program == "dkit"
        assert name in COMMANDS


@pytest.mark.parametrize("row", ROWS, ids=IDS)
def test_every_test_of_a_row_is_there(row):
    assert names(row[3])
    for place in names(row[3]):
        path, _, name = place.partition("::")
        found = functions_in(path)
        assert name in found if name else any(each.startswith("test_") for each in found)


def test_no_row_is_only_described():
    assert not [
        row for row in ROWS if re.search(r"described|pending|planned|todo", str(row), re.IGNORECASE)
    ]


def test_every_key_that_the_reference_acts_on_has_a_row():
    counterparts = {place for keys in ACTED_ON.values() for place in keys.values()}
    in_rows = {name for row in ROWS for name in names(row[1])}
    assert counterparts <= in_rows


def test_a_name_that_is_not_there_is_found():
    for name in ("Action.performs", "segment.read_definitions", "Live.create_audiences", "nothing"):
        with pytest.raises((AttributeError, ModuleNotFoundError)):
            resolve(name)
