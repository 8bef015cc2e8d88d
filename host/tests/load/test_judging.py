"""What `make chaos` finds wrong: lost events, repetitions without a kill, a broken order."""

from host.tests.load.events import ids, shares
from host.tests.load.judging import judge, unexplained


def accepted(*numbers, user="u"):
    return [(f"{user}-{number}", user, number, float(i)) for i, number in enumerate(numbers)]


def test_an_event_that_the_partner_lacks_is_lost():
    verdict = judge(["u-0", "u-1", "u-2"], accepted(0, 2))
    assert verdict.lost == ["u-1"]
    assert not verdict.violations


def test_an_event_after_a_later_one_of_its_user_breaks_the_order():
    assert judge([], accepted(0, 2, 1)).violations == ["u-1"]
    assert judge([], accepted(0, 1, 0)).violations == ["u-0"]
    assert not judge([], accepted(0, 1) + accepted(0, 1, user="v")).violations


def test_a_repetition_is_explained_by_a_kill_before_it():
    duplicates = judge([], accepted(0, 0, 0)).duplicates
    assert duplicates == [("u-0", 0.0, 1.0), ("u-0", 0.0, 2.0)]
    assert not unexplained(duplicates, [(0.5, {"u-0"}), (1.5, {"u-0"})])
    assert unexplained(duplicates, [(0.5, {"u-0"})]) == ["u-0"]
    assert unexplained(duplicates, [(0.5, {"u-1"}), (1.5, {"u-0"})]) == ["u-0", "u-0"]


def test_a_user_has_one_sender_and_ascending_numbers():
    sent = [[event for batch in share for event in batch] for share in shares("n", 5, 3, senders=2)]
    users = [{event["userId"] for event in share} for share in sent]
    assert users[0].isdisjoint(users[1])
    assert sorted(event["messageId"] for share in sent for event in share) == sorted(ids("n", 5, 3))
    for share in sent:
        for user in {event["userId"] for event in share}:
            numbers = [e["properties"]["number"] for e in share if e["userId"] == user]
            assert numbers == [0, 1, 2]
