"""Configuration of an instance: a document becomes an `Instance`, or all its problems at once.

Settings, secrets and hosts are read here; `subscriptions.py` counts and compiles subscriptions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from destination_kit._budget import check_document_size
from destination_kit._json import Json, JsonObject, copy_json, pointer
from destination_kit._redact import Redact, create_redactor
from destination_kit._secret_places import mask_problems
from destination_kit._secrets import (
    SecretNames,
    find_secret_texts,
    find_secret_urls,
    mark_secrets,
)
from destination_kit.catalog.enabled_subscriptions import list_enabled
from destination_kit.catalog.instance_lists import read_allowed_hosts, read_consent
from destination_kit.catalog.shared_states import with_bound
from destination_kit.catalog.subscription_outcomes import SubscriptionOutcome
from destination_kit.catalog.subscriptions import (
    CompiledActions,
    InstanceScope,
    check_without_destination,
    compile_subscriptions,
)
from destination_kit.definition_checks import relocate_problems
from destination_kit.definitions import Destination
from destination_kit.directive_interface import Directive
from destination_kit.errors import (
    ConfigurationError,
    Problem,
    RequestOptionsError,
    describe_fault,
    did_you_mean,
)
from destination_kit.fields import collect_secret_fields, compile_validator
from destination_kit.http import Budgets
from destination_kit.mistakes import find_setting_mistakes
from destination_kit.request_extensions import Extend, Extension, compile_extension
from destination_kit.results import ResultRecord
from destination_kit.runtime import Instance, compile_dispatch
from destination_kit.stores import Store

_DOCUMENT_KEYS = (
    "$schema",
    "name",
    "destination",
    "settings",
    "subscriptions",
    "allowedHosts",
    "consent",
)
# Words in capitals, which no generated token consists of.
_VARIABLE_NAME = re.compile(r"[A-Z]{1,12}(_([A-Z]{1,16}|[0-9]{1,3}))*")


@dataclass(slots=True, kw_only=True)
class ConfigurationBuilder:
    """What a catalog offers to a document, and the problems and warnings found in it so far."""

    #: The installed destinations by slug.
    destinations: Mapping[str, Destination]
    #: The directives that mappings may use, by name.
    directives: Mapping[str, Directive]
    #: The plugins' `on_result` by plugin.
    observers: Mapping[str, Callable[[ResultRecord], None]]
    #: The name of a secret -> its value; None if the caller passed no such function.
    secrets: Callable[[str], str | None] | None
    #: What the instances of a destination share, by slug; the first instance adds it.
    shared_states: dict[str, Any]
    #: The rate limits that all instances of the catalog spend together.
    budgets: Budgets
    #: Refreshed tokens and caches of all instances of the catalog.
    store: Store
    #: A cache of compiled actions; the first subscription of an action adds it.
    compiled_actions: CompiledActions
    #: Slug -> the plugin that brings the destination; empty without plugins.
    plugin_names: Mapping[str, str] = field(default_factory=dict)
    #: Whether settings with `x-dynamic` may be missing, and subscriptions are left out.
    draft: bool = False
    #: What is wrong with the document.
    problems: list[Problem] = field(default_factory=list)
    #: Literals that fail every event; alone they refuse no document.
    literal_problems: list[Problem] = field(default_factory=list)
    #: What may surprise the operator.
    warnings: list[Problem] = field(default_factory=list)

    def describe(self, destination: Destination) -> str:
        """Return a destination with the plugin that brings it, for a fault of its code."""
        plugin = self.plugin_names.get(destination.slug)
        return f"{destination.slug} ({plugin})" if plugin else destination.slug

    def add_problem(self, code: str, message: str, *where: str | int) -> None:
        """Record a problem at a position of the document."""
        self.problems.append(Problem(pointer(*where), code, message))

    def add_problems(self, problems: Iterable[Problem], *where: str | int) -> None:
        """Record the problems of a part of the document."""
        self.problems.extend(relocate_problems(problems, *where))


def configure(builder: ConfigurationBuilder, document: Json, slug: str | None) -> Instance:
    """Return the instance that a document describes, else raise `ConfigurationError`.

    `slug` names the destination if the document does not.
    """
    document, destination = _read_document(builder, document, slug)
    read = _read_settings(builder, destination, document.get("settings", {}))
    extension, extend = _extend_request(builder, destination, read.values)
    allowed_hosts = read_allowed_hosts(builder.add_problem, document.get("allowedHosts", []))
    hosts = (*destination.hosts, *allowed_hosts)
    consent = read_consent(builder.add_problem, document.get("consent", []))
    documents = [] if builder.draft else document.get("subscriptions", [])
    outcomes = _compile_subscriptions(builder, destination, documents, hosts)
    shared_state = None if builder.problems else _get_shared_state(builder, destination)
    credentials = tuple(extension.list_credentials())
    grows = bool(destination.authentication.refresh)
    redact = create_redactor((*read.hidden, *credentials), grows=grows)
    _redact_findings(builder, redact)
    if builder.problems:
        raise ConfigurationError((*builder.problems, *builder.literal_problems), builder.warnings)
    compiled = [outcome.compiled for outcome in outcomes if outcome.compiled]
    enabled = list_enabled(compiled, destination)
    return Instance(
        name=str(document.get("name", destination.slug)),
        destination=destination,
        settings=read.values,
        subscriptions=tuple(item.subscription for item in compiled),
        warnings=tuple(builder.warnings),
        problems=tuple(builder.literal_problems),
        compiled_subscriptions=enabled,
        candidates=compile_dispatch(enabled),
        extension=extension,
        extend=extend,
        secrets=(*read.secrets, *credentials),
        redact=redact,
        hosts=hosts,
        consent=tuple(dict.fromkeys(consent)),
        observers=builder.observers,
        shared_state=shared_state,
        budgets=builder.budgets,
        store=builder.store,
    )


def _redact_findings(builder: ConfigurationBuilder, redact: Redact) -> None:
    """Mask the secrets of the settings that a person has put elsewhere in the document, too."""
    builder.problems = [*mask_problems(builder.problems, redact)]
    builder.literal_problems = [*mask_problems(builder.literal_problems, redact)]
    builder.warnings = [*mask_problems(builder.warnings, redact)]


def _read_document(
    builder: ConfigurationBuilder, document: Json, slug: str | None
) -> tuple[JsonObject, Destination]:
    """Return the document in our shape, and its destination; raise if it has none."""
    document = _copy_document(builder, document)
    if not isinstance(document, Mapping):
        builder.add_problem("DOCUMENT", "an instance must be a JSON object")
        raise ConfigurationError(builder.problems)
    document = _translate_document(builder, document, slug)
    _check_keys(builder, document)
    destination = _find_destination(builder, document.get("destination"))
    if destination is None:
        _check_without_destination(builder, document)
        raise ConfigurationError(builder.problems)
    return document, destination


def _copy_document(builder: ConfigurationBuilder, document: Json) -> Json:
    """Return a copy, which neither the caller nor a plugin's function can change later."""
    try:
        check_document_size(document)
        copied: Json = copy_json(document)
    except RecursionError:
        return document  # the check of each part names what is nested too deeply
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - a host's own Mapping may raise anything
        builder.add_problem("DOCUMENT", f"the document cannot be read: it {describe_fault(error)}")
        raise ConfigurationError(builder.problems) from None
    return copied


def _check_without_destination(builder: ConfigurationBuilder, document: JsonObject) -> None:
    """Record the faults of a document that no destination has to explain."""
    # A document in Segment's shape names no destination, and its keys are other ones than ours.
    # Their report would hide the one fault, which is the missing `--destination`.
    if "destination" in document:
        read_allowed_hosts(builder.add_problem, document.get("allowedHosts", []))
        found = check_without_destination(document.get("subscriptions"), builder.directives)
        builder.add_problems(found, "subscriptions")


def _translate_document(
    builder: ConfigurationBuilder, document: JsonObject, slug: str | None
) -> JsonObject:
    """Return the document in our shape; one in Segment's shape names no destination."""
    if "destination" in document:
        if slug is not None and slug != document["destination"]:
            message = f"the document is for {document['destination']!r}, not for {slug!r}"
            builder.add_problem("DESTINATION", message, "destination")
        return document
    if slug is None:
        return document
    from destination_kit import segment

    return segment.read_instance(document, slug)


def _check_keys(builder: ConfigurationBuilder, document: JsonObject) -> None:
    for key in document:
        if key not in _DOCUMENT_KEYS:
            message = f"there is no {key!r} in an instance{did_you_mean(key, _DOCUMENT_KEYS)}"
            builder.add_problem("UNKNOWN_KEY", message, key)


def _find_destination(builder: ConfigurationBuilder, slug: Json) -> Destination | None:
    if isinstance(slug, str) and slug in builder.destinations:
        return builder.destinations[slug]
    known = sorted(builder.destinations)
    if slug is None:
        message = f"is required, and must be one of {', '.join(known)}"
    else:
        message = f"there is no destination {slug!r}{did_you_mean(slug, known)}"
    builder.add_problem("DESTINATION", message, "destination")
    return None


def _read_settings(
    builder: ConfigurationBuilder, destination: Destination, document: Json
) -> _Settings:
    """Return the settings, with secrets that no repr shows, and the texts to redact."""
    if not isinstance(document, Mapping):
        builder.add_problem("SETTINGS", "settings must be a JSON object", "settings")
        return _Settings({})
    earlier_problems = len(builder.problems)
    resolved = {name: _resolve_secret(builder, value, name) for name, value in document.items()}
    unresolved = {problem.path for problem in builder.problems[earlier_problems:]}
    if builder.draft:
        unresolved |= {pointer("settings", name) for name in destination.choices}
    try:
        settings, problems = compile_validator(destination.settings, drop_empty=False)(resolved)
    except RecursionError:
        builder.add_problem("SETTINGS", "settings are nested too deeply", "settings")
        return _Settings({})
    found = relocate_problems(problems, "settings")
    # A secret without a value has its problem already; that it is required too would repeat it.
    builder.problems += (problem for problem in found if problem.path not in unresolved)
    surprises = find_setting_mistakes(
        destination, document, settings, has_store=builder.secrets is not None
    )
    builder.warnings += relocate_problems(surprises, "settings")
    references = {name for name, value in document.items() if _secret_name(value) is not None}
    fields = collect_secret_fields(destination.settings)
    names = SecretNames(secrets=fields.secrets | references, urls=fields.urls)
    # A setting that the schema refuses or changes is a secret as it stands in the document, too.
    both = [settings, resolved]
    secrets = find_secret_texts(both, replace(names, urls=frozenset()))
    return _Settings(
        MappingProxyType(mark_secrets(settings, names)),
        tuple(secrets),
        (*find_secret_texts(both, names), *find_secret_urls(both)),
    )


@dataclass(frozen=True, slots=True)
class _Settings:
    """Settings as a destination gets them, and the texts in them that no message may show."""

    #: The settings, with every secret as a `Secret`.
    values: Mapping[str, Json]
    #: The secrets, which may go to the hosts of the destination only.
    secrets: tuple[str, ...] = ()
    #: The secrets, the query and user of each URL, and each URL whose path may be a secret.
    hidden: tuple[str, ...] = ()


def _resolve_secret(builder: ConfigurationBuilder, value: Json, setting: str) -> Json:
    """Return the value of a setting, looked up if it is a `{"$secret": NAME}`."""
    name = _secret_name(value)
    if name is None:
        return value
    shown = describe_secret_name(name)
    if builder.secrets is None:
        message = f"{shown} cannot be resolved: `configure` was called without `secrets`"
        builder.add_problem("SECRET", message, "settings", setting)
        return None
    try:
        secret = builder.secrets(name)
    except (LookupError, ValueError):
        # `os.environ[name]` raises UnicodeEncodeError, a ValueError, for a lone surrogate.
        secret = None
    if secret is None:
        message = f"there is no {shown} (dkit looks secrets up in the environment)"
        builder.add_problem("SECRET", message, "settings", setting)
    return secret


def describe_secret_name(name: str) -> str:
    """Return the name of a secret in a sentence; a text that may be the secret itself stays out."""
    if _VARIABLE_NAME.fullmatch(name):
        return f"secret {name!r}"
    return "secret of the name that stands here (a name such as API_TOKEN, not the secret itself)"


def _secret_name(value: Json) -> str | None:
    name = value.get("$secret") if isinstance(value, Mapping) and len(value) == 1 else None
    return name if isinstance(name, str) else None


def _extend_request(
    builder: ConfigurationBuilder, destination: Destination, settings: Mapping[str, Json]
) -> tuple[Extension, Extend | None]:
    """Return what each request gets, and the function of the payload where that differs by it."""
    # It trusts its settings. Faulty ones would make it raise, and the operator would see the same
    # fault twice.
    if destination.extend_request is None or builder.problems:
        return Extension(), None
    extend, takes_payload = compile_extension(destination.extend_request, settings)
    try:
        return extend(None), extend if takes_payload else None
    except Exception as error:  # noqa: BLE001 - an author's function may raise anything, and an operator needs all problems
        is_ours = isinstance(error, RequestOptionsError)
        own = f": {str(error).removeprefix('extend_request ')}"
        fault = own if is_ours else f" {describe_fault(error)}"
        message = f"extend_request of {builder.describe(destination)}{fault}"
        builder.add_problem("SETTINGS", message, "settings")
        return Extension(), None


def _compile_subscriptions(
    builder: ConfigurationBuilder,
    destination: Destination,
    documents: Json,
    hosts: Sequence[str],
) -> list[SubscriptionOutcome]:
    scope = InstanceScope(
        destination=destination,
        author=builder.describe(destination),
        directives=builder.directives,
        compiled_actions=builder.compiled_actions,
        hosts=hosts,
    )
    outcomes = list(compile_subscriptions(scope, documents))
    for outcome in outcomes:
        builder.add_problems(outcome.problems, "subscriptions")
        builder.literal_problems += relocate_problems(outcome.literal_problems, "subscriptions")
        builder.warnings += relocate_problems(outcome.warnings, "subscriptions")
    return outcomes


def _get_shared_state(builder: ConfigurationBuilder, destination: Destination) -> Any:
    if destination.create_shared_state is None:
        return None
    if destination.slug not in builder.shared_states:
        create = with_bound(destination.create_shared_state)
        try:
            created = create()
        except Exception as error:  # noqa: BLE001 - an author's function may raise anything, and an operator needs all problems
            author = builder.describe(destination)
            message = f"create_shared_state of {author} {describe_fault(error)}"
            builder.add_problem("SHARE", message)
            return None
        # Two threads may configure at once. A plain assignment would replace the first thread's
        # state, and their instances would share none.
        builder.shared_states.setdefault(destination.slug, created)
    return builder.shared_states[destination.slug]
