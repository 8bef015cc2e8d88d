"""From an instance document to an `Instance`, or to every problem of it at once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from destination_kit._json import Json, JsonObject, pointer
from destination_kit._redact import hide, redactor
from destination_kit.catalog.definition_checks import check_host_pattern
from destination_kit.catalog.subscriptions import Checks, Compiled, compile_subscription
from destination_kit.definitions import Destination, Directive
from destination_kit.errors import ConfigurationError, Problem, did_you_mean
from destination_kit.fields import collect_secret_names, compile_validator, iter_fields
from destination_kit.http import Budgets
from destination_kit.results import ResultRecord
from destination_kit.runtime import Instance, compile_dispatch

MAX_SUBSCRIPTIONS = 50  # per instance; the product page counts them as mappings
_KEYS = ("$schema", "name", "destination", "settings", "subscriptions", "allowedHosts")


@dataclass(slots=True)
class ConfigurationBuilder:
    """What a document may refer to, and what was found in it so far.

    A warning names the subscription that it is about, None where it is the instance itself.
    `shared_states` holds by slug what instances have in common; the first one adds it.
    """

    destinations: Mapping[str, Destination]
    directives: Mapping[str, Directive]
    observers: Mapping[str, Callable[[ResultRecord], None]]
    secrets: Callable[[str], str | None] | None
    shared_states: dict[str, Any] = field(default_factory=dict)
    budgets: Budgets = field(default_factory=Budgets)
    checks: Checks = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    warnings: list[tuple[str | None, str]] = field(default_factory=list)

    def problem(self, code: str, message: str, *where: str | int) -> None:
        """Note what is wrong at a place of the document."""
        self.problems.append(Problem(pointer(*where), code, message))


def configure(place: ConfigurationBuilder, document: Json, slug: str | None) -> Instance:
    """Return the instance that a document describes; raise `ConfigurationError` otherwise."""
    if not isinstance(document, Mapping):
        place.problem("DOCUMENT", "an instance is a JSON object")
        raise ConfigurationError(place.problems)
    document = _in_our_shape(place, document, slug)
    for key in unknown_keys(document, _KEYS):
        place.problem(
            "UNKNOWN_KEY", f"there is no {key!r} in an instance{did_you_mean(key, _KEYS)}", key
        )
    destination = _destination(place, document.get("destination"))
    if destination is None:
        raise ConfigurationError(place.problems)
    settings, secret_values = _settings(place, destination, document.get("settings", {}))
    headers = {} if place.problems else _headers(place, destination, settings)
    hosts = _allowed_hosts(place, document.get("allowedHosts", []))
    compiled = _subscriptions(place, destination, document.get("subscriptions", []))
    shared_state = None if place.problems else _shared_state(place, destination)
    if place.problems:
        raise ConfigurationError(place.problems)
    secret_values = (*secret_values, *_credentials(headers))
    routes = tuple(each.route for each in compiled if each.subscription.enabled)
    return Instance(
        name=str(document.get("name", destination.slug)),
        destination=destination,
        settings=settings,
        subscriptions=tuple(each.subscription for each in compiled),
        warnings=(
            *place.warnings,
            *((each.subscription.name, told) for each in compiled for told in each.warnings),
        ),
        routes=routes,
        candidates=compile_dispatch(routes),
        headers=headers,
        secrets=secret_values,
        redact=redactor(secret_values),
        hosts=(*destination.hosts, *hosts),
        observers=place.observers,
        shared_state=shared_state,
        budgets=place.budgets,
    )


def _in_our_shape(
    place: ConfigurationBuilder, document: JsonObject, slug: str | None
) -> JsonObject:
    if "destination" in document:
        if slug is not None and slug != document["destination"]:
            message = f"the document is for {document['destination']!r}, not for {slug!r}"
            place.problem("DESTINATION", message, "destination")
        return document
    if slug is not None:
        from destination_kit import segment

        return segment.read_instance(document, slug)
    return document


def _destination(place: ConfigurationBuilder, slug: Json) -> Destination | None:
    if isinstance(slug, str) and slug in place.destinations:
        return place.destinations[slug]
    known = sorted(place.destinations)
    if slug is None:
        message = f"names no destination; one of {', '.join(known)}"
    else:
        message = f"there is no destination {slug!r}{did_you_mean(slug, known)}"
    place.problem("DESTINATION", message, "destination")
    return None


def _settings(
    place: ConfigurationBuilder, destination: Destination, given: Json
) -> tuple[Mapping[str, Json], tuple[str, ...]]:
    if not isinstance(given, Mapping):
        place.problem("SETTINGS", "settings are a JSON object", "settings")
        return {}, ()
    before = len(place.problems)
    resolved = {name: _revealed(place, value, name) for name, value in given.items()}
    if len(place.problems) > before:
        return {}, ()
    try:
        settings, problems = compile_validator(destination.settings, cleaned=False)(resolved)
    except RecursionError:
        place.problem("SETTINGS", "settings are nested too deeply", "settings")
        return {}, ()
    place.problems += (
        Problem(f"/settings{each.path}", each.code, each.message) for each in problems
    )
    place.warnings += ((None, each) for each in _surprises(destination, resolved, settings))
    referred = {name for name, value in given.items() if _secret_name(value) is not None}
    names = {*referred, *collect_secret_names(destination.settings)}
    shown, hidden = hide(settings, names)
    return MappingProxyType(shown), tuple(hidden)


def _surprises(destination: Destination, given: JsonObject, settings: JsonObject) -> Iterator[str]:
    """Say which settings do not reach the destination as they are (the reference's rules)."""
    known = [name for name, _ in iter_fields(destination.settings)]
    for name, value in given.items():
        if name not in settings:
            hint = did_you_mean(name, known)
            yield f"{destination.name} has no setting {name!r}: it is left out{hint}"
        elif value is None and settings[name] is not None:
            yield f"the setting {name!r} is null, which counts as {json.dumps(settings[name])}"


def _headers(
    place: ConfigurationBuilder, destination: Destination, settings: Mapping[str, Json]
) -> Mapping[str, str]:
    if destination.extend_request is None:
        return {}
    try:
        headers = dict(destination.extend_request(settings))
    except Exception as error:  # noqa: BLE001 - an author's code
        message = f"extend_request of {destination.slug} raised {type(error).__name__}"
        place.problem("SETTINGS", message, "settings")
        return {}
    if not all(isinstance(text, str) for pair in headers.items() for text in pair):
        message = f"extend_request of {destination.slug} must return texts by header name"
        place.problem("SETTINGS", message, "settings")
    return headers


def _shared_state(place: ConfigurationBuilder, destination: Destination) -> Any:
    if destination.create_shared_state is None:
        return None
    if destination.slug not in place.shared_states:
        try:
            made = destination.create_shared_state()
        except Exception as error:  # noqa: BLE001 - an author's code
            message = f"create_shared_state of {destination.slug} raised {type(error).__name__}"
            place.problem("SHARED_STATE", message)
            return None
        place.shared_states.setdefault(
            destination.slug, made
        )  # another thread may have been faster
    return place.shared_states[destination.slug]


def _credentials(headers: Mapping[str, str]) -> Iterator[str]:
    """Yield what makes a header a credential: its value, and what follows `Basic` or `Bearer`."""
    for name, value in headers.items():
        if name.lower() not in _PLAIN_HEADERS:
            yield value
            yield value.partition(" ")[2]


def _secret_name(value: Json) -> str | None:
    name = value.get("$secret") if isinstance(value, Mapping) and len(value) == 1 else None
    return name if isinstance(name, str) else None


_PLAIN_HEADERS = frozenset({"accept", "accept-language", "content-type", "user-agent"})


def _revealed(place: ConfigurationBuilder, value: Json, setting: str) -> Json:
    name = _secret_name(value)
    if name is None:
        return value
    if place.secrets is None:
        message = f"nobody said where to look up the secret {name!r}"
        place.problem("SECRET", message, "settings", setting)
        return None
    try:
        secret = place.secrets(name)
    except (LookupError, ValueError):  # of os.environ[name], and of a name that no system has
        secret = None
    if secret is None:
        message = f"there is no secret {name!r} (dkit looks them up in the environment)"
        place.problem("SECRET", message, "settings", setting)
    return secret


def _allowed_hosts(place: ConfigurationBuilder, given: Json) -> list[str]:
    if not isinstance(given, Sequence) or isinstance(given, str):
        place.problem("HOSTS", "allowedHosts is a list of host names", "allowedHosts")
        return []
    for index, host in enumerate(given):
        if message := check_host_pattern(host):
            place.problem("HOSTS", message, "allowedHosts", index)
    return [str(host) for host in given]


def _subscriptions(
    place: ConfigurationBuilder, destination: Destination, given: Json
) -> list[Compiled]:
    if not isinstance(given, Sequence) or isinstance(given, str):
        place.problem("SUBSCRIPTIONS", "subscriptions are a list", "subscriptions")
        return []
    if len(given) > MAX_SUBSCRIPTIONS:
        message = f"an instance has at most {MAX_SUBSCRIPTIONS} subscriptions, not {len(given)}"
        place.problem("TOO_MANY_SUBSCRIPTIONS", message, "subscriptions", MAX_SUBSCRIPTIONS)
        return []
    names, compiled = set[str](), list[Compiled]()
    for index, each in enumerate(given):
        outcome = compile_subscription(destination, each, place.directives, names, place.checks)
        if isinstance(outcome, Compiled):
            compiled.append(outcome)
            continue
        below = pointer("subscriptions", index)
        place.problems += (Problem(below + each.path, each.code, each.message) for each in outcome)
    return compiled


def unknown_keys(document: JsonObject, known: Sequence[str]) -> Iterator[str]:
    """Yield the keys of a document that are not known."""
    return (key for key in document if key not in known)
