"""Copies of JSON values, and the members of iterables, within limits."""

import itertools
import json
from collections import UserDict, UserList
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum

import pytest
from hypothesis import given, strategies as st

from destination_kit._json import MISSING, LimitError, copy_json, take

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20
)


def containers(value):
    """Yield the ids of a value's containers."""
    if isinstance(value, dict | list):
        yield id(value)
        for member in value.values() if isinstance(value, dict) else value:
            yield from containers(member)


@given(VALUES)
def test_a_copy_is_equal_and_shares_no_container(value):
    copied = copy_json(value)
    assert json.dumps(copied) == json.dumps(value)
    assert not {*containers(copied)} & {*containers(value)}


@given(VALUES)
def test_a_value_that_is_not_plain_is_copied_alike(value):
    copied = copy_json({"plain": value, "odd": MISSING})
    assert copied == {"plain": value, "odd": MISSING}
    assert not {*containers(copied)} & {*containers(value)}


class Kind(StrEnum):
    KEY = "key"


def test_containers_of_other_types_become_plain_ones():
    moment = datetime.now(UTC)
    copied = copy_json(UserDict({Kind.KEY: UserList([moment, (1,)]), "set": {1}}))
    assert copied == {"key": [moment, [1]], "set": {1}}
    assert [type(key) for key in copied] == [str, str]
    assert type(copied["key"]) is list


def test_what_stands_in_two_places_is_copied_once():
    value: list = []
    for _ in range(60):
        value = [value, value]
    assert copy_json(value)[0] is not value[0]


class Endless(Mapping):
    def __getitem__(self, key):
        return key

    def __iter__(self):
        return itertools.count()

    def __len__(self):
        return 1


def test_a_container_without_an_end_is_refused():
    with pytest.raises(LimitError, match="more than 200,000 values"):
        copy_json(Endless())


def test_as_many_members_are_taken_as_the_limit_allows():
    assert take(iter("ab"), 2) == ["a", "b"]
    with pytest.raises(LimitError, match="more than 2 members"):
        take(itertools.repeat("a"), 2)
