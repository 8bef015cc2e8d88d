"""What a trigger evidently means: its structure, and each clause spelled as the reference reads it.

The reference misreads some text (row D5 of the policy), but not a single clause with spaces around
its sign, plain numbers and escaped path steps. So the clauses found here are put to the reference
itself, and only how they are joined is read here, with no help from the kit's own parser.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, TypeAlias, TypeVar

Meaning = TypeVar("Meaning")

_BLANK = r"[ \t\r\n]*+"
_PART = r"(?:[A-Za-z0-9_-]|\\[\s\S])"
_TOKEN = re.compile(
    rf"""(?P<word>(?:[A-Za-z_]|\\[\s\S]){_PART}*+(?:{_BLANK}\.{_BLANK}{_PART}++)*+)
    |(?P<text>"[^"]*+"|'[^']*+')
    |(?P<number>[+-]?\d++(?:\.\d++)?(?:[eE][+-]?\d++)?)
    |(?P<sign>!=|<=|>=|[=<>])
    |(?P<mark>[!(),])""",
    re.VERBOSE | re.ASCII,
)
_JOINTS = {"and": "and", "or": "or", ",": "and"}
_END = ("end", "")
_ENDS = [_END] * 5  # more than any clause takes at once
_DEEPEST = 50
_LONG = 16  # digits from which on a number may lose some
_ROOTS = ("properties", "traits", "context")
_FIELDS = ("type", "event", "name", "userId")


class UnreadableError(Exception):
    """The text has no evident meaning."""


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause, as the reference reads it.

    The reference forgets calls about `type`: such a clause is `borrowed` from `event`, and means
    the same with the type of an event in the place of its name.
    """

    text: str
    borrowed: bool = False


@dataclass(frozen=True, slots=True)
class Joined:
    """Clauses of which all (`and`), any (`or`) or not the one (`not`) must hold."""

    joint: str
    parts: tuple[Reading, ...]


Reading: TypeAlias = Clause | Joined


def spelled_out(trigger: str) -> Reading | None:
    """Return what a trigger evidently means, None where that is not evident: it must be refused."""
    whole = trigger.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    try:
        reading, rest = _clauses([*_tokens(whole), *_ENDS], 0)
    except UnreadableError:
        return None
    return reading if rest[0] == _END else None


def clauses(reading: Reading) -> Iterator[Clause]:
    """Yield every clause, from left to right."""
    if isinstance(reading, Clause):
        yield reading
    else:
        for part in reading.parts:
            yield from clauses(part)


def folded(
    reading: Reading,
    of_clause: Callable[[Clause], Meaning],
    of_group: Callable[[str, list[Meaning]], Meaning],
) -> Meaning:
    """Put the meanings of clauses together as the reading joins them."""
    if isinstance(reading, Clause):
        return of_clause(reading)
    return of_group(reading.joint, [folded(each, of_clause, of_group) for each in reading.parts])


def joined(joint: str, held: list[bool]) -> bool:
    """Return whether a group holds whose parts hold or do not."""
    return not held[0] if joint == "not" else all(held) if joint == "and" else any(held)


_Token: TypeAlias = tuple[str, str]


def _tokens(text: str) -> Iterator[_Token]:
    at = 0
    while found := re.compile(_BLANK).match(text, at):
        at = found.end()
        if at == len(text):
            return
        if not (token := _TOKEN.match(text, at)):
            raise UnreadableError
        at = token.end()
        kind = str(token.lastgroup)
        yield ("mark" if token[0] in _JOINTS else kind), token[0]


def _joint(said: str) -> str | None:
    """Return how a token joins clauses: in capitals `AND` does, and `OR` means too much."""
    return "and" if said.lower() == "and" else _JOINTS.get(said)


def _clauses(tokens: list[_Token], depth: int) -> tuple[Reading, list[_Token]]:
    part, tokens = _clause(tokens, depth)
    parts, joints = [part], set()
    while joint := _joint(tokens[0][1]):
        joints.add(joint)
        part, tokens = _clause(tokens[1:], depth)
        parts.append(part)
    if len(joints) > 1:
        raise UnreadableError
    return (Joined(joints.pop(), tuple(parts)) if joints else part), tokens


def _clause(tokens: list[_Token], depth: int) -> tuple[Reading, list[_Token]]:
    (kind, said), *rest = tokens
    if depth > _DEEPEST:
        raise UnreadableError
    if said in ("!", "not"):
        part, rest = _clause(rest, depth + 1)
        return _not(part), rest
    if said == "(":
        part, rest = _clauses(rest, depth + 1)
        return part, _after(rest, ")")
    if kind != "word":
        raise UnreadableError
    if rest[0][1] == "(":
        return _call(said, rest)
    (sign_kind, sign), value, *rest = rest
    if sign_kind != "sign":
        raise UnreadableError
    return Clause(f"{_path(said)} {sign} {_value(value)} "), rest


def _not(part: Reading) -> Reading:
    """Return the opposite; that of a call is a call, which is false too for what is not text."""
    if isinstance(part, Joined):
        return part.parts[0] if part.joint == "not" else Joined("not", (part,))
    if part.text.startswith("!"):
        return replace(part, text=part.text[1:])
    is_call = part.text.startswith(("contains(", "match("))
    return replace(part, text=f"!{part.text}") if is_call else Joined("not", (part,))


def _call(name: str, tokens: list[_Token]) -> tuple[Reading, list[_Token]]:
    if name not in ("contains", "match"):
        raise UnreadableError
    _, (kind, field), (_, comma), value, *rest = tokens
    if kind != "word" or comma != ",":
        raise UnreadableError
    looked_at = "event" if field == "type" else _path(field)
    said = _value(value)
    if said.lstrip("+-").isdigit() and len(said) >= _LONG:
        said = f'"{said.removeprefix("+")}"'  # a call makes text of a number: this one keeps its digits
    if name == "match" and said[1:2] > "\uffff" and not said.endswith(("*'", '*"')):
        said = f"{said[0]}*{said[1:]}"  # else the first half of the character goes
    clause = Clause(f"{name}({looked_at}, {said} )", borrowed=field == "type")
    return clause, _after(rest, ")")


def _after(tokens: list[_Token], mark: str) -> list[_Token]:
    if tokens[0][1] != mark or tokens[0][0] != "mark":
        raise UnreadableError
    return tokens[1:]


def _path(word: str) -> str:
    """Escape the first character of each step, which may then be a digit or a keyword."""
    root, *steps = re.findall(rf"{_PART}+", word)
    plain = re.sub(r"\\([\s\S])", r"\1", ".".join([root, *steps]))
    head, dot, below = plain.partition(".")
    is_known = re.search(r"[^\[.\]]", below) if head in _ROOTS else head in _FIELDS and not dot
    if not is_known:
        raise UnreadableError
    return ".".join([root, *(each if each[0] == "\\" else f"\\{each}" for each in steps)])


def _value(token: _Token) -> str:
    kind, said = token
    if kind == "number":
        number = Decimal(said)
        if abs(number) >= Decimal(2) ** 1024:
            raise UnreadableError
        return f"{number:f}"
    if kind not in ("text", "word"):
        raise UnreadableError
    return said


Tree: TypeAlias = dict[str, Any]
_OPPOSITES = {"=": "!=", "!=": "=", "exists": "not_exists", "not_exists": "exists"}


def tree_of(joint: str, parts: list[Tree]) -> Tree:
    """Return the tree of a group; the opposite of a condition is a condition where there is one."""
    if joint == "not" and parts[0].get("operator") in _OPPOSITES and "children" not in parts[0]:
        return {**parts[0], "operator": _OPPOSITES[parts[0]["operator"]]}
    return {"type": "group", "operator": joint, "children": parts}


def rooted(tree: Tree) -> Tree:
    """Return the tree with a group at its root, as every tree has."""
    return tree if "children" in tree else {"type": "group", "operator": "and", "children": [tree]}
