"""`dkit demo` delivers sample events to a simulated partner and compares both sides."""

import json
import sys
from dataclasses import replace

from tests.kit.dkit import PARTNER, dkit, track

RECONCILIATION = """
def reconcile(results, state):
    delivered = [result for result in results if result["status"] == "delivered"]
    return [("said", len(delivered), state["counts"]["said"])]
"""


def test_the_demo_lists_each_event_and_compares_both_sides(package, partner):
    (package / "reconciliation.py").write_text(RECONCILIATION)
    ran = dkit("demo", destinations=[partner])
    assert ran.code == 0
    assert ran.out.splitlines() == [
        "5 sample events went to a simulated Partner on this machine.",
        "",
        "line  type   who  what   outcome",
        "----  -----  ---  -----  ---------------------------",
        "   1  track       hi     Talk: delivered",
        "   2  track       ho     Talk: delivered",
        "   3  track       never  Talk: failed, NO_SUCH_THING",
        "   4  page               no subscription wants it",
        "   5                     failed: INVALID_EVENT",
        "",
        "Why events failed",
        "  line 3: no such thing",
        "  line 5: an event is a JSON object",
        "",
        "      the results say  the partner holds  compared",
        "----  ---------------  -----------------  --------",
        "said                2                  2  =",
    ]


def test_the_demo_fails_where_both_sides_differ(package, partner):
    (package / "reconciliation.py").write_text(RECONCILIATION.replace("len(delivered)", "7"))
    ran = dkit("demo", destinations=[partner])
    assert ran.code == 1
    assert ran.out.splitlines()[-1].split() == ["said", "7", "2", "differs"]
    compared = dkit("demo", "--json", destinations=[partner]).json
    assert compared["ok"] is False
    assert compared["compared"] == [{"what": "said", "results": 7, "partner": 2}]


def test_the_demo_without_a_reconciliation_shows_what_the_partner_holds(partner):
    ran = dkit("demo", "partner", destinations=[partner])
    assert ran.code == 0
    assert ran.out.splitlines()[-2:] == ["said                    2", "counts                  1"]


def test_the_demo_fails_where_the_partner_refuses_the_credentials(package, partner):
    (package / "events.jsonl").write_text(json.dumps(track("refuse")[0]))
    assert dkit("demo", "partner", destinations=[partner]).code == 1


def test_the_demos_secrets_are_made_up_and_told_to_the_simulator(partner):
    tokens = []
    for _ in range(2):
        ran = dkit("demo", "partner", destinations=[partner])
        [token] = sys.modules[partner.simulator].served[-1]["tokens"]
        assert token not in ran.out + ran.err
        tokens.append(token)
    assert len(set(tokens)) == 2
    assert min(map(len, tokens)) > 16


def test_a_demo_of_nothing_in_particular_needs_exactly_one_candidate(partner):
    ran = dkit("demo", destinations=[PARTNER])
    assert (ran.code, ran.err) == (
        2,
        "dkit: name a destination with a simulator and samples: none\n",
    )
    both = [partner, replace(partner, slug="other")]
    assert "actions-partner, other" in dkit("demo", destinations=both).err
