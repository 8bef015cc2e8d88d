from __future__ import annotations

from tests.conformance import coverage


def test_branches_are_counted_and_those_not_reached_are_told_with_their_reason(tmp_path):
    path = tmp_path / "node_modules/@segment/some/a.js"
    path.parent.mkdir(parents=True)
    path.write_text("one\ncatch (e) {\n}\nplain\n", encoding="utf-8")
    places = {"0": 1, "1": 2, "2": 4}
    told = coverage.as_text(
        {
            str(path): {
                "b": {"0": [3], "1": [0], "2": [0]},
                "branchMap": {
                    key: {"loc": {"start": {"line": line}, "end": {"line": line}}}
                    for key, line in places.items()
                },
            }
        }
    )
    assert "1 of     3 branches   33.3 %" in told
    assert "some/a.js:2: this Node knows look-behind in patterns" in told
    assert told.endswith("some/a.js:4: plain")
