"""Parser of expressions such as `a.b[0] | filter: 1`, with the grammar of liquidjs's `Tokenizer`.

The grammar is forgiving. It ignores surplus words, takes a missing operand for `undefined`, and ends
an unclosed quote with its tag.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from destination_kit._surrogates import join_surrogate_pairs
from destination_kit.mapping.liquid.analysis import TemplateAnalysis
from destination_kit.mapping.liquid.context import Expression, Filter
from destination_kit.mapping.liquid.expressions import (
    compile_constant,
    compile_filter_call,
    compile_path,
    compile_postfix,
    compile_range,
    compile_variable,
    undefined,
)
from destination_kit.mapping.liquid.lexer import (
    BLANK,
    QUOTES,
    WORD,
    WORD_END,
    LiquidSyntaxError,
    find_quote_end,
    unescape_quoted,
)
from destination_kit.mapping.liquid.operators import PRECEDENCE
from destination_kit.mapping.liquid.utf16 import quote_for_message
from destination_kit.mapping.liquid.values import LITERALS

# `readNumber` of liquidjs takes `1.` for a number, but not `1e3` or `1.2.3`. In the range `(1..3)`,
# the first dot belongs to no number.
_NUMBER = re.compile(rf"[-+]?[0-9]+(?:\.(?!\.)[0-9]*)?(?!\.(?!\.)){WORD_END}")
_LITERAL = re.compile(f"(?:true|false|nil|null|empty|blank){WORD_END}")
_OPERATOR = re.compile(f"==|!=|>=|<=|>|<|(?:contains|not|and|or){WORD_END}")
# A nested value takes four of the 1,000 frames that Python allows. Without a limit, the depth of
# the host's own calls would decide which templates compile. 170 values leave 320 frames to those
# calls.
_MAX_DEPTH = 170
_VALUE_EXPECTED = "expected a value, such as a path, a number or a text in quotes"


@dataclass(slots=True)
class ExpressionParser:
    """Recursive descent parser of a part of a template."""

    #: The whole template.
    source: str
    #: The index of the next character.
    position: int
    #: The index behind the last character.
    end: int
    #: The filters by name; the parser accepts unknown ones.
    filters: Mapping[str, Filter]
    #: The record of paths and filters, which the parser fills.
    analysis: TemplateAnalysis
    #: How many values enclose the position.
    depth: int = 0

    def fail(self, message: str, position: int | None = None) -> NoReturn:
        """Refuse the template, at the current position or another one."""
        raise LiquidSyntaxError(message, self.position if position is None else position)

    def fail_expecting(self, expected: str) -> NoReturn:
        """Refuse the template, because something else stands at the current position."""
        # A character beyond the BMP has two code units here. The message must not show half of it.
        rest = join_surrogate_pairs(self.source[self.position : min(self.position + 2, self.end)])
        self.fail(f"expected {expected}, found {repr(rest[0]) if rest else 'nothing'}")

    def peek(self, ahead: int = 0) -> str:
        """Return a character without consuming it, "" at the end."""
        index = self.position + ahead
        return self.source[index] if index < self.end else ""

    def is_at_end(self) -> bool:
        """Return whether all characters are consumed."""
        return self.position >= self.end

    def skip_blanks(self) -> None:
        """Consume blanks and line ends."""
        self._match(BLANK)

    def read_word(self) -> str:
        """Consume blanks and a word, and return the word, or "" (liquidjs's `readIdentifier`)."""
        self.skip_blanks()
        return self._match(WORD)

    def _match(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.source, self.position, self.end)
        self.position = match.end() if match else self.position
        return match[0] if match else ""

    def skip_past(self, char: str) -> bool:
        """Consume everything up to and including a character. Return whether it is there."""
        index = self.source.find(char, self.position, self.end)
        self.position = self.end if index < 0 else index + 1
        return index >= 0

    def parse_filtered_value(self) -> Expression:
        """Parse an expression and its filters (liquidjs's `readFilteredValue`)."""
        start = self.position
        value = self.parse_expression()
        if value is None:
            self.fail(_VALUE_EXPECTED, start)
        while (filtered := self._parse_filter(value)) is not None:
            value = filtered
        return value

    def parse_expression(self) -> Expression | None:
        """Parse operands and operators (liquidjs's `readExpression` and `toPostfix`), None if none.

        Operators and operands may come in any order: liquidjs accepts `a b ==` too.
        """
        postfix: list[Any] = []
        operators: list[str] = []
        while True:
            self.skip_blanks()
            if operator := self._match(_OPERATOR):
                while operators and PRECEDENCE[operators[-1]] > PRECEDENCE[operator]:
                    postfix.append(operators.pop())
                operators.append(operator)
            elif (operand := self.parse_value()) is not None:
                postfix.append(operand)
            else:
                break
        postfix += reversed(operators)
        return compile_postfix(postfix)

    def _parse_filter(self, value: Expression) -> Expression | None:
        self.skip_blanks()
        if self.is_at_end():
            return None
        if self.peek() != "|":
            self.fail_expecting("'|' before a filter")
        self.position += 1
        name = self.read_word()
        if not name:
            if not self.is_at_end():
                self.fail_expecting("the name of a filter after '|'")
            return None  # `readFilter` of liquidjs accepts a `|` at the end
        self.analysis.filters[name] = None
        return compile_filter_call(self.filters.get(name), value, self._parse_arguments(name))

    def _parse_arguments(self, filter_name: str) -> tuple[Expression, ...]:
        arguments: list[Expression] = []
        self.skip_blanks()
        if self.peek() not in (":", "|", ""):
            self.fail_expecting(
                f"':' before the arguments of the filter {quote_for_message(filter_name)}"
            )
        has_next = self.peek() == ":"
        while has_next:
            self.position += 1
            if (argument := self._parse_argument()) is not None:
                arguments.append(argument)
            self.skip_blanks()
            if self.peek() not in (",", "|", ""):
                self.fail_expecting(
                    f"',' or '|' after an argument of the filter {quote_for_message(filter_name)}"
                )
            has_next = self.peek() == ","
        return tuple(arguments)

    def _parse_argument(self) -> Expression | None:
        self.skip_blanks()
        start, path_count = self.position, len(self.analysis.paths)
        value = self.parse_value()
        if value is None:
            return None
        name = self.source[start : self.position]
        self.skip_blanks()
        if self.peek() != ":":
            return value
        self.position += 1
        # The name in `name: value` was parsed as a value too. Without this, `paths_read` would
        # report it as a path of the event.
        self.analysis.discard_paths(path_count)
        named_value = self.parse_value() or undefined
        return lambda context: [name, named_value(context)]

    def parse_value(self) -> Expression | None:
        """Parse an operand, None if there is none (liquidjs's `readValue`)."""
        if self.depth == _MAX_DEPTH:
            self.fail(f"more than {_MAX_DEPTH} brackets and ranges are nested: use fewer")
        self.depth += 1
        value = self._parse_value()
        self.depth -= 1
        return value

    def _parse_value(self) -> Expression | None:
        self.skip_blanks()
        start = (
            self._parse_literal()
            or self._parse_quoted()
            or self._parse_range()
            or self._parse_number()
        )
        keys = self._parse_keys(is_variable=start is None)
        if not keys:
            return start
        return compile_variable(keys, self.analysis) if start is None else compile_path(start, keys)

    def parse_variable(self) -> Expression | None:
        """Parse a path, None if there is none (liquidjs's `readScopeValue`)."""
        self.skip_blanks()
        keys = self._parse_keys(is_variable=True)
        return compile_variable(keys, self.analysis) if keys else None

    def _parse_literal(self) -> Expression | None:
        name = self._match(_LITERAL)
        return compile_constant(LITERALS[name]) if name else None

    def _parse_number(self) -> Expression | None:
        digits = self._match(_NUMBER)
        return compile_constant(float(digits)) if digits else None

    def _parse_quoted(self) -> Expression | None:
        text = self.read_quoted()
        return None if text is None else compile_constant(text)

    def read_quoted(self) -> str | None:
        """Consume a text in quotes and return it, None if none starts here."""
        start = self.position
        if self.is_at_end() or self.peek() not in QUOTES:
            return None
        self.position = find_quote_end(self.source, self.position, self.end)
        return unescape_quoted(self.source[start + 1 : self.position])

    def _parse_range(self) -> Expression | None:
        if self.peek() != "(":
            return None
        self.position += 1
        low = self.parse_value() or self.fail_expecting("the first number of a range")
        self._expect("..")
        high = self.parse_value() or self.fail_expecting("the last number of a range")
        self._expect(")")
        return compile_range(low, high)

    def _expect(self, mark: str) -> None:
        self.skip_blanks()
        if not self.source.startswith(mark, self.position, self.end):
            self.fail_expecting(f"{mark!r} in a range such as (1..3)")
        self.position += len(mark)

    def _parse_keys(self, *, is_variable: bool) -> list[Expression | str]:
        """Parse the keys of a path (liquidjs's `readProperties`); a variable starts with its name."""
        keys: list[Expression | str] = []
        while True:
            if self.peek() == "[":
                keys.append(self._parse_bracketed_key())
            elif is_variable and not keys and (name := self.read_word()):
                keys.append(name)
            elif self.peek() == "." and self.peek(1) != ".":
                self.position += 1
                if not (name := self.read_word()):
                    break
                keys.append(name)
            else:
                break
        return keys

    def _parse_bracketed_key(self) -> Expression | str:
        """Parse a key in brackets. A quoted name alone is a constant, so that its path is known."""
        opening = self.position
        self.position += 1
        self.skip_blanks()
        start, name = self.position, self.read_quoted()
        self.skip_blanks()
        key: Expression | str = name or ""
        if name is None or self.peek() != "]":
            self.position = start
            key = self.parse_value() or ""
        # `readTo` in liquidjs skips everything between the value and the bracket: `a[1 x]` reads
        # `a[1]`.
        if not self.skip_past("]"):
            self.fail("'[' is not closed: ']' is missing", opening)
        return key
