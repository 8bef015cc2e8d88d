from dataclasses import replace

from destination_kit import Action, Destination, RateLimit
from destination_kit.combined_rate_limits import combine_rate_limits, list_rate_limits

BRAND, IMPORTS = RateLimit("brand", 3000), RateLimit("imports", 25)


async def perform(context, payload):
    return payload


def import_limits(method, url):
    return (IMPORTS, RateLimit("brand", 1)) if url.endswith("/imports") else ()


IMPORT = Action(
    title="Import", perform=perform, rate_limits=import_limits, all_rate_limits=(IMPORTS,)
)
PARTNER = Destination(
    slug="partner",
    name="Partner",
    rate_limits=lambda method, url: (BRAND,),
    all_rate_limits=(BRAND,),
    actions={"import": IMPORT},
)


def test_the_limits_of_an_action_join_those_of_its_destination():
    limits_of = combine_rate_limits(PARTNER)
    assert limits_of("POST", "https://x.example/imports") == [IMPORTS, BRAND]
    assert limits_of("POST", "https://x.example/contacts") == [BRAND]
    assert list_rate_limits(PARTNER) == (BRAND, IMPORTS)


def test_actions_without_limits_leave_the_destination_as_it_is():
    plain = replace(PARTNER, actions={"say": Action(title="Say", perform=perform)})
    assert combine_rate_limits(plain) is PARTNER.rate_limits
    assert list_rate_limits(plain) == (BRAND,)


def test_an_action_can_bring_the_only_limits():
    limits_of = combine_rate_limits(replace(PARTNER, rate_limits=None, all_rate_limits=()))
    assert limits_of("POST", "https://x.example/imports")[0] is IMPORTS
