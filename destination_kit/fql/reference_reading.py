"""The reference's own reading of a trigger, for warnings where it differs from ours.

The reference takes tokens as they come and skips what it does not expect, so it half reads many
triggers. This module repeats that on purpose, after `parse-fql.js` and `@segment/fql-ts`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, TypeAlias

from destination_kit._javascript import string_to_number, to_string
from destination_kit.errors import TriggerError
from destination_kit.fql.nodes import (
    KIND_BY_FIELD,
    KINDS_WITH_PATH,
    Comparison,
    Group,
    canonical_form,
    normalize_operator,
)
from destination_kit.fql.parser import MAX_LENGTH, parse_trigger
from destination_kit.fql.render import render_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from destination_kit.fql.nodes import Node, Operand

_Token: TypeAlias = tuple[str, str]
_STOP: Final = r"(?=[ \t\n,\])]|\Z)"
_TOKEN: Final = re.compile(
    rf"""(?P<blank>[ \t\n]+)
    |(?P<operator>!(?=[A-Za-z(])|!={_STOP}|[<>]={_STOP}|[=<>])
    |(?P<conditional>(?:and|or){_STOP})
    |(?P<null>null{_STOP})
    |(?P<cut>a[^ \t\n,\])]|n[^ \t\n,\])]{{1,2}})\Z
    |(?P<ident>(?:[A-Za-z_]|\\[\s\S])(?:[A-Za-z0-9_-]|\\[\s\S])*)(?=[ \t\n,\]).(=!]|\Z)
    |(?P<number>[0-9+-][0-9]*+(?:\.(?![ \t\n,\])]|\Z)[0-9]*+)?)(?!\.)
    |(?P<string>"[^"]*+"|'[^']*+')
    |(?P<mark>[.,()\[\]])""",
    re.VERBOSE,
)
_END: Final = ("eos", "eos")
_STOP_AHEAD: Final = re.compile(_STOP)
_ESCAPE: Final = re.compile(r"\\([\s\S])")
_KEYWORDS: Final[dict[str, Operand]] = {"true": True, "false": False, "null": None}


def reading_warnings(source: str, node: Node | None = None) -> tuple[str, ...]:
    """Return a sentence with both readings if the reference reads a trigger in another way.

    Return nothing if the readings agree, or if neither side can read the trigger. `node` is the
    trigger where it is parsed already.
    """
    if len(source) > MAX_LENGTH:
        return ()
    theirs = parse_as_reference(source)
    try:
        ours = node or parse_trigger(source)
    except TriggerError:
        return () if theirs is None else (f"Segment reads this trigger as {_quote(theirs)}.",)
    if theirs is None:
        return (f"Segment cannot read this trigger; here it means {_quote(ours)}.",)
    if canonical_form(ours) == canonical_form(theirs):
        return ()
    return (f"Segment reads this trigger as {_quote(theirs)}; here it means {_quote(ours)}.",)


def _quote(node: Node) -> str:
    return f"`{render_text(node)}`"


def parse_as_reference(source: str) -> Group | None:
    """Return the node that the reference makes of a trigger, or None if it fails."""
    try:
        node = _parse_group(_tokenize(source))
    # parse-fql.js throws where a token is missing, and next() raises StopIteration there. Inside a
    # generator expression, Python turns that into a RuntimeError (PEP 479).
    except (ValueError, StopIteration, RuntimeError):
        return None
    return node if isinstance(node, Group) else Group("and", (node,))


def _tokenize(source: str) -> Iterator[_Token]:
    """Return the tokens as (class, text); identifiers around a dot are one token."""
    tokens: list[_Token] = []
    index = 0
    while index < len(source):
        match = _TOKEN.match(source, index)
        if match is None:
            raise ValueError(source[index])
        index = match.end()
        if match.lastgroup == "string" and not _STOP_AHEAD.match(source, index):
            # `accept` in fql-ts consumes the closing quote only if a terminator such as a blank
            # follows. Otherwise the quote stays and opens the next string.
            index -= 1
        if match.lastgroup != "blank":
            _append_token(tokens, (str(match.lastgroup), match[0]))
    return iter([*tokens, _END])


def _append_token(tokens: list[_Token], token: _Token) -> None:
    kind, text = token
    # `accept` in fql-ts reads ahead for `and`, `or` or `null`. At the end of the text it does not
    # go back, so `event = an` means `event = a`.
    if kind == "cut":
        kind, text = "ident", text[0]
    if kind == "ident":
        text = _ESCAPE.sub(r"\1", text)
        if [kind for kind, _ in tokens[-2:]] == ["ident", "mark"] and tokens[-1][1] == ".":
            tokens.pop()
            text = f"{tokens.pop()[1]}.{text}"
    tokens.append((kind, text))


def _parse_group(tokens: Iterator[_Token]) -> Node:
    """Read clauses until the tokens end; the last `and` or `or` joins all of them."""
    clauses: list[Node] = []
    operator, previous = "and", ("", "")
    for token in tokens:
        kind, text = token
        if kind == "conditional":
            operator = text
        elif token == ("mark", "("):
            clauses.append(_parse_group(_tokens_in_parentheses(tokens)))
        elif kind == "ident":
            clauses.extend(_parse_clause(text, tokens, is_negated=previous == ("operator", "!")))
        previous = token
    if not clauses:
        raise ValueError
    if len(clauses) == 1:
        [clause] = clauses
        return clause
    return Group("or" if operator == "or" else "and", tuple(clauses))


def _tokens_in_parentheses(tokens: Iterator[_Token]) -> Iterator[_Token]:
    """Return the tokens up to the first closing parenthesis, be it that of a call."""
    inner = []
    while (token := next(tokens)) != ("mark", ")"):
        inner.append(token)
    return iter([*inner, _END])


def _parse_clause(word: str, tokens: Iterator[_Token], *, is_negated: bool) -> list[Node]:
    """Read what follows a word; an unknown word is skipped."""
    if word in {"contains", "match"}:
        return _parse_call(word, tokens, "not_" if is_negated else "")
    field = word.partition(".")[0]
    kind = KIND_BY_FIELD.get(field)
    if kind is None:
        return []
    operator, value = next(tokens)[1], _parse_literal(next(tokens))
    name = word.removeprefix(f"{field}.") if kind in KINDS_WITH_PATH else None
    return [Comparison(kind, *normalize_operator(kind, operator, value), name)]


def _parse_call(function: str, tokens: Iterator[_Token], negation: str) -> list[Node]:
    """Read five tokens of any kind. A call about `type` gives no node."""
    _, (_, path), _, token = (next(tokens) for _ in range(4))
    next(tokens, None)
    operator, value = "contains", to_string(_parse_literal(token))
    if function == "match":
        is_prefix = token[1].endswith('*"')
        operator, value = ("starts_with", value[:-1]) if is_prefix else ("ends_with", value[1:])
    kinds = [kind for field, kind in KIND_BY_FIELD.items() if _is_about(path, field, kind)]
    name = path.partition(".")[2] or path
    return [
        Comparison(kind, negation + operator, value, name if kind in KINDS_WITH_PATH else None)
        for kind in kinds
    ]


def _is_about(path: str, field: str, kind: str) -> bool:
    # `parseFqlFunction` tests `/^(properties)/`, so `contains(propertiesX, "a")` counts too. A test
    # for `properties.` would drop it.
    return path.startswith(field) if kind in KINDS_WITH_PATH else path == field and field != "type"


def _parse_literal(token: _Token) -> Operand:
    kind, text = token
    if kind == "string":
        return text.removeprefix('"').removesuffix('"')
    if kind == "number":
        return string_to_number(text)
    return _KEYWORDS.get(text, text) if kind in {"ident", "null"} else text
