"""`dkit hook run` runs a mapping hook and keeps its outputs in the instance file."""

import json
import stat
from dataclasses import replace

import pytest

from destination_kit import IntegrationError, MappingHook
from tests.kit.dkit import PARTNER, dkit, instance, write

NAME = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}
LIST = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}


async def create_list(context, inputs):
    if inputs["name"] == "taken":
        raise IntegrationError(f"taken at {context.settings['token']}", "TAKEN", 409)
    return {"id": f"L-{inputs['name']}"}


SLUG = next(iter(PARTNER.actions))
HOOK = MappingHook(title="List", inputs=NAME, outputs=LIST, perform=create_list)
ACTION = replace(PARTNER.actions[SLUG], hooks={"onMappingSave": HOOK})
HOOKED = replace(PARTNER, actions={**PARTNER.actions, SLUG: ACTION})


def run_hook(path, *options, subscription=SLUG, hook="onMappingSave"):
    return dkit("hook", "run", path, subscription, hook, *options, destinations=(HOOKED,))


@pytest.fixture
def path(tmp_path):
    document = instance()
    document["subscriptions"] = [{**document["subscriptions"][0], "action": SLUG, "name": SLUG}]
    return write(tmp_path / "i.json", document)


def test_the_outputs_are_kept_and_the_rest_of_the_file_stays(path):
    path.chmod(0o640)
    before = json.loads(path.read_text())
    ran = run_hook(path, "--input", "name=Newsletter")
    assert (ran.code, ran.out) == (0, 'id: "L-Newsletter"\n')
    after = json.loads(path.read_text())
    kept = {"inputs": {"name": "Newsletter"}, "outputs": {"id": "L-Newsletter"}}
    assert after["subscriptions"][0].pop("hooks") == {"onMappingSave": kept}
    assert after == before
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert [file.name for file in path.parent.iterdir()] == ["i.json"]
    ran = run_hook(path, "--input", "name=B", "--json")
    assert ran.json == {
        "hook": "onMappingSave",
        "inputs": {"name": "B"},
        "outputs": {"id": "L-B"},
    }


def test_inputs_are_read_from_a_file_too(path, tmp_path):
    inputs = write(tmp_path / "inputs.json", {"name": "A"})
    assert run_hook(path, "--inputs", inputs).code == 0
    assert json.loads(path.read_text())["subscriptions"][0]["hooks"]["onMappingSave"]["inputs"] == {
        "name": "A"
    }


def test_a_hook_that_fails_leaves_the_file_and_shows_no_secret(path):
    before = path.read_text()
    ran = run_hook(path, "--input", "name=taken")
    assert (ran.code, ran.out) == (1, "")
    assert "taken at [secret]" in ran.err
    ran = run_hook(path)
    assert ran.code == 1
    assert "name" in ran.err
    assert path.read_text() == before


@pytest.mark.parametrize(
    ("subscription", "hook", "options", "expected"),
    [
        ("nothing", "onMappingSave", (), "there is no subscription 'nothing'"),
        (SLUG, "onMapingSave", (), "there is no hook 'onMapingSave' that runs"),
        (SLUG, "onMappingSave", ("--input", "name"), "--input name: should be NAME=VALUE"),
    ],
)
def test_misuse_names_what_is_there(path, subscription, hook, options, expected):
    ran = run_hook(path, *options, subscription=subscription, hook=hook)
    assert (ran.code, ran.out) == (2, "")
    assert expected in ran.err


def test_outputs_that_cannot_be_kept_are_not_made(tmp_path):
    ran = run_hook(tmp_path / "i.toml", "--input", "name=A")
    assert ran.code == 2
    assert "is not JSON" in ran.err
