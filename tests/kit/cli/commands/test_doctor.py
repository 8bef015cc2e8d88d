"""`dkit doctor` lists the loaded plugins, and reports what is wrong with them."""

import sys
from dataclasses import replace

from destination_kit import Catalog, hookimpl
from destination_kit.plugins import Plugins
from tests.kit.dkit import PARTNER, dkit


class Bringing:
    def __init__(self, *destinations):
        self.destinations = destinations

    @hookimpl
    def register_destinations(self):
        return self.destinations


def doctor(*options, **plugins):
    """Run it where these plugins are loaded."""

    def load():
        found = Plugins()
        for name, plugin in plugins.items():
            found.register(plugin, name)
        return Catalog.of_plugins(found)

    return dkit("doctor", *options, load=load)


def test_without_findings_doctor_says_that_nothing_is_wrong():
    ran = doctor(a=Bringing(PARTNER))
    assert ran.code == 0
    assert ran.out.splitlines()[2].split() == ["a", "destinations", "actions-partner"]
    assert ran.out.splitlines()[-1] == "Nothing is wrong."
    found = doctor("--json", a=Bringing(PARTNER)).json
    assert found["wrong"] == []
    assert found["plugins"] == [
        {
            "plugin": "a",
            "distribution": None,
            "version": None,
            "hooks": ["register_destinations"],
            "brings": {"destinations": ["actions-partner"]},
        }
    ]
    assert found["versions"]["python"] == sys.version.split()[0]


def test_a_plugin_that_was_left_out_is_a_finding():
    ran = doctor("--json", a=Bringing(PARTNER), b=Bringing(replace(PARTNER, name="Thief")))
    assert ran.code == 1
    assert [finding["where"] for finding in ran.json["wrong"]] == ["a", "b"]
    assert "is brought by b as well" in ran.json["wrong"][0]["message"]


def test_a_proxy_and_certificates_that_cannot_be_used_are_findings(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://alice:hunter2/x@127.0.0.1:8933")
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere")
    found = doctor("--json", a=Bringing(PARTNER))
    assert found.code == 1
    assert [(each["where"], each["path"]) for each in found.json["wrong"]] == [
        ("HTTPS_PROXY", None),
        ("SSL_CERT_FILE", None),
    ]
    shown = doctor(a=Bringing(PARTNER)).out
    assert "wrong: HTTPS_PROXY: the address has / or ? or # in its user name or password" in shown
    assert "hunter2" not in shown + found.out


def test_a_definition_is_checked_against_the_meta_schemas():
    say = PARTNER.actions["say"]
    text = {"type": "object", "properties": {"word": {"type": "string", "x-hidden": "yes"}}}
    say = replace(say, fields=text, choices={})
    odd = replace(PARTNER, presets=(), actions={"say": say})
    ran = doctor("--json", a=Bringing(odd))
    assert ran.code == 1
    [flaw] = ran.json["wrong"]
    assert (flaw["where"], flaw["path"]) == (
        "actions-partner",
        "/actions/say/fields/properties/word/x-hidden",
    )
    assert "wrong: actions-partner/actions/say/fields/" in doctor(a=Bringing(odd)).out


def test_a_trigger_that_cannot_be_read_is_a_finding():
    preset = replace(PARTNER.presets[0], trigger='type = "track" OR userId = null')
    ran = doctor("--json", a=Bringing(replace(PARTNER, presets=(preset,))))
    [flaw] = ran.json["wrong"]
    assert flaw["where"] == "a"
    assert "/presets/0/trigger: there is no operator OR" in flaw["message"]
    assert ran.json["plugins"][0]["brings"] == {"destinations": ["actions-partner"]}


def test_an_init_in_the_namespace_package_is_a_finding(tmp_path, monkeypatch):
    (tmp_path / "destinations").mkdir()
    (tmp_path / "destinations" / "__init__.py").touch()
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    for name in [module for module in sys.modules if module.split(".")[0] == "destinations"]:
        monkeypatch.delitem(sys.modules, name)
    ran = doctor("--json", a=Bringing(PARTNER))
    assert ran.code == 1
    [stray] = ran.json["wrong"]
    assert stray["where"] == str(tmp_path / "destinations" / "__init__.py")


def test_two_destinations_with_one_host_are_a_notice():
    other = replace(PARTNER, slug="actions-other")
    ran = doctor(a=Bringing(PARTNER), b=Bringing(other))
    assert ran.code == 0
    assert "actions-other and actions-partner send credentials to *.partner.example" in ran.out
