"""Each check settles an answer of Qualtrics in the same way, whoever gives it.

The runs against a simulator show that the checks find the answers. Here the answers are given.
"""

from types import SimpleNamespace

import pytest

from destination_kit import Response
from destination_kit.verification import UnsettledError
from destinations.qualtrics.verification import (
    VERIFICATION,
    account_checks as account,
    api,
    merge_checks as merging,
)

CHECKS = {check.name: check for check in VERIFICATION.checks}
MERGED = "extRef, and then no further rule"
#: Check -> answers with which the destination works, and those with which it does not.
VERDICTS = {
    "update-embedded-data": (["merge"], ["replace"]),
    "opt-in": ([True], [False]),
    "search-lag": ([0.0, 10.0], [10.25, 60.0]),
    "email-format": ([False], [True]),
    "phone-format": ([False], [True]),
    "language-code": ([False], [True]),
    "field-length": ([1000, 4000], [999, 1]),
    "embedded-name-length": ([200, 1000], [199]),
    "embedded-value-length": ([1024], [1023]),
    "embedded-name-case": ([False], [True]),
    "identity-required": ([False], [True]),
    "merging": (["extRef and email", "extRef", "email", "neither"], [MERGED]),
    "reported-criteria": ([True], [False]),
    "entries-per-call": ([100, 1000], [99]),
    "too-many-status": ([400, 413], [401, 412, 414, 500]),
    "refused-entry-status": ([200, 207], [201, 206, 400]),
    "refused-entry-code": (["errorCode", "error"], ["code"]),
    "list-membership": ([False], [True]),
    "data-center-notice": (["none"], ["fra1", "a notice without a host"]),
    "unknown-token": (
        [{"status": 401, "code": "DCD_7"}],
        [{"status": 401, "code": None}, {"status": 403, "code": "DCD_7"}],
    ),
    "missing-contact": (
        [{"status": 404, "code": None}, {"status": 404, "code": "X"}],
        [{"status": 400, "code": None}, {"status": 403, "code": None}, {"status": 405}, None],
    ),
    "invalid-request": (
        [{"status": 400, "code": None}, {"status": 400, "code": "X"}],
        [
            {"status": 400, "code": "ATP_2"},
            {"status": 400, "code": "DCD_7"},
            {"status": 401, "code": "X"},
            {"status": 422, "code": "X"},
            None,
        ],
    ),
    "unknown-directory": (
        [{"status": 403, "code": "X"}, {"status": 404}],
        [{"status": 402}, {"status": 405}, {"status": 200}, None],
    ),
    "last-page": (["null", "absent", "placeholder"], ["none"]),
    "next-page-host": (["same"], ["another"]),
    "workflow-response": (
        [{"status": 200}, {"status": 299}],
        [{"status": 199}, {"status": 300}, {"status": 500}, None],
    ),
    "retry-after": (["seconds", "date", "none"], ["text"]),
}


def test_each_check_knows_with_which_answers_the_destination_works():
    for name, (accepted, refused) in VERDICTS.items():
        accepts = CHECKS[name].expected.accepts
        assert [accepts(answer) for answer in accepted] == [True] * len(accepted), name
        assert [accepts(answer) for answer in refused] == [False] * len(refused), name
    open_checks = {name for name, check in CHECKS.items() if check.expected.accepts is None}
    assert open_checks == CHECKS.keys() - VERDICTS.keys()


def answered(result=None, meta=None, status=200):
    return Response(status, {}, {"result": result or {}, "meta": meta or {}})


def session(**memory):
    settings = {"datacenter": "iad1"}
    return SimpleNamespace(memory=memory, context=SimpleNamespace(settings=settings))


@pytest.mark.parametrize(
    ("check", "whoami", "answer"),
    [
        (account.check_notice, answered(), "none"),
        (account.check_notice, answered(meta={"notice": ""}), "none"),
        (account.check_notice, answered(meta={"notice": "look here"}), "a notice without a host"),
        (account.check_whoami, answered({"datacenter": "iad1"}), "same"),
        (account.check_whoami, answered({"datacenter": "az1"}), "another"),
        (account.check_whoami, answered(), "another"),
        (account.check_request_ids, answered(meta={"requestId": ""}), True),
        (account.check_request_ids, answered(), True),
        (account.check_request_ids, answered(meta={"requestId": "r-1"}), False),
    ],
)
async def test_whoami_settles_three_checks(check, whoami, answer):
    assert await check(session(whoami=whoami)) == answer


@pytest.mark.parametrize(
    ("page", "answer"),
    [
        ({"nextPage": None}, "null"),
        ({}, "absent"),
        ({"nextPage": "string"}, "placeholder"),
        ({"nextPage": ""}, "placeholder"),
    ],
)
async def test_a_last_page_has_one_of_three_forms(page, answer):
    assert await account.check_last_page(session(lists=answered(page))) == answer


async def test_a_page_that_is_not_the_last_settles_nothing():
    page = answered({"nextPage": "https://iad1.qualtrics.com/x"})
    with pytest.raises(UnsettledError, match="more mailing lists than a page holds"):
        await account.check_last_page(session(lists=page))


@pytest.mark.parametrize(
    ("meta", "answer"),
    [
        ({"status": 404}, True),
        ({"httpStatus": "404"}, False),
        ({"httpStatus": "404", "status": 404}, False),
        ({}, False),
    ],
)
async def test_the_older_shape_of_errors_has_a_status_alone(meta, answer):
    missing = answered(meta=meta, status=404)
    assert await account.check_error_shape(session(missing=missing)) is answer


@pytest.mark.parametrize(
    ("by_ext_ref", "by_email", "criteria", "answer"),
    [
        (True, True, ("extRef", "email"), True),
        (True, True, ("extRef",), False),
        (True, False, ("extRef", "email", "phone"), True),
        (False, True, ("extRef",), False),
        (False, False, (), True),
    ],
)
async def test_a_directory_reports_each_field_that_merges(by_ext_ref, by_email, criteria, answer):
    found = {"extRef": by_ext_ref, "email": by_email}
    listed = session(merging=found, criteria=criteria, is_listed=True)
    assert await merging.check_criteria(listed) is answer
    with pytest.raises(UnsettledError, match="may not list directories"):
        await merging.check_criteria(session(merging=found, criteria=criteria, is_listed=False))


async def test_criteria_are_compared_after_a_merge_only():
    with pytest.raises(UnsettledError, match="which fields merge is not known"):
        await merging.check_criteria(session(criteria=(), is_listed=True))


BOTH = [["extRef"], ["email"]]


@pytest.mark.parametrize(
    ("configure", "seen", "options"),
    [
        *(
            (
                merging.configure_merging,
                seen,
                {
                    "directories": {"POOL_000000000000001": {"mergeRules": rules}},
                    "contacts": {"unmatchedRule": unmatched},
                },
            )
            for seen, rules, unmatched in [
                ("extRef and email", BOTH, "next"),
                ("extRef", [["extRef"]], "next"),
                ("email", [["email"]], "next"),
                ("neither", [], "next"),
                (MERGED, BOTH, "stop"),
            ]
        ),
        (
            merging.configure_criteria,
            True,
            {"directories": {"POOL_000000000000001": {"deduplicationCriteria": None}}},
        ),
        (
            merging.configure_criteria,
            False,
            {
                "directories": {
                    "POOL_000000000000001": {
                        "deduplicationCriteria": {"email": False, "externalDataReference": False}
                    }
                }
            },
        ),
        (account.configure_notice, "none", {}),
        (account.configure_notice, "a notice without a host", {}),
        (account.configure_notice, "fra1", {"dataCenters": {"home": "fra1", "proxied": ["iad1"]}}),
        (account.configure_whoami, "another", {"dataCenters": {"whoami": "az1"}}),
        (account.configure_whoami, "same", {"dataCenters": {"whoami": None}}),
        (
            account.configure_unknown_directory,
            {"status": 403, "code": "X"},
            {"errors": {"unknownDirectoryStatus": 403, "forbidden": "X"}},
        ),
        (
            account.configure_unknown_directory,
            {"status": 404},
            {"errors": {"unknownDirectoryStatus": 404}},
        ),
        (account.configure_next_host, "same", {"pages": {"nextHost": None}}),
        (account.configure_next_host, "another", {"pages": {"nextHost": "other.qualtrics.com"}}),
    ],
)
def test_a_simulator_is_configured_to_give_the_answer_again(configure, seen, options):
    assert configure(seen) == options


@pytest.mark.parametrize(
    ("status", "outcome"), [(199, None), (200, True), (299, True), (300, None), (400, False)]
)
def test_a_400_is_a_refusal_and_any_other_failure_settles_nothing(status, outcome):
    response = answered(status=status, meta={"error": {"errorCode": "X_1"}})
    assert api.is_success(response) is (outcome is True)
    if outcome is None:
        with pytest.raises(UnsettledError, match=f"not made: status {status}, X_1"):
            api.is_accepted(response, "not made")
    else:
        assert api.is_accepted(response, "not made") is outcome


@pytest.mark.parametrize("run_id", ["dkit-verify-0a1b2c3d", "x-1"])
def test_an_unknown_id_has_the_length_of_an_id(run_id):
    made = api.unknown_id(SimpleNamespace(run_id=run_id), "CID_")
    assert (made[:4], len(made)) == ("CID_", 19)
    assert made == api.unknown_id(SimpleNamespace(run_id=run_id), "CID_")
