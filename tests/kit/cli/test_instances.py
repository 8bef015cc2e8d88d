"""Instance files on the command line, and made-up secrets."""

from dataclasses import replace

import pytest

from tests.kit.dkit import PARTNER, dkit, instance, track, write

SECRET = {"token": {"$secret": "NOWHERE_SET"}}


def test_check_and_preview_do_without_secrets_and_say_so(tmp_path):
    path = write(tmp_path / "i.json", instance(settings=SECRET))
    assert dkit("check", path).code == 1
    ran = dkit("check", path, "--without-secrets")
    assert ran.code == 0
    assert ran.err == "--without-secrets: the secrets are made up; nothing is sent\n"
    events = write(tmp_path / "e", {"type": "track", "event": "Hi"})
    assert dkit("preview", path, events, "--without-secrets").code == 0


@pytest.mark.parametrize(
    "rule",
    [
        {"pattern": "^[!-~]+$"},
        {"pattern": "^[0-9]+$"},
        {"format": "uri"},
        {"format": "email"},
        {"enum": ["one", "two"]},
        {"minLength": 64},
        {"maxLength": 3},
        {"pattern": "^sk-", "examples": ["sk-5"]},
    ],
)
def test_a_made_up_secret_fits_its_setting(tmp_path, rule):
    settings = {"type": "object", "properties": {"token": {"type": "string", **rule}}}
    say = replace(PARTNER.actions["say"], trigger=None)
    plain = replace(PARTNER, settings=settings, actions={"say": say}, presets=())
    path = write(
        tmp_path / "i.json",
        instance(
            {"action": "say", "trigger": 'type = "page"', "mapping": {"word": "x", "room": "y"}},
            settings=SECRET,
        ),
    )
    ran = dkit("check", path, "--without-secrets", destinations=[plain])
    assert (ran.code, ran.out.splitlines()[-1]) == (0, f"{path}: no problems")


FAULTY = {
    "/subscriptions/0/mapping/room: still to be filled in: <fill in: Room>": "<fill in: Room>",
    "/subscriptions/0/mapping/room: Room must be text, but an object was found.": {"a": 1},
}


@pytest.mark.parametrize("fault", FAULTY)
@pytest.mark.parametrize("command", ["check", "deliver", "preview"])
def test_what_check_refuses_no_other_command_accepts(tmp_path, command, fault):
    document = instance({"action": "say", "mapping": {"word": "x", "room": FAULTY[fault]}})
    path = write(tmp_path / "i.json", document)
    events = [] if command == "check" else [write(tmp_path / "e.jsonl", *track("Hi"))]
    ran = dkit(command, path, *events)
    assert ran.code == (1 if command == "check" else 2)
    assert fault in " ".join((ran.out + ran.err).split())
