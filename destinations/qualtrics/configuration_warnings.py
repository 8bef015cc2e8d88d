"""Warnings about valid subscriptions whose effect surprises operators.

The product's default mappings bring most of them: they stay as they are, and `dkit check` warns.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from destination_kit import Json, JsonObject, Problem, Subscription
from destinations.qualtrics.languages import LANGUAGES
from destinations.qualtrics.transactions import FIELDS as TRANSACTION_FIELDS

# Identify events have `$.traits`, track events do not. A trigger without this condition may be
# meant for identify events, and then a warning would be false.
_TRACK_TRIGGER: Final = re.compile(r"""\btype\s*=\s*["']track["']""")
_TEMPLATE_TAG: Final = re.compile(r"\{\{([^{}]+)\}")
# No page of Qualtrics documents these prefixes, but every public id has them
# (https://github.com/QualtricsAPI/QualtricsAPI asserts `POOL_`, `CG_` and `CID_`). So an id without
# its prefix is a surprise, and no error.
_ID_PREFIXES: Final[Mapping[str, tuple[str, str]]] = {
    "directoryId": ("POOL_", "a directory"),
    "mailingListId": ("CG_", "a mailing list"),
    "contactId": ("CID_", "a contact"),
}
_BRACKETS: Final = re.compile(r"""\[["']?([^\[\]"']+)["']?\]""")


def subscription_warnings(subscription: Subscription) -> tuple[Problem, ...]:
    """Return the warnings about a subscription; each says what to map instead."""
    # The default `eventPayload` of triggerXflowWorkflow maps `$.traits` for events of all types.
    # With a track trigger, it would cause a false warning.
    if subscription.action not in {"addContactToXmd", "upsertContactTransaction"}:
        return ()
    return tuple(filter(None, (check(subscription) for check in _CHECKS)))


def _check_ids(subscription: Subscription) -> Problem | None:
    faults = [
        (field, f"{field} is {constant}, and the id of {owner} begins with {prefix}")
        for field, (prefix, owner) in _ID_PREFIXES.items()
        for constant in _constants(subscription, field)
        if isinstance(constant, str) and _is_foreign_id(constant, prefix)
    ]
    if not faults:
        return None
    sentences = "; ".join(sentence for _, sentence in faults)
    message = f"{sentences}: `dkit choices` lists the ids of directories and mailing lists."
    return _warning("FOREIGN_ID", [field for field, _ in faults], message)


def _warning(code: str, fields: Sequence[str], message: str) -> Problem:
    """Return a warning about one field, or about the mapping where there are several."""
    [place] = fields if len(fields) == 1 else [""]
    return Problem(f"/mapping/{place}".rstrip("/"), code, message, "warning")


def _is_foreign_id(text: str, prefix: str) -> bool:
    # `dkit init` writes placeholders such as `<fill in: Directory ID>`, which `dkit check` reports.
    return bool(text) and not text.startswith((prefix, "<"))


def _check_opt_in(subscription: Subscription) -> Problem | None:
    constants = _constants(subscription, "unsubscribed")
    if not any(constant is False or constant == "false" for constant in constants):
        return None
    message = (
        "unsubscribed is false regardless of the event, which may opt people back in who have"
        " opted out: map the field of your events that carries this choice, or leave it out (null)."
    )
    return _warning("OPT_IN", ["unsubscribed"], message)


def _check_language(subscription: Subscription) -> Problem | None:
    constant = next(_constants(subscription, "language"), None)
    if not isinstance(constant, str):
        return None
    message = (
        f"language is {constant} for every contact whose event does not name one, and overwrites"
        " what Qualtrics has stored: map the field of your events that carries a language, without"
        " a fallback, or leave it out (null)."
    )
    return _warning("LANGUAGE", ["language"], message)


def _check_language_code(subscription: Subscription) -> Problem | None:
    unknown = [
        constant
        for constant in _constants(subscription, "language")
        if isinstance(constant, str) and constant and not constant.startswith("<")
        if constant not in LANGUAGES
    ]
    if not unknown:
        return None
    known = unknown[0].upper() if unknown[0].upper() in LANGUAGES else "EN or PT-BR"
    message = (
        f"language is {unknown[0]}, which is no code of Qualtrics that we know; it has codes such as"
        f" {known}: `dkit choices` lists them."
    )
    return _warning("LANGUAGE_CODE", ["language"], message)


def _check_anonymous_contacts(subscription: Subscription) -> Problem | None:
    if "anonymousId" not in _paths(subscription.mapping.get("extRef")):
        return None
    message = (
        "extRef may be the anonymousId, so that every anonymous visitor becomes a throw-away"
        " contact: map it to $.userId alone, or let the trigger require a userId."
    )
    return _warning("ANONYMOUS_CONTACT", ["extRef"], message)


def _check_absent_traits(subscription: Subscription) -> Problem | None:
    names = [name for name in _absent_traits(subscription) if name not in _unfillable(subscription)]
    if not names:
        return None
    message = (
        f"{', '.join(names)}: track events have no traits of their own, so that $.traits is empty:"
        " map $.context.traits instead, or a fixed value."
    )
    return _warning("ABSENT_TRAITS", names, message)


def _check_unfillable(subscription: Subscription) -> Problem | None:
    names = _unfillable(subscription)
    if not names:
        return None
    are, them = ("is", "it") if len(names) == 1 else ("are", "them")
    message = (
        f"{', '.join(names)} {are} required, and track events have no traits of their own: every"
        f" event will fail; map {them} to $.context.traits or $.properties, or to a fixed value."
    )
    return _warning("UNFILLABLE", names, message)


_CHECKS: Final[Sequence[Callable[[Subscription], Problem | None]]] = (
    _check_ids,
    _check_opt_in,
    _check_language,
    _check_language_code,
    _check_anonymous_contacts,
    _check_absent_traits,
    _check_unfillable,
)


def _absent_traits(subscription: Subscription) -> list[str]:
    """Return the fields that read `$.traits`, which track events do not have.

    Segment's track call carries traits in `context.traits`.
    """
    if not _TRACK_TRIGGER.search(subscription.trigger):
        return []
    return [name for name, value in subscription.mapping.items() if _reads_root_traits(value)]


def _unfillable(subscription: Subscription) -> list[str]:
    """Return the required fields that read `$.traits` alone, so that no track event fills them."""
    return [
        name
        for name in _absent_traits(subscription)
        if name in _required(subscription)
        and not any(True for _ in _constants(subscription, name))
        and all(path.split(".")[0] == "traits" for path in _paths(subscription.mapping[name]))
    ]


def _required(subscription: Subscription) -> Sequence[Json]:
    required = TRANSACTION_FIELDS.get("required")
    is_transaction = subscription.action == "upsertContactTransaction"
    return required if is_transaction and isinstance(required, list) else ()


def _reads_root_traits(value: Json) -> bool:
    """Return whether a value reads `$.traits` and not `$.context.traits`."""
    paths = [path.split(".") for path in _paths(value)]
    return any(path[0] == "traits" for path in paths) and not any(
        path[:2] == ["context", "traits"] for path in paths
    )


def _constants(subscription: Subscription, field: str) -> Iterator[Json]:
    """Yield the constants that a field takes for some events or for all."""
    if field in subscription.mapping:
        yield from _constants_in(subscription.mapping[field])


def _constants_in(value: Json) -> Iterator[Json]:
    if isinstance(value, str | bool):
        if not (isinstance(value, str) and "{{" in value):
            yield value
    elif isinstance(value, Mapping):
        if "@literal" in value:
            yield value["@literal"]
        condition = value.get("@if")
        if isinstance(condition, Mapping):
            for branch in ("then", "else"):
                yield from _constants_in(condition.get(branch))


def _paths(value: Json) -> list[str]:
    """Return the event paths that a mapping value reads, such as `traits.email`."""
    return [
        _BRACKETS.sub(r".\1", path.strip()).removeprefix("$").lstrip(".")
        for path in _raw_paths(value)
    ]


def _raw_paths(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield from _TEMPLATE_TAG.findall(value)
    elif isinstance(value, Mapping):
        yield from _paths_of_directive(value)
    elif isinstance(value, Sequence):
        for part in value:
            yield from _raw_paths(part)


def _paths_of_directive(directive: JsonObject) -> Iterator[str]:
    for name, argument in directive.items():
        if name == "@path" and isinstance(argument, str):
            yield argument
        elif name != "@literal":
            yield from _raw_paths(argument)
