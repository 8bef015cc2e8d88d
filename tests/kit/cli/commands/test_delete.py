"""`dkit delete` has a partner delete a user."""

import io
import sys
from dataclasses import replace

import pytest

from destination_kit import IntegrationError
from tests.kit.dkit import PARTNER, dkit, instance, write


async def forget(context, payload):
    if payload.get("userId") == "nobody":
        raise IntegrationError(f"unknown at {context.settings['token']}", "UNKNOWN_USER", 404)
    return payload


FORGETFUL = replace(PARTNER, on_delete=forget)


def delete(tmp_path, *options, destination=FORGETFUL):
    path = write(tmp_path / "i.json", instance())
    return dkit("delete", path, *options, destinations=(destination,))


def test_a_user_is_deleted(tmp_path):
    ran = delete(tmp_path, "--user-id", "ann", "--yes")
    assert (ran.code, ran.out, ran.err) == (0, "on_delete: delivered\n", "")
    ran = delete(tmp_path, "--anonymous-id", "a1", "--yes", "--json")
    result = {
        "subscription": "on_delete",
        "action": "on_delete",
        "status": "delivered",
        "response": {"anonymousId": "a1"},
    }
    assert ran.json == {"status": "delivered", "results": [result]}


def test_a_refused_deletion_is_a_failure_that_shows_no_secret(tmp_path):
    ran = delete(tmp_path, "--user-id", "nobody", "--yes")
    assert (ran.code, ran.out) == (1, "on_delete: UNKNOWN_USER: unknown at [secret]\n")


@pytest.mark.parametrize(
    ("options", "destination", "said"),
    [
        (("--yes",), FORGETFUL, "name the user by --user-id, --anonymous-id, or both"),
        (("--user-id", "a"), FORGETFUL, "there is no terminal to ask on: --yes deletes without"),
        (("--user-id", "a", "--yes"), PARTNER, "Partner has no on_delete, and no subscription"),
    ],
)
def test_what_cannot_delete_is_misuse(tmp_path, options, destination, said, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    ran = delete(tmp_path, *options, destination=destination)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"dkit: {said}")


@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("n\n", 1), ("", 1)])
def test_a_person_is_asked_first(tmp_path, answer, code, monkeypatch):
    terminal = io.StringIO(answer)
    terminal.isatty = lambda: True
    monkeypatch.setattr(sys, "stdin", terminal)
    ran = delete(tmp_path, "--user-id", "ann")
    assert ran.code == code
    assert "Delete what Partner holds of userId 'ann'? [y]es, [n]o: " in ran.err


def test_what_a_deletion_keeps_is_there_for_the_next_command(tmp_path):
    async def count(context, payload):
        times = (await context.cache.get("times") or 0) + 1
        await context.cache.set("times", times)
        return {"times": times}

    destination = replace(PARTNER, on_delete=count)
    options = ("--user-id", "ann", "--yes", "--json", "--store", str(tmp_path / "store.json"))
    results = [delete(tmp_path, *options, destination=destination).json for _ in range(2)]
    assert [result["results"][0]["response"] for result in results] == [{"times": 1}, {"times": 2}]
    lost = delete(tmp_path, *options[:3], destination=destination)
    assert lost.code == 0
