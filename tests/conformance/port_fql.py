"""The part of the filter that answers for triggers."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeAlias

from destination_kit._json import MISSING
from destination_kit.errors import Problem, TriggerError
from destination_kit.fql import compile_node, node_from_json, node_to_json, parse_trigger
from destination_kit.fql.nodes import Group
from destination_kit.fql.predicates import follow_step
from destination_kit.fql.reference_reading import _STOP_AHEAD, _TOKEN
from destination_kit.fql.render import render_text

Request: TypeAlias = dict[str, Any]
Answer: TypeAlias = dict[str, Any]

_MARKS = {
    ".": "dot",
    ",": "comma",
    "(": "parenleft",
    ")": "parenright",
    "[": "brackleft",
    "]": "brackright",
}


def lex_fql(request: Request) -> object:
    """Answer with the reference's tokens, as the warnings of triggers need them."""
    text, read, at = request["fql"], [], 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            return {"tokens": [], "error": {"$js": "error", "name": "LexerError"}}
        at = found.end()
        if found.lastgroup == "string" and not _STOP_AHEAD.match(text, at):
            at -= 1
        if found.lastgroup != "blank":
            read.append(_token(str(found.lastgroup), found[0]))
    return {"tokens": [*read, {"type": "eos", "value": "eos"}]}


def _token(kind: str, said: str) -> Answer:
    if kind == "cut":
        return {"type": "ident", "value": said[0]}
    if kind == "ident":
        said = re.sub(r"\\([\s\S])", r"\1", said)
    return {"type": _MARKS.get(said, kind) if kind == "mark" else kind, "value": said}


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
        value = follow_step(value, str(key))
    return value


OPS: dict[str, Callable[[Request], object]] = {
    "lexFql": lex_fql,
    "parseFql": parse_fql,
    "roundTripFql": lambda request: render_text(parse_trigger(request["fql"])),
    "matchFql": match_fql,
    "matchAst": match_ast,
    "generateFql": lambda request: render_text(node_from_json(request["ast"])),
    "subscriptionGet": subscription_get,
}


def _matches(node: Group, event: object) -> bool:
    return isinstance(event, dict) and compile_node(node)(event)
