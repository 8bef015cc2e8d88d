"""Cost of regular expressions: how long a text may be before a search in it takes too long.

Python's engine backtracks. Where several repetitions can match the same characters, it tries every
way to share a text between them: n of them take length^n steps, and a repetition in a repetition
takes 2^length. A linear engine would be a dependency with a binary of its own, and has no
look-ahead, which the patterns of draft-07 may use. So each pattern is analysed when it is compiled.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from re import _constants as ops, _parser  # type: ignore[attr-defined]  # the only parser of patterns there is
from typing import Any, Final, TypeAlias

Chars: TypeAlias = frozenset[str]
_Node: TypeAlias = tuple[Any, Any]

#: Steps of one search: about 40 ms.
_MOST_STEPS: Final = 4_000_000
#: A pattern that allows only shorter texts is refused.
_SHORTEST_LIMIT: Final = 100
# What repeats up to so often multiplies the steps by a number, not by the length of the text.
_MANY: Final = 20
# The exponent that stands for a power of the length.
_EXPONENTIAL: Final = 1_000
# Members of all classes such as `\w`, and of none.
_SAMPLES: Final = "aZ09_ \t\n\u00a0\u00e9\u0663\u4e2d\u2028-.!\U0001f600"
_CATEGORIES: Final = {
    ops.CATEGORY_DIGIT: re.compile(r"\d"),
    ops.CATEGORY_NOT_DIGIT: re.compile(r"\D"),
    ops.CATEGORY_SPACE: re.compile(r"\s"),
    ops.CATEGORY_NOT_SPACE: re.compile(r"\S"),
    ops.CATEGORY_WORD: re.compile(r"\w"),
    ops.CATEGORY_NOT_WORD: re.compile(r"\W"),
}
_TOO_COSTLY: Final = (
    "a search can take too long: let no two repetitions that follow each other or lie in each other"
    " match the same characters"
)
_REPEATS: Final = frozenset({ops.MAX_REPEAT, ops.MIN_REPEAT})
_BODY_PLACES: Final = {
    ops.MAX_REPEAT: 2,
    ops.MIN_REPEAT: 2,
    ops.POSSESSIVE_REPEAT: 2,
    ops.SUBPATTERN: 3,
}
"""Operator -> where its argument holds the repeated or grouped nodes."""
_ASSERTIONS: Final = frozenset({ops.ASSERT, ops.ASSERT_NOT})
_STARTS: Final = frozenset({ops.AT_BEGINNING, ops.AT_BEGINNING_STRING})


class CostlyPatternError(re.error):
    """A pattern whose search may take too long for short texts already."""


def find_text_limit(pattern: str) -> int:
    """Return the characters of the longest text that a search for the pattern may see.

    Raises `CostlyPatternError` where even short texts can take too long.
    """
    parsed = list(_parser.parse(pattern))
    analysis = _Analysis(_list_samples(parsed))
    analysis.run(parsed, ())
    degree, factor = analysis.degree, analysis.factor
    # A search without `^` begins at each character of the text.
    degree += degree > 0 and not _is_anchored(parsed)
    limit = int((_MOST_STEPS / factor) ** (1 / max(degree, 1)))
    if limit < _SHORTEST_LIMIT:
        raise CostlyPatternError(_TOO_COSTLY)
    return limit


@dataclass(frozen=True, slots=True, eq=False)
class _Repetition:
    """A part of a pattern that can end at several places of a text; two parts are never equal."""

    #: The characters that it can match.
    chars: Chars
    #: How many places; None for as many as the text has.
    places: int | None


_Open: TypeAlias = tuple[_Repetition, ...]
"""The repetitions so far whose ends are not fixed by what follows."""


@dataclass(slots=True)
class _Analysis:
    """The largest cost that a pattern can have, found part by part."""

    #: Every character whose membership in the classes of the pattern matters.
    samples: Chars
    #: The exponent of the length of the text.
    degree: int = 0
    #: What the power of the length is multiplied by.
    factor: int = 1
    #: `id` of a repeated part -> its degree and factor. Each part is analysed once; in the parts
    #: around it again, a pattern of 12 nested repetitions would take minutes.
    known: dict[int, tuple[int, int]] = field(default_factory=dict)

    def run(self, nodes: Iterable[_Node], open_repetitions: _Open) -> _Open:
        """Analyse nodes that follow each other; return what is open behind them."""
        for node in nodes:
            open_repetitions = self._follow(node, open_repetitions)
        return open_repetitions

    def _follow(self, node: _Node, before: _Open) -> _Open:
        operator, argument = node
        if operator in _REPEATS:
            least, most, body = argument
            return self._repeat(least, most, body, before)
        if operator is ops.BRANCH:
            return self._branch(argument[1], before)
        if operator is ops.SUBPATTERN:
            return self.run(argument[3], before)
        if operator in _ASSERTIONS:
            self._count(self.run(argument[1], ()))
            return before
        if operator is ops.GROUPREF:
            return (*before, _Repetition(self.samples, None))
        # A part that matches one character, or the end: where it fails, the engine goes back.
        self._count(before)
        if operator is ops.AT:
            return before
        chars = self.chars_of([node])
        return tuple(repetition for repetition in before if repetition.chars & chars)

    def _branch(self, branches: Sequence[Sequence[_Node]], before: _Open) -> _Open:
        ends = [self.run(branch, before) for branch in branches]
        behind = tuple(dict.fromkeys(part for end in ends for part in end))
        if not self._is_choice_open(branches):
            return behind
        chars = frozenset[str]().union(*map(self.chars_of, branches))
        return (*behind, _Repetition(chars, len(branches)))

    def _is_choice_open(self, branches: Sequence[Sequence[_Node]]) -> bool:
        """Return whether the next character does not tell which branch matches."""
        first_chars = [self._first_chars(branch) for branch in branches]
        is_shared = len(frozenset[str]().union(*first_chars)) < sum(map(len, first_chars))
        return is_shared or not all(first_chars)

    def _repeat(self, least: int, most: Any, body: Sequence[_Node], before: _Open) -> _Open:
        if most == 0:
            return before
        if most == 1:
            inside = self.run(body, before)
            if least == 1:
                return inside
        else:
            self._count_passes(body)
        chars = self.chars_of(body)
        kept = tuple(part for part in before if not least or part.chars & chars)
        if least == most:
            return kept
        places = None if most is ops.MAXREPEAT or most > _MANY else int(most) - least + 1
        return (*kept, _Repetition(chars, places))

    def _count_passes(self, body: Sequence[_Node]) -> None:
        """Count what one pass of a repetition can cost, and the ways to share a text among passes."""
        if id(body) not in self.known:
            inside = _Analysis(self.samples, known=self.known)
            inside.run(body, ())
            degree = _EXPONENTIAL if self._is_ambiguous(body) else inside.degree
            self.known[id(body)] = degree, inside.factor
        degree, factor = self.known[id(body)]
        self.degree, self.factor = max(self.degree, degree), max(self.factor, factor)

    def _is_ambiguous(self, body: Sequence[_Node]) -> bool:
        """Return whether the passes of a repetition can share a text in several ways."""
        branches = _list_branches(body)
        if len(branches) > 1 and self._is_choice_open(branches):
            return True
        once, twice = self._cost_of(body), self._cost_of([*body, *body])
        return twice > once

    def _cost_of(self, nodes: Sequence[_Node]) -> tuple[int, int]:
        analysis = _Analysis(self.samples, known=self.known)
        analysis._count(analysis.run(nodes, ()))
        return analysis.degree, analysis.factor

    def _count(self, before: _Open) -> None:
        """Count the ways to share a text between open repetitions."""
        for last in before:
            sharing = [part for part in before if part.chars & last.chars]
            factor = 1
            for part in sharing:
                factor *= part.places or 1
            self.degree = max(self.degree, sum(part.places is None for part in sharing))
            self.factor = max(self.factor, factor)
            if factor > _MOST_STEPS:
                raise CostlyPatternError(_TOO_COSTLY)

    def _first_chars(self, nodes: Sequence[_Node]) -> Chars:
        found: Chars = frozenset()
        for node in nodes:
            found |= self.chars_of([node])
            operator, argument = node
            if not (operator in _REPEATS and argument[0] == 0) and operator is not ops.AT:
                break
        return found

    def chars_of(self, nodes: Iterable[_Node]) -> Chars:
        """Return the samples that nodes can match anywhere in them."""
        return frozenset[str]().union(*map(self._chars_of_node, nodes))

    def _chars_of_node(self, node: _Node) -> Chars:
        operator, argument = node
        if operator is ops.BRANCH:
            return frozenset[str]().union(*map(self.chars_of, argument[1]))
        if operator in _BODY_PLACES:
            return self.chars_of(argument[_BODY_PLACES[operator]])
        if operator is ops.ATOMIC_GROUP:
            return self.chars_of(argument)
        if operator is ops.GROUPREF:
            return self.samples
        test = _compile_test(operator, argument)
        return frozenset(filter(test, self.samples)) if test else frozenset()


def _compile_test(operator: Any, argument: Any) -> Callable[[str], bool] | None:
    """Return the test of a node that matches one character; None for other nodes."""
    if operator is ops.LITERAL:
        return lambda char: ord(char) == argument
    if operator is ops.NOT_LITERAL:
        return lambda char: ord(char) != argument
    if operator is ops.ANY:
        return lambda char: char != "\n"
    if operator is ops.RANGE:
        return lambda char: argument[0] <= ord(char) <= argument[1]
    if operator is ops.CATEGORY:
        return lambda char: _CATEGORIES[argument].match(char) is not None
    if operator is not ops.IN:
        return None
    is_negated = argument[0][0] is ops.NEGATE
    tests = [test for part in argument if (test := _compile_test(*part))]
    return lambda char: any(test(char) for test in tests) is not is_negated


def _list_samples(nodes: Any) -> Chars:
    """Return a character on each side of every boundary between classes."""
    points = set(map(ord, _SAMPLES))
    pending = [nodes]
    for node in pending:
        if isinstance(node, list | tuple | _parser.SubPattern):
            pending.extend(node)
        elif isinstance(node, int) and not isinstance(node, type(ops.LITERAL)):
            points |= {node - 1, node, node + 1}
    return frozenset(chr(point) for point in points if 0 <= point <= sys.maxunicode)


def _list_branches(body: Sequence[_Node]) -> Sequence[Sequence[_Node]]:
    if len(body) != 1:
        return [body]
    operator, argument = body[0]
    if operator is ops.SUBPATTERN:
        return _list_branches(argument[3])
    return argument[1] if operator is ops.BRANCH else [body]


def _is_anchored(nodes: Sequence[_Node]) -> bool:
    if not nodes:
        return False
    operator, argument = nodes[0]
    if operator is ops.SUBPATTERN:
        return _is_anchored(argument[3])
    if operator is ops.BRANCH:
        return all(map(_is_anchored, argument[1]))
    return operator is ops.AT and argument in _STARTS
