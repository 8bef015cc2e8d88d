"""Files that people write: the line of each value."""

import pytest

from destination_kit.cli.documents import line_of_pointer, load_document
from destination_kit.cli.errors import UsageError

TEXT = """
{"a": 1,
 "b": [1,
  {"c~/": {}, "]": "}"}
 , 5],
 "d": {
 }
}"""


@pytest.mark.parametrize(
    ("pointer", "line"),
    [
        ("", 2),
        ("/a", 2),
        ("/b", 3),
        ("/b/0", 3),
        ("/b/1", 4),
        ("/b/1/c~0~1", 4),
        ("/b/2", 5),
        ("/d", 6),
    ],
)
def test_a_pointer_leads_to_a_line(pointer, line):
    assert line_of_pointer(TEXT, pointer) == line


@pytest.mark.parametrize(
    ("pointer", "line"), [("/d/missing", 6), ("/b/7", 3), ("/x/y", 2), ("/a/x", 2)]
)
def test_a_missing_value_has_the_line_of_the_innermost_container(pointer, line):
    assert line_of_pointer(TEXT, pointer) == line


@pytest.mark.parametrize("text", ["5", '"text"', "null", " [] "])
def test_a_document_without_containers_has_one_line(text):
    assert line_of_pointer(text, "/x") == 1


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_another_encoding_is_named_with_what_converts_it(tmp_path, encoding):
    path = tmp_path / "i.json"
    path.write_bytes('{"destination": "actions-partner"}'.encode(encoding))
    with pytest.raises(UsageError, match=r"is UTF-(16|32).*: convert it, for example with `iconv"):
        load_document(str(path))
