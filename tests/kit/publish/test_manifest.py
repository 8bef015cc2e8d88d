from destination_kit.publish import documents
from tests.kit.dkit import PARTNER


def test_the_manifest_names_every_other_document():
    published = documents(PARTNER)
    manifest = published["manifest.json"]
    parts = [manifest["settings"], *manifest["actions"].values()]
    names = [name for part in parts for name in part["documents"].values()]
    assert ["manifest.json", *names] == list(published)


def test_the_manifest_has_facts_that_no_schema_has():
    manifest = documents(PARTNER)["manifest.json"]
    say = manifest["actions"]["say"]
    assert (say["title"], say["trigger"], say["hidden"]) == (
        "Say",
        PARTNER.actions["say"].trigger,
        False,
    )
    assert say["dynamicChoices"] == ["room"]
    [preset] = manifest["presets"]
    assert preset["action"] == "say"
