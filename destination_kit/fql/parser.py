"""Parser of FQL: from trigger text to nodes, or to an error with a caret under the column.

A recursive descent over the tokens of `fql/lexer.py`.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeGuard

from destination_kit._javascript import string_to_number, to_string
from destination_kit._surrogates import to_well_formed
from destination_kit.errors import Problem, TriggerError, did_you_mean
from destination_kit.fql.functions import FUNCTIONS
from destination_kit.fql.lexer import Token, syntax_error, tokenize, unescape_path
from destination_kit.fql.nodes import (
    KIND_BY_FIELD,
    KINDS_WITH_PATH,
    SIGNS,
    Comparison,
    Group,
    GroupOperator,
    Node,
    describe_excess,
    negate,
    normalize_operator,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from destination_kit.fql.nodes import Operand

# No trigger in 37 published definitions has a group. 50 levels take about 150 of the 1,000 frames
# that Python allows (`node_from_json`), which leaves 850 to the calls of the host.
MAX_DEPTH: Final = 50
#: Characters of the longest trigger, which takes about 10 ms to parse. The longest of 37 published
#: definitions has 400.
MAX_LENGTH: Final = 10_000
_LOGICAL_OPERATORS: Final[dict[str, GroupOperator]] = {"and": "and", ",": "and", "or": "or"}
_MEANT_SIGNS: Final = {"==": "=", "===": "=", "!==": "!=", "<>": "!=", "=>": ">=", "=<": "<="}
_CLAUSE: Final = 'a clause, as in type = "track" or contains(event, "Order")'
_KEYWORDS: Final[dict[str, Operand]] = {"true": True, "false": False, "null": None}


@dataclass(slots=True)
class _Cursor:
    """The position of the parser in the tokens."""

    source: str
    rest: Iterator[Token]
    #: The next token to consume.
    token: Token = field(init=False)
    #: Index in the source behind the last token consumed.
    end: int = field(init=False)

    def __post_init__(self) -> None:
        self.token = next(self.rest)

    def consume(self, kind: str, expected: str) -> Token:
        """Return the current token and move on; raise `TriggerError` if it is of another kind."""
        token = self.token
        if token.kind != kind:
            actual = token.text or "the end of the trigger"
            raise self.error(token, f"expected {expected}, found {actual}")
        return self.advance()

    def advance(self) -> Token:
        """Return the current token and move on."""
        token = self.token
        self.end = token.end
        self.token = next(self.rest, token)
        return token

    def error(self, token: Token, message: str, code: str = "FQL_SYNTAX") -> TriggerError:
        """Return the error that points at a token."""
        return syntax_error(self.source, token.start, message, code)


def parse_trigger(source: str) -> Group:
    """Return the root of a trigger, which is always a group, as in the reference.

    Raises `TriggerError` with one problem; its message shows the text with a caret. The code is
    `FQL_AMBIGUOUS` if `and` and `or` meet without parentheses and for `OR` and `NOT` in capitals,
    `FQL_TOO_DEEP` beyond 50 open groups, `FQL_TOO_LARGE` beyond 10,000 characters or
    100 comparisons that read a whole text, else `FQL_SYNTAX`.
    """
    if len(source) > MAX_LENGTH:
        # The message of any other problem shows the whole text.
        message = (
            f"a trigger has at most {MAX_LENGTH:,} characters, found {len(source):,}: split it into"
            " several subscriptions"
        )
        raise TriggerError([Problem("", "FQL_TOO_LARGE", message)])
    # UTF-8 cannot encode half of a surrogate pair. Without this, an error that quotes such a
    # trigger could not be printed (D4 in docs/differences.md).
    source = to_well_formed(source)
    cursor = _Cursor(source, tokenize(source))
    node = _parse_group(cursor, 0)
    cursor.consume("end", "and, or, a comma, or the end of the trigger")
    if excess := describe_excess(node):
        raise TriggerError([Problem("", "FQL_TOO_LARGE", excess)])
    return node if isinstance(node, Group) else Group("and", (node,))


def is_readable(trigger: str | None) -> TypeGuard[str]:
    """Return whether an action has a default trigger that can be read."""
    try:
        return trigger is not None and bool(parse_trigger(trigger))
    except TriggerError:
        return False


def _parse_group(cursor: _Cursor, depth: int) -> Node:
    clauses, sources, separators = [], [], []
    while True:
        start = cursor.token.start
        clauses.append(_parse_clause(cursor, depth))
        sources.append(cursor.source[start : cursor.end])
        if _logical_operator(cursor.token) is None:
            break
        separators.append(cursor.advance())
    operators = [operator for token in separators if (operator := _logical_operator(token))]
    _refuse_ambiguity(cursor, sources, separators, operators)
    if not operators:
        [clause] = clauses
        return clause
    operator, *_ = operators
    return Group(operator, tuple(clauses))


def _logical_operator(token: Token) -> GroupOperator | None:
    """Return the operator that a token between two clauses stands for, in capitals too."""
    # `parse` in parse-fql.js skips a word that it does not know, and joins clauses by `and` where
    # it met no operator. So `AND` means `and`, and 26 published presets use it.
    return _LOGICAL_OPERATORS.get(token.text.lower())


def _refuse_ambiguity(
    cursor: _Cursor, sources: list[str], separators: list[Token], operators: list[GroupOperator]
) -> None:
    """Raise `TriggerError` where the reference joins clauses in another way than it seems."""
    for operator, separator in zip(operators, separators, strict=True):
        if operator == "or" and separator.kind == "word":
            message = _explain_capital_or(separator, sources, separators, operators)
            raise cursor.error(separator, message, "FQL_AMBIGUOUS")
    # `parse` in parse-fql.js joins all clauses of a group by its last operator: `a and b or c`
    # means `a or b or c`. An author may have meant either precedence, so a mixture is refused.
    for operator, separator in zip(operators, separators, strict=True):
        if operator != operators[0]:
            readings = _quote(_list_readings(sources, operators))
            message = f"and (or a comma) is mixed with or: add parentheses, either {readings}"
            raise cursor.error(separator, message, "FQL_AMBIGUOUS")


def _explain_capital_or(
    token: Token, sources: list[str], separators: list[Token], operators: list[GroupOperator]
) -> str:
    """Return both readings of a group with `OR` in it, which the reference skips."""
    known = [separator.kind for separator in separators if separator.kind in {"and", "or"}]
    reference_reading = f" {known[-1] if known else 'and'} ".join(sources)
    others = [text for text in _list_readings(sources, operators) if text != reference_reading]
    if not others:
        return f"there is no operator {token.text}: write `{reference_reading}`"
    return (
        f"there is no operator {token.text}, and Segment reads `{reference_reading}`: "
        f"write that, or {_quote(others)}"
    )


def _quote(readings: list[str]) -> str:
    return " or ".join(f"`{reading}`" for reading in readings)


def _list_readings(sources: list[str], operators: list[GroupOperator]) -> list[str]:
    """Return what clauses joined by these operators can mean: two readings for a mixture."""
    distinct = set(operators)
    if len(distinct) == 1:
        [operator] = distinct
        return [f" {operator} ".join(sources)]
    return [_add_parentheses(sources, operators, operator) for operator in ("and", "or")]


def _add_parentheses(
    sources: list[str], operators: list[GroupOperator], tighter: GroupOperator
) -> str:
    """Return the clauses with parentheses around those that the tighter operator joins."""
    groups = [[sources[0]]]
    for operator, source in zip(operators, sources[1:], strict=True):
        if operator == tighter:
            groups[-1].append(source)
        else:
            groups.append([source])
    looser = "or" if tighter == "and" else "and"
    return f" {looser} ".join(_enclose(f" {tighter} ", group) for group in groups)


def _enclose(separator: str, clauses: list[str]) -> str:
    text = separator.join(clauses)
    return f"({text})" if len(clauses) > 1 else text


def _parse_clause(cursor: _Cursor, depth: int) -> Node:
    token = cursor.token
    if depth > MAX_DEPTH:
        message = f"parentheses and negations are nested more than {MAX_DEPTH} deep"
        raise cursor.error(token, message, "FQL_TOO_DEEP")
    if token.kind == "!" or token.text.lower() == "not":
        return _parse_negation(cursor, depth)
    if token.kind == "(":
        cursor.advance()
        node = _parse_group(cursor, depth + 1)
        cursor.consume(")", "and, or, a comma, or a closing )")
        return node
    if _logical_operator(token) is not None:
        raise cursor.error(token, f"expected {_CLAUSE}, found {token.text}")
    cursor.consume("word", _CLAUSE)
    if cursor.token.kind == "(":
        return _parse_call(cursor, token)
    return _parse_comparison(cursor, token)


def _parse_negation(cursor: _Cursor, depth: int) -> Node:
    token = cursor.advance()
    start = cursor.token.start
    node = _parse_clause(cursor, depth + 1)
    if token.kind == "!" or token.text == "not":
        return negate(node)
    clause = cursor.source[start : cursor.end]
    negation = f"!{clause}" if clause.startswith("(") else f"!({clause})"
    message = (
        f"there is no operator {token.text}, and Segment reads `{clause}`: "
        f"write that, or `{negation}`"
    )
    raise cursor.error(token, message, "FQL_AMBIGUOUS")


def _parse_call(cursor: _Cursor, function: Token) -> Node:
    name = unescape_path(function)
    to_comparison = FUNCTIONS.get(name)
    if to_comparison is None:
        hint = did_you_mean(name.lower(), FUNCTIONS)
        raise cursor.error(function, f"the only functions are {' and '.join(FUNCTIONS)}{hint}")
    cursor.advance()
    kind, path = _parse_field(cursor, cursor.consume("word", "the field to look at"))
    cursor.consume(",", "a comma and the text to look for")
    written = cursor.token.text
    operator, value = to_comparison(to_string(_parse_literal(cursor)), written)
    cursor.consume(")", "a closing )")
    return Comparison(kind, operator, value, path)


def _parse_comparison(cursor: _Cursor, subject: Token) -> Node:
    kind, path = _parse_field(cursor, subject)
    operator = cursor.consume("operator", f"an operator ({' '.join(SIGNS)}) after {subject.text}")
    if operator.text not in SIGNS:
        raise cursor.error(operator, _explain_sign(subject, operator, cursor.token))
    value = _parse_literal(cursor)
    return Comparison(kind, *normalize_operator(kind, operator.text, value), path)


def _explain_sign(subject: Token, operator: Token, value: Token) -> str:
    message = f"there is no operator {operator.text}"
    meant = _MEANT_SIGNS.get(operator.text)
    if meant is None:
        return f"{message}: write one of {' '.join(SIGNS)}"
    is_value = value.kind in {"string", "number", "word"}
    return f"{message}: write `{subject.text} {meant} {value.text if is_value else '…'}`"


def _parse_field(cursor: _Cursor, token: Token) -> tuple[str, str | None]:
    """Return the kind of a field, and the path below it if it takes one."""
    field_name, _, path = unescape_path(token).partition(".")
    kind = KIND_BY_FIELD.get(field_name)
    if kind is None:
        known = "type, event, name, userId, properties.…, traits.… and context.…"
        hint = did_you_mean(field_name.lower(), KIND_BY_FIELD)
        message = f"unknown field {field_name!r}: a trigger can look at {known}{hint}"
        raise cursor.error(token, message)
    if kind not in KINDS_WITH_PATH:
        if path:
            raise cursor.error(token, f"the field {field_name} has no parts: remove the dot")
        return kind, None
    if not has_path_segment(path):
        raise cursor.error(token, f"{field_name} needs a name, as in {field_name}.email")
    return kind, path


def has_path_segment(path: str) -> bool:
    """Return whether a path has more than separators, on which the reference fails."""
    return re.search(r"[^\[.\]]", path) is not None


def _parse_literal(cursor: _Cursor) -> Operand:
    token = cursor.token
    if token.kind == "string":
        cursor.advance()
        # `getTokenValue` in parse-fql.js removes double quotes only, and undoes no escape. So the
        # value of 'a' keeps its single quotes.
        return token.text[1:-1] if token.text.startswith('"') else token.text
    if token.kind == "number":
        cursor.advance()
        value = string_to_number(token.text)
        if not math.isfinite(value):
            raise cursor.error(token, "this number is too large: it must be below 1.8e308")
        return value
    word = unescape_path(cursor.consume("word", 'a value: "text", a number, true, false or null'))
    return _KEYWORDS.get(word, word)
