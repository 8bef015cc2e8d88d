"""Every key that the reference acts on has a counterpart, and a key that is new is a fault."""

import json
import os
import shutil
import subprocess
from dataclasses import fields, is_dataclass

import pytest

import destination_kit
from tests.conformance import definition_keys, definitions
from tests.conformance.definition_keys import ACTED_ON, KEPT
from tests.conformance.test_definitions import everything, published

COUNTERPARTS = sorted({place for keys in ACTED_ON.values() for place in keys.values()})
INDEX = """
const never = async () => ({})
const named = { type: 'string', label: 'Name', description: 'A name', unsafe_hidden: true }
const onMappingSave = {
  label: 'Save', description: 'Save it', performHook: never,
  inputFields: { list: { ...named, dynamic: never } }, outputTypes: { id: named }
}
module.exports.default = {
  name: 'Acme', mode: 'cloud', slug: 'actions-acme', onDelete: never, extendRequest: () => ({}),
  authentication: { scheme: 'oauth2', fields: {}, refreshAccessToken: never },
  audienceFields: {},
  audienceConfig: { mode: { type: 'synced', full_audience_sync: true }, createAudience: never },
  actions: { add: {
    title: 'Add', description: 'Add it', perform: never, performBatch: never,
    fields: { name: named, more: { ...named, type: 'object', properties: { of: named } } },
    dynamicFields: { name: never, more: { __keys__: never } }, hooks: { onMappingSave }
  } },
  presets: [{ name: 'All', type: 'automatic', partnerAction: 'add', subscribe: 'type = "track"', mapping: {} }]
}
"""


@pytest.mark.parametrize("counterpart", COUNTERPARTS)
def test_every_counterpart_is_an_attribute_of_a_public_record(counterpart):
    name, _, attribute = counterpart.partition(".")
    record = getattr(destination_kit, name)
    names = {each.name for each in fields(record)} if is_dataclass(record) else set(dir(record))
    assert attribute in names


def test_no_key_is_acted_on_and_kept():
    for record, keys in KEPT.items():
        assert not keys & ACTED_ON[record].keys()


def test_every_key_of_the_whole_grammar_is_known_but_those_that_nobody_knows():
    unknown = {key for _, key in definition_keys.keys_of(everything())} - {
        key for keys in (*ACTED_ON.values(), *KEPT.values()) for key in keys
    }
    assert unknown == {
        *("version", "refresh", "secretive", "retention", "pace", "rateLimit", "colour"),
        *("a/b~c", "order", "danger", "retries", "sticky", "since", "pinned"),
    }


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"transformPayload": 1}, "destination has the key 'transformPayload'"),
        ({"functions": ["/onOptOut"]}, "destination has the key 'onOptOut'"),
        ({"functions": ["/actions/add/undo"]}, "action has the key 'undo'"),
        ({"functions": ["/actions/add/hooks/x/undo"]}, "hook has the key 'undo'"),
        ({"functions": ["/authentication/a/b"]}, "function has the key '/authentication/a/b'"),
        ({"actions": {"a": {"fields": {"b": {"hash": 1}}}}}, "field has the key 'hash'"),
    ],
)
def test_a_new_key_is_a_fault(change, sentence, tmp_path, capsys):
    path = tmp_path / "new.json"
    path.write_text(json.dumps({"slug": "x", "actions": {}, **change}), encoding="utf-8")
    [fault] = definitions.check_keys([path], [], quiet=False)
    assert fault.startswith(sentence)
    assert "1 published and 0 exported definitions" in capsys.readouterr().out


def test_a_null_has_no_meaning():
    document = {"slug": "x", "actions": {}, "transformPayload": None}
    assert not definition_keys.unknown(definition_keys.keys_of(document))


def test_a_loss_of_an_exported_definition_is_told():
    document = {"slug": "x", "name": "X", "mode": "cloud", "actions": {}, "since": 1}
    [note] = definitions.check_export({**document, "functions": ["/onDelete"]})
    assert "'since' that this version" in note


@pytest.mark.skipif(not shutil.which("node"), reason="needs Node")
def test_a_destination_is_exported_in_the_published_shape(tmp_path):
    source = tmp_path / "@segment/action-destinations/dist/destinations/acme"
    source.mkdir(parents=True)
    (source / "index.js").write_text(INDEX, encoding="utf-8")
    # Without it, Node would take the kind of modules from any package.json in a folder above.
    (tmp_path / "package.json").write_text("{}", encoding="utf-8")
    subprocess.run(
        ["node", "tests/conformance/export_definitions.mjs", str(tmp_path / "out")],
        env={"BENCH_MODULES": str(tmp_path), "PATH": os.environ["PATH"]},
        check=True,
    )
    document = json.loads((tmp_path / "out/acme.json").read_text(encoding="utf-8"))
    action = document["actions"]["add"]
    assert action["hasPerformBatch"] is True
    assert action["dynamicFields"] == {"more": ["__keys__"]}
    assert action["fields"]["more"]["properties"]["of"]["hidden"] is True
    assert action["hooks"]["onMappingSave"]["inputFields"]["list"]["dynamic"] is True
    assert document["audienceConfig"]["supportsAudienceFunctions"] is True
    assert {
        *("/onDelete", "/extendRequest", "/authentication/refreshAccessToken"),
        *("/audienceConfig/createAudience", "/actions/add/perform", "/actions/add/performBatch"),
        *("/actions/add/dynamicFields/name", "/actions/add/hooks/onMappingSave/performHook"),
    } <= set(document["functions"])
    assert not list(definitions.check_export(document))
    assert not definition_keys.unknown(definition_keys.keys_of(document))


@pytest.mark.parametrize("path", published(), ids=lambda path: path.stem if path else "none")
def test_every_key_of_a_published_definition_is_known(path):
    document = json.loads(path.read_text(encoding="utf-8"))
    assert definition_keys.unknown(definition_keys.keys_of(document)) == []
