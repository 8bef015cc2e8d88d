"""A destination is found by its name, or the error says what is installed and what was left out."""

from destination_kit import Catalog, hookimpl
from destination_kit.cli import run
from destination_kit.plugins import Plugins
from tests.kit.dkit import instance, write


def test_a_destination_that_is_missing_names_what_was_left_out_and_why(tmp_path, capsys):
    class Broken:
        @hookimpl
        def register_destinations(self):
            raise RuntimeError("no luck")

    plugins = Plugins()
    plugins.register(Broken(), "broken")
    catalog = Catalog.of_plugins(plugins)
    path = write(tmp_path / "i.json", instance())
    events = write(tmp_path / "e", {"type": "page"})
    for arguments in (
        ["show", "partner"],
        ["check", str(path)],
        ["preview", str(path), str(events)],
    ):
        assert run(arguments, lambda: catalog) > 0
        assert capsys.readouterr().err.count("left out: broken: ") == 1
