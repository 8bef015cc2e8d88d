"""How Segment's own reader takes a trigger, so that a different meaning here can be shown.

That reader never fails on a half-read trigger: it takes tokens as they come and skips what it
does not expect. This module follows it on purpose and is used for warnings only.
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
from destination_kit.fql.parser import parse_trigger
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
_STOPPED: Final = re.compile(_STOP)


def reading_warnings(source: str) -> tuple[str, ...]:
    """Return a sentence for each difference between Segment's reading of a trigger and ours.

    It shows both readings. None where they agree, or where neither side can read the trigger.
    """
    theirs = parse_as_reference(source)
    try:
        ours = parse_trigger(source)
    except TriggerError:
        return () if theirs is None else (f"Segment reads this trigger as {_said(theirs)}.",)
    if theirs is None:
        return (f"Segment cannot read this trigger; here it means {_said(ours)}.",)
    if canonical_form(ours) == canonical_form(theirs):
        return ()
    return (f"Segment reads this trigger as {_said(theirs)}; here it means {_said(ours)}.",)


def _said(node: Node) -> str:
    return f"`{render_text(node)}`"


def parse_as_reference(source: str) -> Group | None:
    """Return the node that the reference makes of a trigger, None where it fails."""
    try:
        node = _group(_tokens(source))
    except (ValueError, StopIteration, RuntimeError):
        return None
    return node if isinstance(node, Group) else Group("and", (node,))


def _tokens(source: str) -> Iterator[_Token]:
    """Return tokens as (class, text); identifiers around a dot are one."""
    read: list[_Token] = []
    at = 0
    while at < len(source):
        found = _TOKEN.match(source, at)
        if found is None:
            raise ValueError(source[at])
        at = found.end()
        if found.lastgroup == "string" and not _STOPPED.match(source, at):
            at -= 1  # the closing quote is left over, and opens the next text
        if found.lastgroup != "blank":
            _add(read, (str(found.lastgroup), found[0]))
    return iter([*read, _END])


def _add(read: list[_Token], token: _Token) -> None:
    kind, said = token
    if kind == "cut":  # looking for `and` or `null` it runs into the end, and does not come back
        kind, said = "ident", said[0]
    if kind == "ident":
        said = re.sub(r"\\([\s\S])", r"\1", said)
        if [each for each, _ in read[-2:]] == ["ident", "mark"] and read[-1][1] == ".":
            read.pop()
            said = f"{read.pop()[1]}.{said}"
    read.append((kind, said))


def _group(tokens: Iterator[_Token]) -> Node:
    """Take clauses until the tokens end; the last `and` or `or` joins them all."""
    clauses: list[Node] = []
    joint, before = "and", ("", "")
    for token in tokens:
        kind, said = token
        if kind == "conditional":
            joint = said
        elif token == ("mark", "("):
            clauses.append(_group(_inner(tokens)))
        elif kind == "ident":
            clauses.extend(_clause(said, tokens, negated=before == ("operator", "!")))
        before = token
    if not clauses:
        raise ValueError
    if len(clauses) == 1:
        return clauses[0]
    return Group("or" if joint == "or" else "and", tuple(clauses))


def _inner(tokens: Iterator[_Token]) -> Iterator[_Token]:
    """Return the tokens up to the first closing parenthesis."""
    inner = []
    while (token := next(tokens)) != ("mark", ")"):
        inner.append(token)
    return iter([*inner, _END])


def _clause(word: str, tokens: Iterator[_Token], *, negated: bool) -> list[Node]:
    """Read what follows a word; one that means nothing is skipped."""
    if word in {"contains", "match"}:
        return _call(word, tokens, "not_" if negated else "")
    kind = KIND_BY_FIELD.get(word.partition(".")[0])
    if kind is None:
        return []
    operator, value = next(tokens)[1], _literal(next(tokens))
    name = word.removeprefix(f"{word.partition('.')[0]}.") if kind in KINDS_WITH_PATH else None
    return [Comparison(kind, *normalize_operator(kind, operator, value), name)]


def _call(function: str, tokens: Iterator[_Token], negation: str) -> list[Node]:
    """Take five tokens, whatever they are. A call about `type` vanishes."""
    _, (_, field), _, token = (next(tokens) for _ in range(4))
    next(tokens, None)
    operator, value = "contains", to_string(_literal(token))
    if function == "match":
        starts = token[1].endswith('*"')
        operator, value = ("starts_with", value[:-1]) if starts else ("ends_with", value[1:])
    kinds = [each for root, each in KIND_BY_FIELD.items() if _looks_at(field, root, each)]
    name = field.partition(".")[2] or field
    return [
        Comparison(each, negation + operator, value, name if each in KINDS_WITH_PATH else None)
        for each in kinds
    ]


def _looks_at(field: str, root: str, kind: str) -> bool:
    return field.startswith(root) if kind in KINDS_WITH_PATH else field == root and root != "type"


def _literal(token: _Token) -> Operand:
    kind, said = token
    if kind == "string":
        return said.removeprefix('"').removesuffix('"')
    if kind == "number":
        return string_to_number(said)
    words: dict[str, Operand] = {"true": True, "false": False, "null": None}
    return words.get(said, said) if kind in {"ident", "null"} else said
