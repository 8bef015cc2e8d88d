"""The search for a limit finds it, with no more calls than its check declares."""

import pytest

from destination_kit.verification import UnsettledError
from destinations.qualtrics.verification import VERIFICATION
from destinations.qualtrics.verification.api import REMOVAL_CALLS
from destinations.qualtrics.verification.contact_checks import find_largest

CONTACT = 1 + REMOVAL_CALLS


async def search(limit, usual, ceiling):
    tried = []

    async def accepts(number):
        tried.append(number)
        return number <= limit

    return await find_largest(accepts, usual=usual, ceiling=ceiling), tried


async def test_each_limit_is_found_up_to_the_ceiling():
    for limit in range(1, 45):
        found, tried = await search(limit, usual=10, ceiling=40)
        assert found == min(limit, 40)
        assert len(tried) == len(set(tried))
        assert max(tried) <= 40


async def test_the_usual_limit_takes_two_calls():
    assert await search(10, usual=10, ceiling=40) == (10, [10, 11])


async def test_a_partner_that_refuses_even_one_has_another_reason():
    with pytest.raises(UnsettledError, match="even the smallest one is refused"):
        await search(0, usual=10, ceiling=40)


@pytest.mark.parametrize(
    ("name", "usual", "ceiling", "others"),
    [
        # A contact, and what was stored of the longest name.
        ("field-length", 1000, 4000, CONTACT + 1),
        ("embedded-name-length", 200, 1000, CONTACT),
        ("embedded-value-length", 1024, 4096, CONTACT),
        # One entry, to see that Qualtrics refuses it alone.
        ("entries-per-call", 100, 1000, 1),
    ],
)
async def test_a_check_declares_the_calls_of_the_longest_search(name, usual, ceiling, others):
    searches = [await search(limit, usual, ceiling) for limit in range(1, ceiling + 1)]
    [check] = [check for check in VERIFICATION.checks if check.name == name]
    assert check.calls == others + max(len(tried) for _, tried in searches)
