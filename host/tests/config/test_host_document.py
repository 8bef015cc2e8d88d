"""The page of the host shows a configuration that can be used."""

import json
import re
from pathlib import Path

from destination_host.config.loading import load_config
from host.tests.running import Partner, instance, write_config

PAGE = (Path(__file__).parents[3] / "docs" / "host.md").read_text(encoding="utf-8")


def test_the_configuration_of_the_page_is_good(tmp_path):
    blocks = map(json.loads, re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL))
    [shown] = [block for block in blocks if "sources" in block]
    (tmp_path / "instance.json").write_text(json.dumps(instance()), encoding="utf-8")
    path = write_config(tmp_path, shown)
    config = load_config(path, Partner().catalog, lambda name: f"value of {name}")
    assert [source.name for source in config.sources] == ["website", "segment"]
    assert config.warnings == ()
