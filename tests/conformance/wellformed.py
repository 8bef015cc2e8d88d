"""Which triggers the reference reads completely, clause by clause: a pattern of the text alone."""

from __future__ import annotations

import re

_BLANK = r"[ \t\n]*"
_STOP = r"(?=[ \t\n,)]|\Z)"
_DOT = r"(?<=[A-Za-z0-9_-])\\\.(?=[A-Za-z0-9_-])"
_PART = rf"(?:[A-Za-z0-9_-]|{_DOT}|\\[^.\ud800-\udfff\U00010000-\U0010ffff])"
_WORD = rf"(?!(?:and|or|null){_STOP})(?!(?:a{_PART}|n{_PART}{{1,2}})\Z)(?=[A-Za-z_\\]){_PART}+"
_PATH = rf"(?:properties|traits|context)(?:{_BLANK}\.{_BLANK}{_WORD})+"
_NUMBER = r"[+-]?[0-9]+(?:\.[0-9]+)?(?![.0-9\\]|(?!(?:and|or)[ \t\n])[A-Za-z_])"
_VALUE = rf"(?:\"[^\"]*\"{_STOP}|'[^'\"]*'{_STOP}|{_NUMBER}|null{_STOP}|{_WORD}{_STOP})"
_FIELD = rf"(?:{_PATH}|event|name|userId)"
# A text without `*` at its end loses its first code unit, which may be half a character.
_WIDE = "[\ud800-\udfff\U00010000-\U0010ffff]"
_SIGN = r"(?:[ \t\n]*=[ \t\n]*|[ \t\n]+(?:[<>]|!=|<=|>=)[ \t\n]+)"
_COMPARISON = rf"(?:type|{_FIELD}){_SIGN}{_VALUE}"
_CHOPPED = rf"(?!match{_BLANK}\({_BLANK}{_FIELD}{_BLANK},{_BLANK}(?:\"{_WIDE}[^\"]*|'{_WIDE}[^']*)(?<!\*)[\"'])"
_CALL = (
    rf"!?{_CHOPPED}(?:contains|match){_BLANK}\({_BLANK}{_FIELD}{_BLANK},{_BLANK}{_VALUE}{_BLANK}\)"
)


def _joined(item: str, last: str) -> str:
    """Return a pattern of items, and a last one, that one operator joins."""
    every = rf"(?:{_BLANK},{_BLANK}|{_BLANK}and[ \t\n]+)"
    some = rf"{_BLANK}or[ \t\n]+"
    return rf"(?:(?:{item}{every})*{last}|(?:{item}{some})+{last})"


# The first `)` ends a group of the reference, so that a call can only stand at its end.
_LAST = rf"(?:{_CALL}|{_COMPARISON})"
_GROUP = rf"\({_BLANK}{_joined(_COMPARISON, _LAST)}{_BLANK}\)"
_ITEM = rf"(?:{_CALL}|{_COMPARISON}|{_GROUP})"
_WELL_FORMED = re.compile(rf"{_BLANK}{_joined(_ITEM, _ITEM)}{_BLANK}", re.DOTALL)


def is_well_formed(trigger: object) -> bool:
    """Return whether the reference reads a trigger completely; only text can be one."""
    return isinstance(trigger, str) and _WELL_FORMED.fullmatch(trigger) is not None
