"""Trigger text to nodes; whatever cannot be read surely is refused with its column."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from destination_kit._javascript import string_to_number, to_string
from destination_kit.fql.lexer import Token, syntax_error, tokenize, unescape_path
from destination_kit.fql.nodes import (
    KIND_BY_FIELD,
    KINDS_WITH_PATH,
    Comparison,
    Group,
    GroupOperator,
    Node,
    negate,
    normalize_operator,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from destination_kit.fql.nodes import Operand

MAX_DEPTH: Final = 50
_JOINTS: Final[dict[str, GroupOperator]] = {"and": "and", ",": "and", "or": "or"}
_CLAUSE: Final = 'a clause, as in type = "track" or contains(event, "Order")'
_WORDS: Final[dict[str, Operand]] = {"true": True, "false": False, "null": None}


@dataclass(slots=True)
class _Cursor:
    """The token to read next, and where the last one ended."""

    source: str
    rest: Iterator[Token]
    token: Token = field(init=False)
    end: int = 0

    def __post_init__(self) -> None:
        self.token = next(self.rest)

    def take(self, kind: str, expected: str) -> Token:
        """Return the current token and move on, or refuse it if it is of another kind."""
        token = self.token
        if token.kind != kind:
            found = f"{token.text} stands here" if token.text else "the trigger ends here"
            raise syntax_error(self.source, token.start, f"expected {expected}, but {found}")
        self.end = token.end
        self.token = next(self.rest, token)
        return token


def parse_trigger(source: str) -> Group:
    """Read a trigger. The root is always a group, as in the reference.

    Raises `TriggerError` with one problem: what was expected, and the text with a caret under the
    column. `FQL_AMBIGUOUS` says that `and` and `or` meet without parentheses, and shows both ways
    to place them; `FQL_TOO_DEEP` that more than 50 groups are open.
    """
    # Half of a surrogate pair is no character; it would break whoever prints or sends it.
    source = source.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    cursor = _Cursor(source, tokenize(source))
    node = _group(cursor, 0)
    cursor.take("end", "and, or, a comma, or the end of the trigger")
    return node if isinstance(node, Group) else Group("and", (node,))


def _group(cursor: _Cursor, depth: int) -> Node:
    """Read clauses and the words between them."""
    clauses, spans, joints = [], [], []
    while True:
        start = cursor.token.start
        clauses.append(_clause(cursor, depth))
        spans.append(cursor.source[start : cursor.end])
        if cursor.token.kind not in _JOINTS:
            break
        joints.append(cursor.take(cursor.token.kind, ""))
    operators = [_JOINTS[each.kind] for each in joints]
    if len(set(operators)) > 1:
        odd = next(each for each in joints if _JOINTS[each.kind] != operators[0])
        raise syntax_error(cursor.source, odd.start, _both(spans, operators), "FQL_AMBIGUOUS")
    return Group(operators[0], tuple(clauses)) if operators else clauses[0]


def _both(spans: list[str], operators: list[GroupOperator]) -> str:
    return (
        "and (or a comma) and or meet here, and only parentheses can say which goes first: "
        f"either `{_reading(spans, operators, 'and')}` or `{_reading(spans, operators, 'or')}`"
    )


def _reading(spans: list[str], operators: list[GroupOperator], tight: GroupOperator) -> str:
    """Write the clauses out with parentheses around those that `tight` joins."""
    groups = [[spans[0]]]
    for operator, span in zip(operators, spans[1:], strict=True):
        if operator == tight:
            groups[-1].append(span)
        else:
            groups.append([span])
    loose = "or" if tight == "and" else "and"
    joined = (f" {tight} ".join(each) for each in groups)
    pairs = zip(groups, joined, strict=True)
    return f" {loose} ".join(f"({said})" if len(each) > 1 else said for each, said in pairs)


def _clause(cursor: _Cursor, depth: int) -> Node:
    token = cursor.token
    if depth > MAX_DEPTH:
        message = f"parentheses and negations are nested more than {MAX_DEPTH} deep"
        raise syntax_error(cursor.source, token.start, message, "FQL_TOO_DEEP")
    if token.kind == "!" or token.text == "not":
        cursor.take(token.kind, "")
        return negate(_clause(cursor, depth + 1))
    if token.kind == "(":
        cursor.take("(", "")
        node = _group(cursor, depth + 1)
        cursor.take(")", "and, or, a comma, or a closing )")
        return node
    cursor.take("word", _CLAUSE)
    return _call(cursor, token) if cursor.token.kind == "(" else _comparison(cursor, token)


def _call(cursor: _Cursor, function: Token) -> Node:
    name = unescape_path(function)
    if name not in {"contains", "match"}:
        raise syntax_error(
            cursor.source, function.start, "the only functions are contains and match"
        )
    cursor.take("(", "")
    kind, path = _field(cursor, cursor.take("word", "the field to look at"))
    cursor.take(",", "a comma and the text to look for")
    quoted = cursor.token.text.endswith('*"')
    value = to_string(_literal(cursor))
    cursor.take(")", "a closing )")
    if name == "contains":
        return Comparison(kind, "contains", value, path)
    # The reference looks for a star at the end only, and otherwise drops the first character.
    if quoted:
        return Comparison(kind, "starts_with", value[:-1], path)
    return Comparison(kind, "ends_with", _without_first(value), path)


def _without_first(pattern: str) -> str:
    """Drop what JavaScript counts as the first character; half of a pair cannot be dropped."""
    return pattern if pattern[:1] > "\uffff" else pattern[1:]


def _comparison(cursor: _Cursor, subject: Token) -> Node:
    kind, name = _field(cursor, subject)
    operator = cursor.take("operator", f"an operator (= != < <= > >=) after {subject.text}").text
    value = _literal(cursor)
    return Comparison(kind, *normalize_operator(kind, operator, value), name)


def _field(cursor: _Cursor, token: Token) -> tuple[str, str | None]:
    """Return the kind of a field, and the path below it where it takes one."""
    head, _, path = unescape_path(token).partition(".")
    kind = KIND_BY_FIELD.get(head)
    if kind is None:
        known = "type, event, name, userId, properties.…, traits.… and context.…"
        raise syntax_error(cursor.source, token.start, f"a trigger can look at {known}")
    if kind not in KINDS_WITH_PATH:
        if path:
            raise syntax_error(cursor.source, token.start, f"{head} has no parts")
        return kind, None
    if not re.search(r"[^\[.\]]", path):
        raise syntax_error(cursor.source, token.start, f"{head} needs a name, as in {head}.email")
    return kind, path


def _literal(cursor: _Cursor) -> Operand:
    """Read a value. No escape in a text is undone, and single quotes stay part of it."""
    token = cursor.token
    if token.kind == "string":
        cursor.take("string", "")
        return token.text[1:-1] if token.text[0] == '"' else token.text
    if token.kind == "number":
        cursor.take("number", "")
        value = string_to_number(token.text)
        if not math.isfinite(value):
            raise syntax_error(cursor.source, token.start, "this number is too large")
        return value
    word = unescape_path(cursor.take("word", 'a value: "text", a number, true, false or null'))
    return _WORDS.get(word, word)
