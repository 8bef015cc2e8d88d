"""What a valid subscription may do that its operator does not expect."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from destination_kit import Json, JsonObject, Subscription
from destinations.qualtrics.transactions import FIELDS as TRANSACTION

_TRACK: Final = re.compile(r"""\btype\s*=\s*["']track["']""")
_TEMPLATE: Final = re.compile(r"\{\{([^{}]+)\}")
_BRACKETS: Final = re.compile(r"""\[["']?([^\]"']+)["']?\]""")


def subscription_warnings(subscription: Subscription) -> tuple[str, ...]:
    """Return one sentence per trap, each with the way out of it."""
    if subscription.action not in {"addContactToXmd", "upsertContactTransaction"}:
        return ()
    return tuple(filter(None, (check(subscription) for check in _TRAPS)))


def _opts_back_in(subscription: Subscription) -> str | None:
    constants = _constants(subscription, "unsubscribed")
    if not any(value is False or value == "false" for value in constants):
        return None
    return (
        "unsubscribed is false whatever the event says, which may opt people back in who have"
        " opted out: map it to the place where your events carry that choice, or leave it out"
        " (null)."
    )


def _overwrites_language(subscription: Subscription) -> str | None:
    constant = next(_constants(subscription, "language"), None)
    if not isinstance(constant, str):
        return None
    return (
        f"language is {constant} for every contact whose event does not name one, and overwrites"
        " what Qualtrics has stored: map it to the place where your events carry a language, without"
        " a fallback, or leave it out (null)."
    )


def _makes_throwaway_contacts(subscription: Subscription) -> str | None:
    if "anonymousId" not in _paths(subscription.mapping.get("extRef")):
        return None
    return (
        "extRef may be the anonymousId, so that every anonymous visitor becomes a contact that"
        " nobody can use: map it to $.userId alone, or let the trigger ask for a userId."
    )


def _lacks_what_is_required(subscription: Subscription) -> str | None:
    names = [name for name in _hopeless(subscription) if name in _required(subscription)]
    if not names:
        return None
    are = "is" if len(names) == 1 else "are"
    return (
        f"{', '.join(names)} {are} required, and track events have no traits of their own: every"
        f" event will fail; map {'it' if len(names) == 1 else 'them'} to $.context.traits or"
        " $.properties, or to a fixed value."
    )


def _reads_absent_traits(subscription: Subscription) -> str | None:
    told = {name for name in _hopeless(subscription) if name in _required(subscription)}
    names = [name for name in _without_traits(subscription) if name not in told]
    if not names:
        return None
    return (
        f"{', '.join(names)}: track events have no traits of their own, so that $.traits is empty:"
        " map $.context.traits instead, or a fixed value."
    )


_TRAPS: Final[Sequence[Callable[[Subscription], str | None]]] = (
    _opts_back_in,
    _overwrites_language,
    _makes_throwaway_contacts,
    _reads_absent_traits,
    _lacks_what_is_required,
)


def _required(subscription: Subscription) -> Sequence[Json]:
    required = TRANSACTION.get("required")
    transacts = subscription.action == "upsertContactTransaction"
    return required if transacts and isinstance(required, list) else ()


def _without_traits(subscription: Subscription) -> list[str]:
    """Return the fields that look for a track event's traits in the wrong place."""
    if not _TRACK.search(subscription.trigger):
        return []
    return [name for name, value in subscription.mapping.items() if _only_root_traits(value)]


def _hopeless(subscription: Subscription) -> list[str]:
    """Return those of them that no event can fill: they read traits and nothing else."""
    return [
        name
        for name in _without_traits(subscription)
        if not any(True for _ in _constants(subscription, name))
        and all(path.split(".")[0] == "traits" for path in _paths(subscription.mapping[name]))
    ]


def _only_root_traits(value: Json) -> bool:
    roots = [path.split(".") for path in _paths(value)]
    return any(steps[0] == "traits" for steps in roots) and not any(
        steps[:2] == ["context", "traits"] for steps in roots
    )


def _constants(subscription: Subscription, field: str) -> Iterator[Json]:
    """Yield what a field can be whatever the event says."""
    if field in subscription.mapping:
        yield from _leaves(subscription.mapping[field])


def _leaves(value: Json) -> Iterator[Json]:
    if isinstance(value, str | bool):
        if not (isinstance(value, str) and "{{" in value):
            yield value
    elif isinstance(value, Mapping):
        if "@literal" in value:
            yield value["@literal"]
        branches = value.get("@if")
        if isinstance(branches, Mapping):
            for branch in ("then", "else"):
                yield from _leaves(branches.get(branch))


def _paths(value: Json) -> list[str]:
    """Return the places of the event that a mapping value reads, as `traits.email`."""
    return [
        _BRACKETS.sub(r".\1", path.strip()).removeprefix("$").lstrip(".") for path in _reads(value)
    ]


def _reads(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield from _TEMPLATE.findall(value)
    elif isinstance(value, Mapping):
        yield from _reads_of(value)
    elif isinstance(value, Sequence):
        for each in value:
            yield from _reads(each)


def _reads_of(directive: JsonObject) -> Iterator[str]:
    for name, argument in directive.items():
        if name == "@path" and isinstance(argument, str):
            yield argument
        elif name != "@literal":
            yield from _reads(argument)
