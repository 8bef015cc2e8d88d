"""Rule of batch keys: payloads that differ in a declared key share no call of `perform_batch`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Final

from destination_kit._json import Json, JsonObject, pointer
from destination_kit.batch_fields import declared_batch_keys
from destination_kit.definitions import Action
from destination_kit.errors import Problem
from destination_kit.fields import compile_validator
from destination_kit.testing.generators import NoFittingValueError, make_payloads
from destination_kit.testing.harness.runner import Recording, Scenario, Subject, deliver

#: Payloads whose values are tried for a key. Text has a dozen candidates, an enumeration few.
_TRIED: Final = 24
#: Variants of each key. Three show a call that mixes the second and the third value too.
_MOST_VARIANTS: Final = 3
_RULE: Final = "BATCH_KEYS"


def check_batch_keys(
    subject: Subject, slug: str, payloads: Sequence[JsonObject]
) -> Iterator[tuple[Recording, Sequence[Problem]]]:
    """Yield a run for each declared key, with its problems.

    Its payloads differ in this key and in nothing else, and each is sent twice, in turn: the second
    one could join the call of the first. Declared are the keys of the limits, and those that the
    default of the field `batch_keys` names.
    """
    action = subject.destination.actions[slug]
    for name in dict.fromkeys((*action.batch.keys, *declared_batch_keys(action.fields))):
        variants = _vary(subject, action, payloads[0], name)
        if len(variants) < 2:  # noqa: PLR2004 - a single value cannot differ from another
            yield Recording(), [*_check_limits(slug, action, name)]
            continue
        scenario = Scenario(batching=True, together=True)
        recording = deliver(subject, slug, [*variants, *variants], scenario)
        yield recording, [*_check_calls(slug, action, recording.spy.batches, name)]


def _vary(subject: Subject, action: Action, base: JsonObject, name: str) -> list[JsonObject]:
    """Return payloads that fit the fields, and differ from each other in one field alone."""
    validate = compile_validator(action.fields)
    variants: dict[str, JsonObject] = {}
    for payload in (base, *_make_candidates(subject, action), _without(base, name)):
        candidate = _without(base, name)
        if name in payload:
            candidate[name] = payload[name]
        checked, problems = validate(candidate)
        # A coerced value could be equal to another one again.
        if not problems and checked == candidate:
            variants.setdefault(_text(candidate.get(name)), candidate)
    return [*variants.values()][:_MOST_VARIANTS]


def _make_candidates(subject: Subject, action: Action) -> list[dict[str, Json]]:
    try:
        return make_payloads(action.fields, subject.hints, _TRIED, subject.seed + 1)
    except NoFittingValueError:
        return []


def _without(payload: JsonObject, name: str) -> dict[str, Json]:
    return {key: value for key, value in payload.items() if key != name}


def _check_calls(
    slug: str, action: Action, calls: Sequence[Sequence[JsonObject]], name: str
) -> Iterator[Problem]:
    for payloads in calls:
        values = dict.fromkeys(_text(payload.get(name)) for payload in payloads)
        if len(values) < 2:  # noqa: PLR2004 - as above
            continue
        yield from _check_limits(slug, action, name)
        if name in action.batch.keys:
            shown = " and ".join([*values][:2])
            message = f"a call of `{slug}` has payloads that differ in the batch key {name!r} alone"
            yield Problem(
                pointer("actions", slug, "perform_batch"), _RULE, f"{message}: {shown[:200]}"
            )
        return


def _check_limits(slug: str, action: Action, name: str) -> Iterator[Problem]:
    if name in action.batch.keys:
        return
    message = (
        f"the field `batch_keys` of `{slug}` names {name!r}, and `batch.keys` does not:"
        " payloads that differ in it alone share a call"
    )
    yield Problem(pointer("actions", slug, "batch", "keys"), _RULE, message)


def _text(value: Json | None) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)
