"""Operators of conditions compare as those of liquidjs do."""

import pytest

from destination_kit.mapping import compile_mapping

EVENT = {
    "one": 1,
    "big": 9007199254740993,
    "near": 9007199254740992,
    "word": "b",
    "list": [1, "b"],
    "same": [1, "b"],
    "longer": [1, "b", 2],
    "other": [1, "c"],
    "object": {"a": 1},
    "twin": {"a": 1},
    "none": None,
    "yes": True,
    "no": False,
    "gap": " \n",
    "void": "",
    "nothing": [],
    "hollow": {},
}
TRUE = [
    *(
        "one == 1",
        "word == 'b'",
        "list == same",
        "object == object",
        "none == nil",
        "missing == nil",
    ),
    *("one != '1'", "one != true", "list != longer", "list != other", "object != twin"),
    *("one < 2", "one <= 1", "one >= 1", "2 > one", "'a' < word", "'10' < '9'", "'10' > 9"),
    *("near < big", "big > near", "big >= big", "one <= '1'"),
    *("list contains 1", "list contains 'b'", "word contains 'b'", "'a1' contains 1"),
    *("void == empty", "nothing == empty", "hollow == empty", "empty == void"),
    *("gap == blank", "void == blank", "no == blank", "none == blank", "nothing == blank"),
    *("missing == blank", "hollow == blank", "nil == none", "gap != empty", "none != empty"),
    *("not no", "not none", "yes and one", "no or yes", "yes or no and no", "void", "nothing"),
    *("no == false", "not one == 2", "yes and yes or no"),
]
FALSE = [
    *("one == '1'", "one == true", "list == longer", "list == other", "object == twin"),
    *("list == word", "word == list", "one != 1", "list != same", "no == nil", "void == nil"),
    *("one < 1", "one > 1", "2 <= one", "one >= 2", "big <= near", "word < 'a'", "word > 'b'"),
    *("one < nil", "nil <= one", "empty >= one", "one <= blank", "none > one"),
    *("list contains 2", "list contains 'a'", "word contains 'c'", "one contains 1"),
    *("gap == empty", "one == empty", "one == blank", "yes == blank", "word == blank"),
    *("list == empty", "object == blank", "none == empty"),
    *("not no and no", "yes == not no"),  # `not` binds less than `==` and more than `and`
    *("not yes", "not one", "yes and no", "no or none", "no and yes or yes", "missing"),
]


@pytest.mark.parametrize(
    ("condition", "holds"), [*((each, True) for each in TRUE), *((each, False) for each in FALSE)]
)
def test_a_condition_holds_as_in_liquidjs(condition, holds):
    template = f"{{% if {condition} %}}yes{{% else %}}no{{% endif %}}"
    assert compile_mapping({"f": {"@liquid": template}})(EVENT)["f"] == ("yes" if holds else "no")
