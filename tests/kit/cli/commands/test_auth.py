"""`dkit auth` tests the credentials of an instance."""

from dataclasses import replace

import pytest

from destination_kit import Authentication, AuthResult, Destination, Permission
from tests.kit.dkit import PARTNER, TOKEN, dkit, instance, write


def run_on_instance(tmp_path, command, *options, document=None, destinations=(PARTNER,)):
    path = write(tmp_path / "i.json", document or instance())
    return dkit(command, path, *options, destinations=destinations)


def test_good_credentials_show_the_account(tmp_path):
    ran = run_on_instance(tmp_path, "auth")
    assert (ran.code, ran.out) == (0, "Partner accepts the credentials of ann.\n")


def test_bad_credentials_are_a_failure(tmp_path):
    document = instance(settings={"token": "wrong"})
    ran = run_on_instance(tmp_path, "auth", document=document)
    assert (ran.code, ran.out) == (1, "unknown token\n")
    assert run_on_instance(tmp_path, "auth", "--json", document=document).json == {
        "ok": False,
        "account": None,
        "message": "unknown token",
        "warnings": [],
        "permissions": [],
    }


@pytest.mark.parametrize("command", ["auth", "choices"])
def test_a_proxy_that_cannot_be_used_is_named(tmp_path, monkeypatch, command):
    monkeypatch.setenv("HTTPS_PROXY", "socks5://alice:hunter2@127.0.0.1:8933")
    options = ("say", "room") if command == "choices" else ()
    ran = run_on_instance(tmp_path, command, *options)
    assert (ran.code, ran.out) == (2, "")
    assert "HTTPS_PROXY: socks5:// needs a package" in ran.err
    assert "hunter2" not in ran.err


def permitting(*permissions):
    """Return the partner with a test of credentials that finds these permissions."""

    async def test(context):
        return AuthResult(ok=True, account="ann", permissions=permissions)

    return replace(PARTNER, authentication=Authentication(test=test))


PERMISSIONS = (
    Permission(name="read:rooms", granted=True),
    Permission(name="say", granted=False, resource=f"Hall {TOKEN}", consequence="Nothing is said."),
    Permission(name="shout", granted=None, consequence="Nothing is shouted."),
)


def test_permissions_are_a_table_and_each_missing_one_a_warning_with_its_cost(tmp_path):
    ran = run_on_instance(tmp_path, "auth", destinations=(permitting(*PERMISSIONS),))
    assert ran.code == 0
    assert ran.out == (
        "Partner accepts the credentials of ann.\n\n"
        "permission  for            granted\n"
        "----------  -------------  -------\n"
        "read:rooms                 yes\n"
        "say         Hall [secret]  no\n"
        "shout                      unknown\n"
    )
    assert ran.err == "warning: say for Hall [secret] is not granted: Nothing is said.\n"


def test_permissions_are_in_the_json_too_without_secrets(tmp_path):
    ran = run_on_instance(tmp_path, "auth", "--json", destinations=(permitting(*PERMISSIONS),))
    assert ran.json["permissions"] == [
        {"name": "read:rooms", "resource": "", "granted": True, "consequence": ""},
        {
            "name": "say",
            "resource": "Hall [secret]",
            "granted": False,
            "consequence": "Nothing is said.",
        },
        {"name": "shout", "resource": "", "granted": None, "consequence": "Nothing is shouted."},
    ]
    assert ran.err == ""


def test_a_destination_that_cannot_test_credentials_warns(tmp_path):
    plain = Destination(slug="plain", name="Plain")
    ran = run_on_instance(
        tmp_path, "auth", document={"destination": "plain"}, destinations=(plain,)
    )
    assert ran.code == 0
    assert ran.out == "The credentials were not tested: Plain has no test of them.\n"
    assert ran.err.startswith("warning: ")
    found = run_on_instance(
        tmp_path, "auth", "--json", document={"destination": "plain"}, destinations=(plain,)
    ).json
    assert (found["ok"], found["tested"]) == (None, False)
    assert len(found["warnings"]) == 1


def test_a_partner_that_asks_for_no_credentials_needs_no_warning(tmp_path):
    free = Destination(slug="free", name="Free", authentication=Authentication(scheme="none"))
    ran = run_on_instance(tmp_path, "auth", document={"destination": "free"}, destinations=(free,))
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == "Free asks for no credentials, so there is nothing to test.\n"


def test_credentials_can_be_tested_while_a_mapping_is_not_ready(tmp_path):
    document = instance({"action": "say", "mapping": {"room": "<fill in: Room>"}})
    assert run_on_instance(tmp_path, "auth", document=document).code == 0
    document = instance(settings={"token": "<fill in: Token>"})
    ran = run_on_instance(tmp_path, "auth", document=document)
    assert (ran.code, ran.out) == (2, "")
    assert "/settings/token: still to be filled in" in ran.err
