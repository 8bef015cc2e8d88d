"""Generated answers of a partner: accepted, refused, redirected, unreadable, or none at all."""

from __future__ import annotations

import json
from collections.abc import Sequence

from tests.conformance.exchanges.script import REFUSED, RESET, TIMEOUT, Answer
from tests.conformance.generate.chance import Chance

JSON_TYPE = "application/json"
STATUSES = (400, 401, 402, 403, 404, 405, 409, 410, 413, 422, 423, 429, 500, 501, 502, 503, 504)


def accept(body: object, content_type: str = JSON_TYPE, status: int = 200) -> Answer:
    """Return an answer with JSON."""
    headers = {"content-type": content_type}
    return {"status": status, "headers": headers, "body": json.dumps(body)}


def refuse(status: int, body: object = None, **headers: str) -> Answer:
    """Return a refusal."""
    text = "" if body is None else json.dumps(body)
    return {"status": status, "headers": {"content-type": JSON_TYPE, **headers}, "body": text}


def make_failure(chance: Chance) -> Answer:
    """Return no answer."""
    return {"fails": chance.pick((TIMEOUT, REFUSED, RESET))}


def make_too_many(chance: Chance) -> Answer:
    """Return a 429. Few name a short pause, since ours waits for it."""
    seconds = chance.pick(("120", "120", "120", "120", "600", "1"))
    return refuse(429, {}, **{"retry-after": seconds})


def make_redirect(chance: Chance) -> Answer:
    """Return a redirect, to a place where the reference gets an answer or a 404."""
    status = chance.pick((301, 302, 303, 307, 308))
    location = chance.pick(("/moved", "/nowhere", "https://elsewhere.example/moved"))
    return refuse(status, None, location=location) if chance.maybe(0.9) else refuse(status)


def make_answers(chance: Chance, answer: Answer, refusals: Sequence[Answer] = ()) -> list[Answer]:
    """Return the answers to one request and its repetitions: mostly the given one."""
    if chance.maybe(0.72):
        return [answer]
    refused = chance.pick(
        (
            refuse(chance.pick(STATUSES), chance.pick((None, {}, {"error": "no"}))),
            make_failure(chance),
            make_too_many(chance),
            make_redirect(chance),
            *refusals,
        )
    )
    return [refused, answer] if chance.maybe(0.7) else [refused]


def moved_rules() -> list[dict[str, object]]:
    """Return the rules of the place that a redirect leads to."""
    answers = [accept({"result": {"id": "CID_moved", "elements": []}})]
    return [{"method": method, "path": "/moved", "answers": answers} for method in ("GET", "POST")]
