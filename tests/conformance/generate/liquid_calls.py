"""Values with filters: what suits a filter, and all that does not."""

from __future__ import annotations

from tests.conformance.generate.chance import Chance
from tests.conformance.generate.liquid_dates import make_format, make_zone
from tests.conformance.generate.liquid_filters import ANY, DISABLED, FILTERS, UNKNOWN
from tests.conformance.generate.liquid_words import STRINGS, Words

_SAMPLE = "sample"  # of one element at most: of more, chance would pick
_PRECISE = (_SAMPLE, "round")  # a power of ten with a fraction is not the same on every machine
_NAMES = tuple(name for name in FILTERS if name != _SAMPLE)
_OF_DATES = ("date", "date", "date", *(name for name in FILTERS if name.startswith("date_")))
_SHAPES = (" | %s", " | %s", " | %s", "|%s", " |%s", "\n| %s\n", " | \t%s", "\u00a0|\u00a0%s")
_MORE = (
    *(", 'x'", ", 2", ", nil", ", 'x', 3, nil", ", allow_false: true", ", key: 'v'", ",", ", ,"),
    " ",
)


def make_filters(words: Words) -> str:
    """Make the end of a filtered value: no filter, one, or some."""
    count = words.chance.pick([0, 1, 1, 1, 1, 2, 2, 3])
    return "".join(make_filter(words, pick_name(words.chance)) for _ in range(count))


def make_filtered(words: Words) -> str:
    """Make a value with filters; the first filter gets what suits it more often than not."""
    if words.chance.maybe(0.12):
        return words.value() + make_filters(words)
    name = _SAMPLE if words.chance.maybe(0.015) else pick_name(words.chance)
    made = make_input(words, name) + make_filter(words, name)
    return made + make_filter(words, pick_name(words.chance)) if words.chance.maybe(0.25) else made


def pick_name(chance: Chance) -> str:
    """Pick a filter, seldom one that is disabled or unknown."""
    kind = chance.random.random()
    if kind < 0.01:
        return chance.pick(DISABLED)
    if kind < 0.15:
        return chance.pick(_OF_DATES)
    return chance.pick(UNKNOWN if kind < 0.17 else _NAMES)


def make_input(words: Words, name: str) -> str:
    """Make an input for a filter."""
    suiting, _ = FILTERS.get(name, (ANY, ()))
    if name == _SAMPLE or words.chance.maybe(0.65):
        return words.chance.pick(suiting)
    return words.value()


def make_filter(words: Words, name: str) -> str:
    """Make one filter with its arguments."""
    arguments = make_arguments(words, name)
    shown = f"{name}{words.chance.pick([': ', ': ', ':', ' : '])}{arguments}" if arguments else name
    return words.chance.pick(_SHAPES) % shown


def make_arguments(words: Words, name: str) -> str:
    """Make the arguments of a filter: the usual ones, none, more of them, or any."""
    chance = words.chance
    kind = chance.random.random()
    if kind < 0.6 or name in _PRECISE:
        return _usual(words, name)
    if kind < 0.66:
        return ""
    if kind < 0.74:
        return (_usual(words, name) or words.value()) + chance.pick(_MORE)
    if kind < 0.78:
        return (
            f"{_usual(words, name) or 'nil'}, {chance.pick(['allow_false', 'k'])}: {words.value()}"
        )
    return ", ".join(words.value() for _ in range(chance.pick([1, 1, 2, 2, 3])))


def _usual(words: Words, name: str) -> str:
    if name == "date":
        return _usual_of_date(words)
    _, arguments = FILTERS.get(name, ((), ("", "'a'")))
    return words.chance.pick(arguments)


def _usual_of_date(words: Words) -> str:
    shown = make_format(words.chance)
    quoted = f"'{shown}'" if words.chance.maybe(0.9) else words.chance.pick(STRINGS)
    return f"{quoted}, {make_zone(words.chance)}" if words.chance.maybe(0.25) else quoted
