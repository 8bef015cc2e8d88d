"""The words that Liquid templates are made of: literals, paths, ranges, expressions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests.conformance.generate.chance import Chance
from tests.conformance.generate.liquid_events import PROPERTIES, VALUES

NAMES = (*VALUES, "when", "dates")
NUMBERS = (
    *("0", "1", "2", "3", "5", "-1", "-2", "1.0", "1.50", "3.14", "-0.5", "-0", "007", "1.", "100"),
    *("10000000000000000000000", "9007199254740993", "0.1", "0.0000001", "-3.75", "2.5", "1."),
)
NOT_NUMBERS = (
    *("1e3", "0x10", "1_000", ".5", "+1", "--1", "- 1", "1.2.3", "1a", "+.5", "-", "1..2", "1.a"),
    *("-a", "+", "5%", "1,5", "²", "\u0661", "1 .5", "1. 5", "-.5", "+0", "0b1"),
)
STRINGS = (
    *("''", '""', "'a'", '"a"', "'b'", "' '", "','", "'x y'", "'Hello World'", "'5'", "'1.5'"),
    *("'-2'", "'a,b,,c,,'", "'$&'", "'\\''", '"\\""', "'\"'", '"\'"', "'{{ x }}'", "'%}'", "'}}'"),
    *("'\\n'", "'\\t|\\r|\\b|\\f|\\v'", "'\\u00e9'", "'\\u00E9\\u4f60'", "'\\u41'", "'\\u'", "'|'"),
    *("'\\uzz'", "'\\101'", "'\\7x'", "'\\1234'", "'\\8'", "'\\x41'", "'\\\\'", "'\\a\\z\\%'"),
    *(
        "'é'",
        "'👍🏽'",
        "'e\u0301'",
        "'שלום'",
        "'日本'",
        "'\u00a0'",
        "'<b>&'",
        "'a' 'b'",
        "'\\ud83d'",
    ),
    *("'a.b'", "'name'", "'size'", "'true'", "'nil'", "'aa'", "'o'", "'\\0'", "'\\u0000'"),
    *("'\\377'", "'\n'", "' \\' \" '", "'#'", "':'", "'a' | upcase", "'{% raw %}'", "'-%}'"),
    "'\\u{41}'",
)
KEYWORDS = (
    *("true", "false", "nil", "null", "empty", "blank", "undefined", "None", "True", "NIL"),
    *("trueish", "nilable", "empty?", "blank.size", "nil.x", "true.a", "empty.first", "true[0]"),
)
RANGES = (
    *("(1..3)", "(3..1)", "(0..0)", "(-1..1)", "('1'..3)", "(1..whole)", "(index..3)", "(1.5..3)"),
    *("(float..4)", "( 1 .. 3 )", "(1..3).size", "(1..3)[1]", "(1..3).first", "(nil..2)", "(a..b)"),
    *("(1..'3')", "('a'..'c')", "(negative..1)", "(true..2)", "(numbers[0]..numbers[1])"),
    "(1..nil)",
    *("(list..2)", "(1..digits)", "(1..2.7)", "(1..999999999)", "(1..people.size)", "(1\n..\t2)"),
)
BAD_RANGES = ("(1..)", "(1.3)", "(1..3", "(..3)", "(1...3)", "(1)", "()", "(1 3)", "(1..3]", "(")
COMPARISONS = ("==", "!=", "<", ">", "<=", ">=", "contains")
OPERANDS = ("empty", "blank", "nil", "true", "false", "0", "1", "''", "'a'", "missing", "'b'", "5")
_ODD = (
    *("%s == not %s", "not %s", "not not %s", "not %s == %s", "%s and not %s", "%s == %s == %s"),
    *("%s <> %s", "%s = %s", "%s ==", "== %s", "and", "%s and", "or %s", "%s or or %s", "%s %s"),
    *("%s contains", "not", "%s not %s", "%s===%s", "%s!%s", "%s && %s", "(%s)", "(%s and %s)"),
    *("%s and %s or %s", "%s or %s and %s", "not %s and %s or not %s", "%s == %s and %s != %s"),
    *("%s==%s", "%s contains%s", "%scontains %s", "%s and%s", "%s<%s", "%s > %s > %s", "!%s"),
    *("%s == %s or %s", "%s in %s", "%s is %s", "%s == nil and %s", "%s contains nil", "%s, %s"),
    *("%s | size > 1", "%s | default: false", "%s == %s | upcase", "%s contains %s | first"),
    *("%s =! %s", "%s => %s", "%s\n==\n%s", "%s\u00a0and\u00a0%s", "not(%s)", "notable", "andy"),
    *("nil == %s", "blank == %s", "empty == %s", "empty == empty", "blank == blank", "%s == blank"),
    *("nil <= %s", "%s >= nil", "empty < %s", "%s > blank", "%s < empty", "nil == blank"),
    *("%s != nil", "empty >= %s", "blank <= %s", "%s >= empty", "%s <= blank", "nil > %s"),
    *("%s < nil", "nil < %s", "%s == (1..3)", "numbers contains %s", "mixed contains %s"),
    *("nested == nested", "list == list", "object == object", "blank == empty", "empty == blank"),
    *("text contains ''", "%s == empty"),
)


@dataclass(frozen=True, slots=True)
class Words:
    """What templates are made of, by chance, for events that have values at `names`."""

    chance: Chance
    names: Sequence[str] = NAMES

    def path(self, name: str = "") -> str:
        """Make a path: mostly a name, often with properties, seldom one that is not there."""
        name = name or self.chance.pick(self.names)
        if self.chance.maybe(0.06):
            name = self.chance.pick(["missing", "missing.a", f"['{name}']", "[key]", "[nothing]"])
        count = self.chance.pick([0, 0, 0, 0, 1, 1, 2])
        return name + "".join(self.chance.pick(PROPERTIES) for _ in range(count))

    def value(self) -> str:
        """Make a value of any type."""
        kind = self.chance.random.random()
        if kind < 0.45:
            return self.path()
        if kind < 0.6:
            return self.chance.pick(NUMBERS)
        if kind < 0.8:
            return self.chance.pick(STRINGS)
        return self.chance.pick(RANGES if kind > 0.94 else KEYWORDS)

    def odd_value(self) -> str:
        """Make what looks like a value but is another one, or none."""
        return self.chance.pick(self.chance.pick([NOT_NUMBERS, BAD_RANGES, STRINGS, KEYWORDS]))

    def condition(self) -> str:
        """Make a condition: comparisons joined by operators, seldom an odd one."""
        if self.chance.maybe(0.28):
            shape = self.chance.pick(_ODD)
            return shape % tuple(self.operand() for _ in range(shape.count("%s")))
        joined = self.comparison()
        for _ in range(self.chance.pick([0, 0, 0, 1, 2])):
            joined += self.chance.pick([" and ", " or ", " and not "]) + self.comparison()
        return joined

    def comparison(self) -> str:
        """Make one comparison, or a value whose truth is asked for."""
        if self.chance.maybe(0.25):
            return self.operand()
        return f"{self.operand()} {self.chance.pick(COMPARISONS)} {self.operand()}"

    def operand(self) -> str:
        """Make a side of a comparison."""
        return self.value() if self.chance.maybe(0.7) else self.chance.pick(OPERANDS)
