"""Reads the expressions of Liquid, `a.b[0] | filter: 1`, into functions of a rendering.

The grammar is liquidjs's own, and forgiving: words that are too many are passed over, a missing
operand is `undefined`, an unclosed quotation ends with its tag.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from destination_kit.mapping.liquid.context import Expression, Facts, Filter
from destination_kit.mapping.liquid.expressions import (
    applied,
    constant,
    evaluated,
    nothing,
    range_of,
    steps_from,
    variable,
)
from destination_kit.mapping.liquid.lexer import (
    BLANK,
    QUOTES,
    WORD,
    WORD_ENDS,
    LiquidSyntaxError,
    past_quotation,
    unescaped,
)
from destination_kit.mapping.liquid.operators import PRECEDENCE
from destination_kit.mapping.liquid.values import LITERALS

_NUMBER = re.compile(rf"[-+]?[0-9]+(?:\.(?!\.)[0-9]*)?(?!\.(?!\.)){WORD_ENDS}")
_LITERAL = re.compile(f"(?:true|false|nil|null|empty|blank){WORD_ENDS}")
_OPERATOR = re.compile(f"==|!=|>=|<=|>|<|(?:contains|not|and|or){WORD_ENDS}")
_DEEPEST = 170  # brackets and ranges in each other


@dataclass(slots=True)
class Reader:
    """Reads a stretch of a template, from `at` to `end`."""

    source: str
    at: int
    end: int
    filters: Mapping[str, Filter]
    facts: Facts
    depth: int = 0

    def fail(self, message: str, at: int | None = None) -> NoReturn:
        """Refuse the template, at the place reached or another one."""
        raise LiquidSyntaxError(message, self.at if at is None else at)

    def peek(self, ahead: int = 0) -> str:
        """Return a character without passing it, "" at the end."""
        return self.source[self.at + ahead] if self.at + ahead < self.end else ""

    def is_done(self) -> bool:
        """Return whether nothing is left."""
        return self.at >= self.end

    def skip_blank(self) -> None:
        """Pass over blanks and line ends."""
        self._take(BLANK)

    def word(self) -> str:
        """Pass over blanks and a word, and return it; "" where none stands there."""
        self.skip_blank()
        return self._take(WORD)

    def _take(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self.source, self.at, self.end)
        self.at = found.end() if found else self.at
        return found[0] if found else ""

    def skip_past(self, char: str) -> bool:
        """Pass over everything up to a character and it; return whether there is one."""
        found = self.source.find(char, self.at, self.end)
        self.at = self.end if found < 0 else found + 1
        return found >= 0

    def filtered(self) -> Expression:
        """Read an expression and the filters behind it."""
        start = self.at
        initial = self.expression()
        if initial is None:
            self.fail("a value is expected here", start)
        chain = initial
        while (longer := self._filter(chain)) is not None:
            chain = longer
        return chain

    def expression(self) -> Expression | None:
        """Read operands and operators as far as they go; None where there are none."""
        postfix: list[Any] = []
        waiting: list[str] = []
        while True:
            self.skip_blank()
            if operator := self._take(_OPERATOR):
                while waiting and PRECEDENCE[waiting[-1]] > PRECEDENCE[operator]:
                    postfix.append(waiting.pop())
                waiting.append(operator)
            elif (operand := self.value()) is not None:
                postfix.append(operand)
            else:
                break
        postfix += reversed(waiting)
        return evaluated(postfix)

    def _filter(self, value: Expression) -> Expression | None:
        self.skip_blank()
        if self.is_done():
            return None
        if self.peek() != "|":
            self.fail("'|' is expected before a filter")
        self.at += 1
        name = self.word()
        if not name:
            if not self.is_done():
                self.fail("the name of a filter is expected here")
            return None
        self.facts.filters[name] = None
        return applied(self.filters.get(name), value, self._arguments())

    def _arguments(self) -> tuple[Expression, ...]:
        found: list[Expression] = []
        self.skip_blank()
        if self.peek() not in (":", "|", ""):
            self.fail("':' is expected after the name of a filter")
        more = self.peek() == ":"
        while more:
            self.at += 1
            if (argument := self._argument()) is not None:
                found.append(argument)
            self.skip_blank()
            if self.peek() not in (",", "|", ""):
                self.fail("',' or '|' is expected after an argument")
            more = self.peek() == ","
        return tuple(found)

    def _argument(self) -> Expression | None:
        self.skip_blank()
        start, read_before = self.at, len(self.facts.paths)
        key = self.value()
        if key is None:
            return None
        name = self.source[start : self.at]
        self.skip_blank()
        if self.peek() != ":":
            return key
        self.at += 1
        self.facts.forget(read_before)
        value = self.value() or nothing
        return lambda rendering: [name, value(rendering)]

    def value(self) -> Expression | None:
        """Read one operand; None where there is none."""
        if self.depth == _DEEPEST:
            self.fail("the parts of an expression are nested too deep")
        self.depth += 1
        found = self._value()
        self.depth -= 1
        return found

    def _value(self) -> Expression | None:
        self.skip_blank()
        base = self._literal() or self._quoted() or self._range() or self._number()
        steps = self._steps(is_variable=base is None)
        if not steps:
            return base
        return variable(steps, self.facts) if base is None else steps_from(base, steps)

    def variable(self) -> Expression | None:
        """Read a path; None where none stands here."""
        self.skip_blank()
        steps = self._steps(is_variable=True)
        return variable(steps, self.facts) if steps else None

    def _literal(self) -> Expression | None:
        name = self._take(_LITERAL)
        return constant(LITERALS[name]) if name else None

    def _number(self) -> Expression | None:
        digits = self._take(_NUMBER)
        return constant(float(digits)) if digits else None

    def _quoted(self) -> Expression | None:
        said = self.quotation()
        return None if said is None else constant(said)

    def quotation(self) -> str | None:
        """Read a text between quotation marks, None where none starts here."""
        start = self.at
        if self.is_done() or self.peek() not in QUOTES:
            return None
        self.at = past_quotation(self.source, self.at, self.end)
        return unescaped(self.source[start + 1 : self.at])

    def _range(self) -> Expression | None:
        if self.peek() != "(":
            return None
        self.at += 1
        low = self.value() or self.fail("a value is expected here")
        self.skip_blank()
        self._expect("..")
        high = self.value() or self.fail("a value is expected here")
        self.skip_blank()
        self._expect(")")
        return range_of(low, high)

    def _expect(self, mark: str) -> None:
        if not self.source.startswith(mark, self.at, self.end):
            self.fail(f"{mark!r} is expected in a range")
        self.at += len(mark)

    def _steps(self, *, is_variable: bool) -> list[Expression | str]:
        steps: list[Expression | str] = []
        while True:
            if self.peek() == "[":
                self.at += 1
                steps.append(self._key())
                if not self.skip_past("]"):
                    self.fail("'[' is not closed")
            elif is_variable and not steps and (name := self.word()):
                steps.append(name)
            elif self.peek() == "." and self.peek(1) != ".":
                self.at += 1
                if not (name := self.word()):
                    break
                steps.append(name)
            else:
                break
        return steps

    def _key(self) -> Expression | str:
        """Read what stands in brackets: a name in quotation marks alone is known at once."""
        self.skip_blank()
        start, name = self.at, self.quotation()
        self.skip_blank()
        if name is not None and self.peek() == "]":
            return name
        self.at = start
        return self.value() or ""
