"""`dkit auth` tests the credentials of an instance."""

import pytest

from destination_kit import Authentication, Destination
from tests.kit.dkit import PARTNER, dkit, instance, write


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
    }


@pytest.mark.parametrize("command", ["auth", "choices"])
def test_a_proxy_that_cannot_be_used_is_named(tmp_path, monkeypatch, command):
    monkeypatch.setenv("HTTPS_PROXY", "socks5://alice:hunter2@127.0.0.1:8933")
    options = ("say", "room") if command == "choices" else ()
    ran = run_on_instance(tmp_path, command, *options)
    assert (ran.code, ran.out) == (2, "")
    assert "HTTPS_PROXY: socks5:// needs a package" in ran.err
    assert "hunter2" not in ran.err


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
