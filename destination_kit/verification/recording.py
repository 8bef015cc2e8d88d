"""Recordings: the exchanges of a run as a cassette of vcrpy, without secrets and people.

A recording keeps the shape of each body: members, numbers, booleans and null. A text stays only if
the run has sent it itself, or if the member is one that the destination calls public. Ids become
`CID_000000000000001` and so on, the same one for the same id, so that a replay works.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit, urlunsplit

from destination_kit._json import Json, JsonObject
from destination_kit.request_bodies import describe_body

if TYPE_CHECKING:
    from destination_kit.verification.records import Exchange, SessionOptions, Verification
    from destination_kit.verification.runner import VerificationResult

_REMOVED: Final = "(removed)"
# An error code such as SIM_VALIDATION has neither digits nor lower-case letters.
_ID: Final = re.compile(r"\b([A-Z]{1,6}_)((?=[A-Za-z0-9]*[a-z0-9])[A-Za-z0-9]{8,})\b")
_UUID: Final = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", re.IGNORECASE)
_ZERO_UUID: Final = "00000000-0000-0000-0000-000000000000"
_KEPT_HEADERS: Final = ("content-type", "retry-after")
_DIGITS: Final = 15
#: A host such as `brand.iad1.partner.com` in a text.
_BRANDED_HOST: Final = re.compile(r"(?<![\w-])[\w-]++\.((?:[\w-]++\.){2}[a-z]{2,})\b")
_PRINTABLE: Final = re.compile("[ -~]*")
#: The last character that `\uXXXX` can name.
_LAST_SHORT: Final = 0xFFFF


@dataclass(slots=True)
class Scrubber:
    """Replaces in exchanges what names an account or a person."""

    #: Ids that hold the end of this mark are made up by the run, and stay.
    run_id: str
    known_keys: frozenset[str]
    public_keys: frozenset[str]
    #: Texts and names of members that the run has sent itself.
    _sent: set[str] = field(default_factory=set)
    _stand_ins: dict[str, str] = field(default_factory=dict)
    #: How many ids have each prefix.
    _counts: dict[str, int] = field(default_factory=dict)

    def url(self, url: str) -> str:
        """Return a URL with the ids replaced, and with a host that names no brand."""
        parts = urlsplit(url)
        labels = parts.netloc.split(".")
        # A host such as `brand.iad1.qualtrics.com` names the customer.
        host = ".".join(labels[-3:])
        query = parts.query if "/inbound-event/" not in parts.path else ""
        return urlunsplit((parts.scheme, host, self.ids(parts.path), self.ids(query), ""))

    def request(self, content: bytes | None, content_type: str = "application/json") -> str:
        """Return the body of a request, which holds nothing but what the run made up, and ids."""
        self._sent.update(_texts(describe_body(content, {"content-type": content_type})))
        return self.ids((content or b"").decode("utf-8", "replace"))

    def response(self, body: Json) -> str:
        """Return the body of a response as JSON text; "" for none."""
        return "" if body is None else json.dumps(self._value(body, ""), ensure_ascii=False)

    def ids(self, text: str) -> str:
        """Return a text with stand-ins for its ids."""
        return _UUID.sub(_ZERO_UUID, _ID.sub(self._stand_in, text))

    def _stand_in(self, match: re.Match[str]) -> str:
        # The ids that the run makes up must stay: a replay makes them up again.
        mark = self.run_id.rpartition("-")[2]
        if mark in match[2]:
            return match[0]
        if match[0] not in self._stand_ins:
            number = self._counts[match[1]] = self._counts.get(match[1], 0) + 1
            self._stand_ins[match[0]] = f"{match[1]}{number:0{_DIGITS}d}"
        return self._stand_ins[match[0]]

    def _value(self, value: Json, key: str) -> Json:
        if isinstance(value, Mapping):
            return {
                self._key(name, index): self._value(member, name)
                for index, (name, member) in enumerate(value.items())
            }
        if isinstance(value, list):
            return [self._value(member, key) for member in value]
        if isinstance(value, str):
            return self._text(value, key)
        # A number can be a phone or a count of the account's contacts.
        is_kept = value is None or isinstance(value, bool) or key in self.public_keys
        return value if is_kept else 0

    def _key(self, name: str, index: int) -> str:
        known = self.ids(name)
        if known != name or name in self.known_keys | self.public_keys | self._sent:
            return known
        return f"removed{index}"

    def _text(self, text: str, key: str) -> str:
        if key in self.public_keys and text.startswith("https://"):
            # The query of a next page is opaque, and may hold anything.
            return self.url(text).partition("?")[0]
        if key in self.public_keys:
            return self.ids(_BRANDED_HOST.sub(r"\1", text))
        is_id = _ID.fullmatch(text) or _UUID.fullmatch(text)
        if not text or is_id or text in self._sent:
            return self.ids(text)
        return _REMOVED


def render_cassette(
    verification: Verification,
    outcome: VerificationResult,
    options: SessionOptions,
    report: JsonObject,
) -> str:
    """Return the exchanges of a run as a cassette of vcrpy, in YAML.

    `made` says how it was made, so that a replay can begin in the same way and compare its answers.
    A cassette that was made against a simulator says so.
    """
    scrubber = Scrubber(options.run_id, verification.known_keys, verification.public_keys)
    # The parameters come first, so that their stand-ins have the first number of their kind.
    parameters = {name: scrubber.ids(value) for name, value in options.parameters.items()}
    made: JsonObject = {
        **{key: report[key] for key in ("destination", "version", "date", "against")},
        "runId": options.run_id,
        "startedAt": options.started_at.isoformat(timespec="seconds"),
        "maxCalls": options.max_calls,
        "parameters": parameters,
        "findings": report["findings"],
    }
    cassette: JsonObject = {
        "made": made,
        "interactions": [_interaction(exchange, scrubber) for exchange in outcome.exchanges],
        "version": 1,
    }
    return "\n".join(_yaml(cassette, "")) + "\n"


def _texts(value: Json) -> Iterator[str]:
    """Yield every text and every name of a member in a JSON value."""
    if isinstance(value, Mapping):
        for name, member in value.items():
            yield name
            yield from _texts(member)
    elif isinstance(value, list):
        for member in value:
            yield from _texts(member)
    elif isinstance(value, str):
        yield value


def _interaction(exchange: Exchange, scrubber: Scrubber) -> JsonObject:
    response = exchange.response
    headers = {name: [response.headers[name]] for name in _KEPT_HEADERS if name in response.headers}
    return {
        "request": {
            "method": exchange.method,
            "uri": scrubber.url(exchange.url),
            "body": scrubber.request(exchange.content, exchange.content_type),
            "headers": {},
        },
        "response": {
            "status": {"code": response.status, "message": ""},
            "headers": headers,
            "body": {"string": scrubber.response(response.body)},
        },
    }


# YAML 1.2, section 7.4.3: a key of more than 1,024 characters needs the mark `?`.
_LONGEST_KEY: Final = 1_000


def _yaml(value: Json, indent: str) -> Iterator[str]:
    """Yield the lines of a JSON value in YAML.

    Its scalars are quoted, so no library is needed for it.
    """
    if isinstance(value, Mapping) and value:
        for name, member in value.items():
            head = f"{indent}{_yaml_scalar(name)}"
            if len(head) > _LONGEST_KEY:
                yield f"{indent}? {head.removeprefix(indent)}"
                head = indent
            yield from _yaml_member(f"{head}:", member, indent + "  ")
    elif isinstance(value, list) and value:
        for member in value:
            yield from _yaml_member(f"{indent}-", member, indent + "  ")
    else:
        yield indent + _yaml_scalar(value)


def _yaml_member(head: str, member: Json, indent: str) -> Iterator[str]:
    if isinstance(member, Mapping | list) and member:
        yield head
        yield from _yaml(member, indent)
    else:
        yield f"{head} {_yaml_scalar(member)}"


def _yaml_scalar(value: Json) -> str:
    if not isinstance(value, str):
        return json.dumps(value)
    if _PRINTABLE.fullmatch(value):
        quoted = value.replace("'", "''")
        return f"'{quoted}'"
    # JSON writes a character beyond U+FFFF as two escapes, which YAML reads as two characters.
    escaped = (
        character
        if _PRINTABLE.fullmatch(character) and character not in '"\\'
        else _escape(character)
        for character in value
    )
    return f'"{"".join(escaped)}"'


def _escape(character: str) -> str:
    return (
        f"\\U{ord(character):08x}" if ord(character) > _LAST_SHORT else f"\\u{ord(character):04x}"
    )
