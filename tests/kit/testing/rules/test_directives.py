"""Rules of directives: examples are true, and events without a value get none."""

import pytest

from destination_kit import MISSING, Directive, Example, PayloadValidationError
from destination_kit.testing import check_directive

READING = {"@upper": {"@path": "$.name"}}
ANN = Example(READING, {"name": "ann"}, "ANN")


def directive(change, *examples):
    def compile_upper(argument, compiler):
        resolve = compiler.compile(argument)
        return lambda event: change(resolve(event))

    return Directive("@upper", compile_upper, "Make a text upper case.", examples)


def upper(value):
    return value.upper() if isinstance(value, str) else value


def reject(value):
    if not isinstance(value, str):
        raise PayloadValidationError("needs a name")
    return value.upper()


def fall_back(value):
    return value.upper() if isinstance(value, str) else "ANYONE"


FALLBACKS = (Example(READING, {}, "ANYONE"), Example(READING, {"name": None}, "ANYONE"))


@pytest.mark.parametrize(
    "sound",
    [
        directive(upper, ANN, Example(READING, {}, MISSING)),
        directive(reject, ANN),
        directive(fall_back, ANN, *FALLBACKS),
        directive(upper, Example({"@upper": "ann"}, {}, "ANN")),
    ],
    ids=["as it came", "refused", "declared", "reads nothing"],
)
def test_a_sound_directive_keeps_the_rules(sound):
    check_directive(sound)


@pytest.mark.parametrize(
    ("broken", "sentence"),
    [
        (directive(upper), "/examples EXAMPLE: add an example"),
        (directive(lambda value: value, ANN), "it gives 'ann', and the example says 'ANN'"),
        (directive(upper, Example({"@uper": "a"}, {}, "A")), "did you mean '@upper'"),
        (directive(lambda value: str(value).upper(), ANN), "with missing values, as in the event"),
        (directive(lambda value: str(value or "").upper() or "NONE", ANN), "gives 'NONE' to every"),
        (directive(lambda value: value.upper(), ANN), "it raised AttributeError (test_directives"),
        (directive(fall_back, ANN, FALLBACKS[0]), "with null values, as in the event"),
    ],
)
def test_a_broken_directive_is_told_which_rule_and_where(broken, sentence):
    with pytest.raises(AssertionError, match=r"^@upper breaks the rules:\n- /examples") as caught:
        check_directive(broken)
    assert sentence in str(caught.value)


def test_a_path_inside_an_object_is_taken_out_alone():
    seen = []

    def note(value):
        seen.append(value)
        return value

    nested = {"@upper": {"@path": "$.traits.name"}}
    check_directive(
        directive(note, Example(nested, {"traits": {"name": "a", "age": 1}, "x": 2}, "a"))
    )
    assert seen[-3:] == ["a", MISSING, None]
