import httpx
import pytest

from destination_kit import AuthResult, Permission
from destinations.qualtrics import QUALTRICS
from destinations.qualtrics.authentication import test_authentication as ask

WHOAMI = "GET https://iad1.qualtrics.com/API/v3/whoami"
DIRECTORIES = "GET https://iad1.qualtrics.com/API/v3/directories"
NO_DIRECTORIES = {"elements": []}
NOTHING_TRIED = "the user of the token sees no directory, so none could be tried"
LISTED = Permission(
    name="read:directories",
    granted=True,
    consequence="`dkit choices` cannot list directories, and which identifier finds a contact is a"
    " guess.",
)
NOTICE = "Request proxied. For faster response times, use this host instead: sjc1.qualtrics.com"


def answer(result, notice=None):
    return httpx.Response(200, json={"result": result, "meta": {"notice": notice}})


def test_the_destination_declares_this_test():
    assert QUALTRICS.authentication.test is ask


async def test_a_user_name_means_that_the_token_is_good(partner):
    partner.queue_results({"userId": "UR_1", "userName": "ada#brand"}, NO_DIRECTORIES)
    assert await ask(partner.context) == AuthResult(
        ok=True,
        account="ada#brand",
        warnings=(NOTHING_TRIED,),
        permissions=(LISTED,),
    )
    assert partner.calls == [WHOAMI, DIRECTORIES]


async def test_no_user_name_means_that_it_is_not(partner):
    partner.queue_results({"userId": "UR_1", "userName": None})
    assert await ask(partner.context) == AuthResult(
        ok=False, message="Qualtrics answered, but named no user."
    )


@pytest.mark.parametrize("settings", [{}, {"apiToken": ""}, {"apiToken": "  "}, {"apiToken": None}])
async def test_a_missing_token_never_reaches_the_network(partner, settings):
    partner.settings = {"datacenter": "iad1", **settings}
    context = partner.context
    outcome = await ask(context)
    assert not outcome.ok
    assert "ATP_2" in outcome.message
    assert partner.requests == []


@pytest.mark.parametrize("token", ["two words", "line\n", "tök"])
async def test_a_token_that_no_header_can_carry_never_reaches_the_network(partner, token):
    context = partner.context
    context.settings["apiToken"] = token
    outcome = await ask(context)
    assert not outcome.ok
    assert "copy it again" in outcome.message
    assert token not in outcome.message
    assert partner.requests == []


@pytest.mark.parametrize(
    ("status", "code", "sentence"),
    [(400, "ATP_2", "saw no API token"), (401, "DCD_7", "does not accept the API token")],
)
async def test_a_refusal_says_whether_the_token_is_missing_or_wrong(
    partner, status, code, sentence
):
    partner.queue_results({"errorCode": code, "errorMessage": "No."}, status=status)
    outcome = await ask(partner.context)
    assert not outcome.ok
    assert sentence in outcome.message
    assert f"(errorCode {code}, requestId req-1)" in outcome.message


@pytest.mark.parametrize(
    "trouble",
    [
        httpx.Response(200, json={"meta": {}}),
        httpx.Response(200, text="null"),
        httpx.Response(200, html="<p>Log in</p>"),
        httpx.Response(500, html="<p>Oops</p>"),
        httpx.Response(302, headers={"location": "https://elsewhere.example.com/"}),
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("slow"),
    ],
)
async def test_a_delivery_error_is_a_result_and_no_exception(partner, trouble):
    tries = 2 if isinstance(trouble, httpx.ConnectError) else 1  # it only reads, so it asks again
    partner.queue_responses(*[trouble] * tries)
    outcome = await ask(partner.context)
    assert not outcome.ok
    assert outcome.message
    assert len(partner.requests) == tries


async def test_a_notice_of_another_data_center_is_a_warning_that_names_it(partner):
    partner.queue_responses(answer({"userName": "ada", "datacenter": "az1"}, NOTICE))
    partner.queue_results(NO_DIRECTORIES)
    outcome = await ask(partner.context)
    assert outcome.ok
    [warning, _] = outcome.warnings
    assert "Set Datacenter ID to sjc1, because Qualtrics recommends sjc1.qualtrics.com." in warning


async def test_a_notice_that_names_our_own_host_is_no_warning(partner):
    partner.queue_responses(answer({"userName": "ada"}, "Use this host: IAD1.qualtrics.com"))
    partner.queue_results(NO_DIRECTORIES)
    assert (await ask(partner.context)).warnings == (NOTHING_TRIED,)


async def test_any_other_notice_is_passed_on(partner):
    partner.queue_responses(answer({"userName": "ada"}, "Maintenance on Sunday"))
    partner.queue_results(NO_DIRECTORIES)
    outcome = await ask(partner.context)
    assert outcome.warnings == ("Qualtrics says: Maintenance on Sunday", NOTHING_TRIED)
