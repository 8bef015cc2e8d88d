"""Vendor contract: what public sources say of each request and response of Qualtrics.

The tables beside this module hold a row per endpoint, message (`request` or a status) and field:
its type, whether it is required, and the source that says so. A row whose sources disagree names
the other one under `against`, and says under `why` this one is believed.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

FOLDER = Path(__file__).parent
ANY_KEY, ITEMS = "*", "[]"
ASSUMED = "assumed"
_TYPES = {
    "string": str,
    "boolean": bool,
    "object": Mapping,
    "array": list,
    "null": type(None),
}
_TOKENS = re.compile(r"[^.\[\]]+|\[\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What one source says of one field."""

    field: str
    type: str
    required: bool
    source: str
    #: The values that the field may have, empty for any.
    values: tuple = ()
    #: A pattern of the whole text.
    pattern: str = ""
    #: The least and greatest number of items, empty for any.
    size: tuple = ()
    #: The source that says something else, and what it says.
    against: Mapping = field(default_factory=dict)
    #: Why `source` is believed.
    why: str = ""

    @property
    def path(self) -> tuple[str, ...]:
        return tuple(_TOKENS.findall(self.field))


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A request (`request`), or a response by its status (`200`, `2xx`, `error`)."""

    endpoint: str
    message: str
    rows: tuple[Row, ...]
    #: The content type of a response that is not JSON.
    content: str = "application/json"
    #: Whether the response may have no body.
    empty: bool = False
    source: str = ""
    why: str = ""


def load_messages() -> list[Message]:
    """Return the messages of all tables."""
    tables = (path for path in sorted(FOLDER.glob("*.json")) if path.stem != "sources")
    return [
        Message(**{**message, "rows": tuple(map(_load_row, message["rows"]))})
        for path in tables
        for message in json.loads(path.read_text(encoding="utf-8"))
    ]


def load_sources() -> Mapping[str, Mapping[str, str]]:
    """Return the sources by name."""
    return json.loads((FOLDER / "sources.json").read_text(encoding="utf-8"))


def find_request(endpoint: str) -> Message | None:
    """Return the request of an endpoint, None where no table has it."""
    return next(_matching(endpoint, "request"), None)


def find_response(endpoint: str, status: int) -> Message | None:
    """Return the response of an endpoint with its envelope, None where no table has it."""
    envelope = next(_matching("*", "2xx" if status < 300 else "error"))
    if page := next(_matching("*", str(status)), None):
        return page
    if status >= 400:
        return envelope if find_request(endpoint) else None
    if own := next(_matching(endpoint, str(status)), None):
        return Message(
            endpoint=endpoint,
            message=str(status),
            rows=(*own.rows, *envelope.rows),
            empty=own.empty,
        )
    return None


def find_violations(message: Message, document: Mapping) -> list[str]:
    """Return how a document breaks the rows of its message; empty where it keeps all.

    A request is `{"header": …, "query": …, "body": …}` with the headers' names in lower case, a
    response is `{"body": …}`. A part that is empty may be missing.
    """
    if message.empty and "body" not in document:
        return []
    rows = {row.path: row for row in message.rows}
    empty = {"header": {}} if message.message == "request" else {}
    return list(_walk({**empty, **document}, (), rows, ""))


def _load_row(row: Mapping) -> Row:
    lists = {name: tuple(row[name]) for name in ("values", "size") if name in row}
    return Row(**{**row, **lists})


def _matching(endpoint: str, name: str) -> Iterator[Message]:
    return (
        message for message in MESSAGES if (message.endpoint, message.message) == (endpoint, name)
    )


def _walk(value, path: tuple[str, ...], rows: Mapping, place: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        yield from _walk_object(value, path, rows, place)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _check(item, (*path, ITEMS), rows, f"{place}[{index}]")


def _walk_object(value: Mapping, path, rows: Mapping, place: str) -> Iterator[str]:
    known = {row_path[len(path)] for row_path in rows if _is_below(row_path, path)}
    if not known and path:
        return  # no source says what such an object holds
    for key, member in value.items():
        name = key if key in known else ANY_KEY
        if name in known:
            yield from _check(member, (*path, name), rows, f"{place}.{key}".lstrip("."))
        elif path != ("header",):  # clients add headers of their own
            yield f"{place}.{key} is in no source"
    for row_path, row in rows.items():
        is_member = len(row_path) == len(path) + 1 and _is_below(row_path, path)
        if is_member and row.required and row_path[-1] not in {*value, ANY_KEY, ITEMS}:
            yield f"{place}.{row_path[-1]} is missing".lstrip(".")


def _is_below(row_path: tuple[str, ...], path: tuple[str, ...]) -> bool:
    return len(row_path) > len(path) and row_path[: len(path)] == path


def _check(value, path, rows: Mapping, place: str) -> Iterator[str]:
    if row := rows.get(path):
        if not any(_has_type(value, name) for name in row.type.split("|")):
            yield f"{place} is no {row.type}"
        if row.values and value not in row.values:
            yield f"{place} is none of its values"
        if row.pattern and isinstance(value, str) and not re.fullmatch(row.pattern, value):
            yield f"{place} does not match {row.pattern}"
        if row.size and isinstance(value, list) and not row.size[0] <= len(value) <= row.size[1]:
            yield f"{place} has {len(value)} items"
    yield from _walk(value, path, rows, place)


def _has_type(value, name: str) -> bool:
    if name in ("integer", "number"):
        numbers = int if name == "integer" else (int, float)
        return isinstance(value, numbers) and not isinstance(value, bool)
    return isinstance(value, _TYPES[name])


MESSAGES = load_messages()
