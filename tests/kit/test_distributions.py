"""A broken distribution is named, and every other plugin loads."""

import sys
from importlib.metadata import EntryPoint

import pytest

from destination_kit import Catalog
from destination_kit.distributions import BrokenDistribution, InstalledPlugin, find_plugins
from tests.kit.dkit import dkit

#: What `make` installs: the kit and its host, which brings `dkit serve`.
OURS = {"destination-kit", "destination-kit-host"}
METADATA = b"Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n"
ENTRY = b"[destination_kit]\nx = acme_plugin\n"
PLUGIN = """
from destination_kit import Destination, hookimpl
@hookimpl
def register_destinations():
    return [Destination(slug='acme', name='Acme')]
"""


@pytest.fixture
def site(tmp_path, monkeypatch):
    """Return folder, files -> a distribution on the path."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "acme_plugin", raising=False)
    (tmp_path / "acme_plugin.py").write_text(PLUGIN)

    def install(folder, **files):
        (tmp_path / folder).mkdir()
        for name, content in files.items():
            (tmp_path / folder / name.replace("__", ".")).write_bytes(content)
        return tmp_path

    return install


def found():
    plugins = list(find_plugins("destination_kit"))
    broken = [plugin for plugin in plugins if isinstance(plugin, BrokenDistribution)]
    names = {plugin.distribution for plugin in plugins if isinstance(plugin, InstalledPlugin)}
    return broken, names


BROKEN = {
    "not UTF-8": ({"METADATA": METADATA, "entry_points__txt": ENTRY + b"\xff"}, "is not UTF-8"),
    "UTF-16": ({"METADATA": METADATA, "entry_points__txt": "[x]".encode("utf-16")}, "is not UTF-8"),
    "a line without =": (
        {"METADATA": METADATA, "entry_points__txt": ENTRY + b"oops\n"},
        "its entry_points.txt cannot be read",
    ),
    "no METADATA": ({"entry_points__txt": ENTRY}, "its METADATA names no name and version"),
    "METADATA that is not UTF-8": (
        {"METADATA": b"\xff\xfe", "entry_points__txt": ENTRY},
        "its METADATA names no name and version",
    ),
    "METADATA without a name": (
        {"METADATA": b"Metadata-Version: 2.1\n", "entry_points__txt": ENTRY},
        "its METADATA names no name and version",
    ),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_distribution_that_cannot_be_read_is_named_and_the_others_load(site, fault):
    files, message = BROKEN[fault]
    site("broken-1.0.dist-info", **files)
    site("acme-1.0.dist-info", METADATA=METADATA, entry_points__txt=ENTRY)
    [broken], names = found()
    assert broken.name == "broken"
    assert message in broken.message
    assert names == {"acme", *OURS}
    catalog = Catalog.installed()
    assert {"acme", "actions-qualtrics"} <= set(catalog.destinations)
    assert [(failure.plugin, failure.message) for failure in catalog.failures] == [
        (broken.name, broken.message)
    ]


@pytest.mark.parametrize("folder", [".dist-info", "-1.0.dist-info", ".egg-info"])
def test_a_folder_without_a_name_is_named_by_its_path(site, folder):
    path = site(folder)
    [broken], names = found()
    assert broken.name == str(path / folder)
    assert "without a name" in broken.message
    assert "destination-kit" in names


def test_commands_work_beside_a_broken_distribution(site):
    path = site(".dist-info")
    listed = dkit("list", "--json", load=Catalog.installed)
    assert [found["slug"] for found in listed.json["destinations"]] == ["actions-qualtrics"]
    assert f"left out: {path}/.dist-info: " in listed.err
    wrong = dkit("doctor", "--json", load=Catalog.installed)
    assert wrong.code == 1
    assert [finding["where"] for finding in wrong.json["wrong"]] == [f"{path}/.dist-info"]


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"entry_points__txt": b"[console_scripts]\noops\n"},
        {"METADATA": b"\xff", "entry_points__txt": b"[console_scripts]\na = b\n"},
    ],
)
def test_a_fault_of_a_distribution_that_brings_no_plugin_is_no_matter(site, files):
    site("other-1.0.dist-info", **files)
    assert found()[0] == []


def test_of_two_distributions_with_one_name_the_first_on_the_path_counts(site, monkeypatch):
    path = site("acme-1.0.dist-info", METADATA=METADATA, entry_points__txt=ENTRY)
    later = path / "later" / "Acme-0.9.dist-info"
    later.mkdir(parents=True)
    (later / "entry_points.txt").write_bytes(b"\xff")
    monkeypatch.setattr(sys, "path", [*sys.path, str(later.parent)])
    assert found() == ([], {"acme", *OURS})
    monkeypatch.setattr(sys, "path", [str(later.parent), *sys.path])
    [broken], names = found()
    assert (broken.name, names) == ("Acme", OURS)


THIEF = """
from destination_kit import Destination, hookimpl
@hookimpl
def register_destinations():
    return [Destination(slug='actions-qualtrics', name='Thief')]
"""


@pytest.fixture
def thief(site, tmp_path):
    """Return a distribution in front of the path that has the kit's name."""
    (tmp_path / "thief.py").write_text(THIEF)
    site(
        "destination_kit-9.9.dist-info",
        METADATA=METADATA.replace(b"acme", b"destination-kit").replace(b"1.0", b"9.9"),
        entry_points__txt=b"[destination_kit]\nqualtrics = thief\n",
    )
    yield tmp_path / "destination_kit-9.9.dist-info"
    sys.modules.pop("thief", None)


def test_the_kits_name_makes_no_distribution_the_kits_own(thief):
    owners = {
        plugin.version: (plugin.own, plugin.runs_own_code())
        for plugin in find_plugins("destination_kit")
        if plugin.distribution == "destination-kit"
    }
    assert owners.pop("9.9") == (False, False)
    assert list(owners.values()) == [(True, True)]


def test_the_running_kit_wins_over_a_distribution_of_its_name(thief):
    catalog = Catalog.installed()
    assert catalog.destinations["actions-qualtrics"].name == "Qualtrics"
    [failure] = catalog.failures
    assert failure.plugin == f"destination-kit ({thief}):qualtrics"
    assert "is brought by destination-kit:qualtrics as well; not loaded" in failure.message


def test_a_module_in_front_of_the_kits_own_is_no_part_of_the_kit(tmp_path, monkeypatch):
    """`runs_own_code` looks for the module as an import would."""
    (tmp_path / "shadowed").mkdir()
    (tmp_path / "shadowed" / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    entry = EntryPoint("x", "shadowed", "destination_kit")
    assert not InstalledPlugin(entry, "destination-kit", "1", own=True).runs_own_code()
    missing = EntryPoint("x", "no.such.module", "destination_kit")
    assert not InstalledPlugin(missing, "destination-kit", "1", own=True).runs_own_code()
