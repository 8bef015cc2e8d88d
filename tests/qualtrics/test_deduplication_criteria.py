"""How many directories are listed to find the criteria of one."""

import pytest

from destinations.qualtrics.deduplication_criteria import rank_identifiers


@pytest.mark.parametrize(("pages", "calls"), [(99, 99), (100, 100), (101, 100)])
async def test_directories_are_listed_up_to_a_hundred_pages(partner, make_identity, pages, calls):
    """A list whose pages lead back to each other would never end."""
    more = "https://iad1.qualtrics.com/API/v3/directories?page=2"
    partner.queue_results(*[{"elements": [], "nextPage": more}] * (pages - 1), {"elements": []})
    identity = make_identity(extRef="u", email="a@x")
    assert await rank_identifiers(partner.context, identity) == ["extRef", "email"]
    assert len(partner.calls) == calls
