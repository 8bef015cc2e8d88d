"""The part of the filter that answers for triggers, and says which differences are chosen."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, TypeAlias

from destination_kit._json import MISSING
from destination_kit.errors import Problem, TriggerError
from destination_kit.fql import compile_node, node_from_json, node_to_json, parse_trigger
from destination_kit.fql.nodes import FIELDS, Group, meaning
from destination_kit.fql.predicates import step
from destination_kit.fql.render import render_text
from tests.conformance import rows
from tests.conformance.compare import equal

Request: TypeAlias = dict[str, Any]
Answer: TypeAlias = dict[str, Any]

_BLANK = r"[ \t\n]*"
_STOP = r"(?=[ \t\n,)]|\Z)"
_DOT = r"(?<=[A-Za-z0-9_-])\\\.(?=[A-Za-z0-9_-])"
_PART = rf"(?:[A-Za-z0-9_-]|{_DOT}|\\[^.\ud800-\udfff\U00010000-\U0010ffff])"
_WORD = rf"(?!(?:and|or|null){_STOP})(?!(?:a{_PART}|n{_PART}{{1,2}})\Z)(?=[A-Za-z_\\]){_PART}+"
_PATH = rf"(?:properties|traits|context)(?:{_BLANK}\.{_BLANK}{_WORD})+"
_NUMBER = r"[+-]?[0-9]+(?:\.[0-9]+)?(?![.0-9\\]|(?!(?:and|or)[ \t\n])[A-Za-z_])"
_VALUE = rf"(?:\"[^\"]*\"{_STOP}|'[^'\"]*'{_STOP}|{_NUMBER}|null{_STOP}|{_WORD}{_STOP})"
_FIELD = rf"(?:{_PATH}|event|name|userId)"
_SIGN = r"(?:[ \t\n]*=[ \t\n]*|[ \t\n]+(?:[<>]|!=|<=|>=)[ \t\n]+)"
_COMPARISON = rf"(?:type|{_FIELD}){_SIGN}{_VALUE}"
_CALL = rf"!?(?:contains|match){_BLANK}\({_BLANK}{_FIELD}{_BLANK},{_BLANK}{_VALUE}{_BLANK}\)"


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


def parse_fql(request: Request) -> object:
    """Answer with the tree; an unreadable trigger is a value, as in the reference."""
    try:
        return node_to_json(parse_trigger(request["fql"]))
    except TriggerError as error:
        return {"error": {"name": "TriggerError", "message": str(error)}}


def match_fql(request: Request) -> bool:
    """Match; an unreadable trigger matches nothing, and nothing matches no event."""
    try:
        return _matches(parse_trigger(request["fql"]), request["event"])
    except TriggerError:
        return False


def match_ast(request: Request) -> bool:
    """Match the event of the request with its tree, which matches nothing where it is none."""
    try:
        return _matches(node_from_json(request["ast"]), request["event"])
    except TriggerError:
        return False


def subscription_get(request: Request) -> object:
    """Read a path as triggers do."""
    value, path = request["obj"], request["path"]
    if path in (None, MISSING, ""):
        return MISSING
    keys = path if isinstance(path, list) else re.findall(r"[^\[.\]]+", path)
    if path and not keys:
        raise TriggerError([Problem("", "FQL_SYNTAX", "this path has no part")])
    for key in keys:
        value = step(value, str(key))
    return value


OPS: dict[str, Callable[[Request], object]] = {
    "parseFql": parse_fql,
    "roundTripFql": lambda request: render_text(parse_trigger(request["fql"])),
    "matchFql": match_fql,
    "matchAst": match_ast,
    "generateFql": lambda request: render_text(node_from_json(request["ast"])),
    "subscriptionGet": subscription_get,
}


def chosen(request: Request, theirs: Answer, ours: Answer) -> str | None:
    """Return the row of the policy that a difference belongs to, if any.

    The condition looks at the request alone; what we answer must then be what the row says.
    """
    if "fql" in request:
        claims = (row for row, condition in _CONDITIONS.items() if condition(request))
        return next(claims, None) if prescribed(request, ours) else None
    if request["op"] == "matchAst":
        return None if _is_known(request["ast"]) else "D7"
    if request["op"] == "subscriptionGet" and rows.applies("D2", request) and "undefined" in ours:
        return "D2"
    rounded = json.loads(json.dumps(ours.get("ok")), parse_int=float)
    return "D1" if equal(theirs.get("ok"), rounded) else None


def prescribed(request: Request, ours: Answer) -> bool:
    """Return whether our answer is the one for a trigger that the reference misreads.

    Either it is refused, or the same reading spelled out plainly is read in the same way.
    """
    try:
        node = parse_trigger(request["fql"])
    except TriggerError:
        return ours.get("ok") is False or "error" in (ours.get("ok") or ours)
    return meaning(parse_trigger(render_text(node))) == meaning(node)


def is_well_formed(trigger: str) -> bool:
    """Return whether the reference reads a trigger completely, clause by clause."""
    return _WELL_FORMED.fullmatch(trigger) is not None


def _matches(node: Group, event: object) -> bool:
    return isinstance(event, dict) and compile_node(node)(event)


def _is_known(tree: Request) -> bool:
    """Return whether every condition of a tree is about something that events have."""
    children = tree.get("children")
    return tree["type"] in FIELDS if children is None else all(map(_is_known, children))


def _cuts_a_pair(request: Request) -> bool:
    """Return whether a pattern without a star starts with a character of two UTF-16 units."""
    pattern = r'match\s*\([^"]*"[\U00010000-\U0010ffff][^"]*(?<!\*)"'
    return re.search(pattern, request["fql"]) is not None


_CONDITIONS: dict[str, Callable[[Request], bool]] = {
    "D5": lambda request: not is_well_formed(request["fql"]),
    "D1": lambda request: rows.applies("D1", request),
    "D2": lambda request: request["op"] == "matchFql" and rows.applies("D2", request),
    "D4": _cuts_a_pair,
}
