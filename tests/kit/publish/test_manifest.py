from dataclasses import replace

from destination_kit.publish import documents
from tests.kit.dkit import PARTNER
from tests.kit.publish.test_documents import HOOKED

SAY = PARTNER.actions["say"]


def test_the_manifest_names_every_other_document():
    published = documents(HOOKED)
    manifest = published["manifest.json"]
    parts = [manifest["settings"], manifest["audience"]]
    for action in manifest["actions"].values():
        parts += [action, *action["hooks"].values()]
    names = [name for part in parts for name in part["documents"].values()]
    own = ["manifest.json", "texts.json", manifest["choices"], manifest["instance"]]
    assert [*own, *names] == list(published)
    assert [*manifest["digests"]] == [*published][1:]


def test_the_digest_changes_with_a_document_and_with_nothing_else():
    before = documents(PARTNER)["manifest.json"]
    again = documents(replace(PARTNER))["manifest.json"]
    renamed = replace(PARTNER, actions={**PARTNER.actions, "say": replace(SAY, title="Whisper")})
    after = documents(renamed)["manifest.json"]
    assert before["digest"] == again["digest"] != after["digest"]
    changed = {
        name for name, digest in after["digests"].items() if digest != before["digests"][name]
    }
    of_action = {f"say.{role}.schema.json" for role in ("payload", "mapping", "form", "partial")}
    assert changed == {"instance.schema.json"} | of_action
    assert before["digest"].startswith("sha256:")
    assert before["version"] == 2


def test_the_manifest_has_facts_that_no_schema_has():
    manifest = documents(PARTNER)["manifest.json"]
    say = manifest["actions"]["say"]
    assert (say["title"], say["trigger"], say["hidden"]) == (
        "Say",
        PARTNER.actions["say"].trigger,
        False,
    )
    assert say["dynamicChoices"] == ["room"]
    assert (say["hooks"], manifest["settings"]["dynamicChoices"]) == ({}, [])
    assert manifest["audience"] is None
    [preset] = manifest["presets"]
    assert preset["action"] == "say"


def test_the_manifest_lists_the_dynamic_paths_of_every_form():
    line = {"type": "object", "properties": {"sku": {"type": "string", "x-dynamic": True}}}
    more = {"type": "object", "x-dynamic": {"parts": ["__keys__", "__values__"]}}
    fields = {"lines": {"type": "array", "items": line}, "more": more, "line": line}
    say = replace(PARTNER.actions["say"], fields={"type": "object", "properties": fields})
    manifest = documents(replace(HOOKED, settings=line, actions={"say": say}))["manifest.json"]
    paths = ["lines.sku", "more.__keys__", "more.__values__", "line.sku"]
    assert manifest["actions"]["say"]["dynamicChoices"] == paths
    assert manifest["settings"]["dynamicChoices"] == ["sku"]
    hooked = documents(HOOKED)["manifest.json"]
    hook = hooked["actions"]["say"]["hooks"]["onMappingSave"]
    assert (hook["title"], hook["dynamicChoices"], hook["secrets"]) == ("Save", ["list"], ["key"])
    assert hooked["audience"]["dynamicChoices"] == ["list"]
