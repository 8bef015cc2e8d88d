"""Loading of the configuration: a file becomes a `HostConfig`, or all its problems at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any

from destination_host.config.files import ConfigFileError, read_document
from destination_host.config.options import LISTEN, SECTIONS, SENDERS
from destination_host.config.records import (
    AdministrationListener,
    HostConfig,
    IngressListener,
    Limits,
    Source,
    Webhook,
)
from destination_host.config.structure import check_structure, find_similar, pointer, read_options
from destination_host.config.variables import describe_secret, find_variables
from destination_host.queue import Retention
from destination_kit import ConfigurationError, Problem, find_placeholders
from destination_kit.delivery import RetryPolicy

if TYPE_CHECKING:
    from destination_kit import Catalog, Instance, Json, JsonObject, Secrets


def load_config(path: Path, catalog: Catalog, secrets: Secrets) -> HostConfig:
    """Return the configuration of a file.

    Raises `ConfigFileError` where the file is no document, and `ConfigurationError` with every
    problem of the document, of its secrets and of its instances.
    """
    document = read_document(path)
    problems = check_structure(document)
    loader = _Loader(document if isinstance(document, Mapping) else {}, path.parent, secrets)
    instances = loader.load_instances(catalog)
    sources = loader.load_sources()
    token = loader.load_token()
    problems += loader.problems
    known = {problem.path for problem in problems}
    problems += (found for found in find_variables(loader.document) if found.path not in known)
    if problems:
        raise ConfigurationError(problems)
    configure = partial(loader.configure_with, catalog)
    return _build(loader, sources, instances, token, configure)


class _Loader:
    """Reads what needs secrets, files and plugins; what has a wrong structure is left out."""

    def __init__(self, document: JsonObject, folder: Path, secrets: Secrets) -> None:
        self.document = document
        self.folder = folder
        self._secrets = secrets
        #: Name -> the document of an instance that was configured, and its destination.
        self._documents: dict[str, tuple[JsonObject, str | None]] = {}
        self.problems: list[Problem] = []
        self.warnings: list[str] = []

    def load_instances(self, catalog: Catalog) -> dict[str, Instance]:
        entries = _object(self.document.get("destinations"))
        loaded = {
            name: self._load_instance(catalog, name, entry) for name, entry in entries.items()
        }
        return {name: instance for name, instance in loaded.items() if instance}

    def _load_instance(self, catalog: Catalog, name: str, entry: Any) -> Instance | None:
        if not isinstance(entry, dict):
            return None
        place, file, slug = pointer("destinations", name), entry.get("file"), None
        document: Json = {**entry, "name": name}
        relocate = _relocate_inline(place)
        if "file" in entry:
            if not isinstance(file, str) or not isinstance(entry.get("destination", ""), str):
                return None
            slug, relocate = entry.get("destination"), _relocate_file(f"{place}/file", file)
            try:
                document = _with_name(read_document(self.folder / file), name)
            except ConfigFileError as error:
                self.problems.append(Problem(f"{place}/file", "FILE", str(error)))
                return None
        try:
            instance = catalog.configure(document, secrets=self._secrets, destination=slug)
        except ConfigurationError as error:
            self.problems += map(relocate, find_placeholders(document, error.problems))
            return None
        self.problems += map(relocate, find_placeholders(document, instance.problems))
        self.warnings += (f"{relocate(warning)}" for warning in instance.warnings)
        self._documents[name] = _object(document), slug
        return instance

    @property
    def subscriptions(self) -> dict[str, Json]:
        """Name -> the subscriptions of an instance that was configured."""
        documents = self._documents.items()
        return {name: document.get("subscriptions", []) for name, (document, _) in documents}

    def configure_with(self, catalog: Catalog, name: str, subscriptions: Json) -> Instance:
        """Return an instance with other subscriptions; raise `ConfigurationError`."""
        document, slug = self._documents[name]
        changed = {**document, "subscriptions": subscriptions}
        return catalog.configure(changed, secrets=self._secrets, destination=slug)

    def load_sources(self) -> list[Source]:
        known = [*_object(self.document.get("destinations"))]
        sources, owners = [], dict[str, str]()
        for name, source in _object(self.document.get("sources")).items():
            if not isinstance(source, dict):
                continue
            keys = [*self._load_write_keys(name, source, owners)]
            wanted = source.get("destinations", [])
            wanted = [*dict.fromkeys(wanted)] if isinstance(wanted, list) else []
            self._check_destinations(name, wanted, known)
            sources.append(
                Source(
                    name=name,
                    write_keys=tuple(keys),
                    webhook=self._load_webhook(name, _object(source.get("webhook"))),
                    destinations=tuple(wanted),
                )
            )
        used = {name for source in sources for name in source.destinations}
        self.warnings += (f"{name}: no source sends to it" for name in known if name not in used)
        return sources

    def _load_webhook(self, source: str, webhook: JsonObject) -> Webhook | None:
        secret = self._resolve(
            webhook.get("secret"), pointer("sources", source, "webhook", "secret")
        )
        sender = str(webhook.get("sender"))
        if secret is None:
            return None
        return Webhook(sender=sender, secret=secret, is_signed=SENDERS.get(sender, True))

    def _load_write_keys(
        self, name: str, source: JsonObject, owners: dict[str, str]
    ) -> Iterator[str]:
        keys = source.get("writeKeys")
        for index, reference in enumerate(keys if isinstance(keys, list) else ()):
            place = pointer("sources", name, "writeKeys", index)
            key = self._resolve(reference, place)
            if key is None:
                continue
            if key in owners:
                message = f"it has the same value as a write key of {owners[key]}"
                self.problems.append(Problem(place, "WRITE_KEY", message))
            owners.setdefault(key, name)
            yield key

    def _check_destinations(self, source: str, wanted: list[Any], known: list[str]) -> None:
        if not wanted:
            self.warnings.append(f"{source}: its events go nowhere, since it has no destinations")
        for index, name in enumerate(wanted):
            if isinstance(name, str) and name not in known:
                place = pointer("sources", source, "destinations", index)
                message = f"there is no destination {name!r:.100}{find_similar(name, known)}"
                self.problems.append(Problem(place, "DESTINATION", message))

    def load_token(self) -> str | None:
        listener = _object(_object(self.document.get("listen")).get("administration"))
        host, reference = listener.get("host", "127.0.0.1"), listener.get("token")
        if reference is None and isinstance(host, str) and not is_loopback(host):
            message = f'other machines can reach {host!r:.100}: add "token": {{"$secret": NAME}}, or leave the host out'
            self.problems.append(Problem("/listen/administration/token", "TOKEN", message))
        return self._resolve(reference, "/listen/administration/token")

    def _resolve(self, reference: Any, place: str) -> str | None:
        """Return the value of a secret; a reference of a wrong structure is reported elsewhere."""
        name = reference.get("$secret") if isinstance(reference, dict) else None
        if not isinstance(name, str) or not name:
            return None
        try:
            value = self._secrets(name)
        except (LookupError, ValueError):
            value = None
        if not value:
            variable = describe_secret(name)
            message = f"the secret is empty or missing: set the environment variable {variable}"
            self.problems.append(Problem(place, "SECRET", message))
        return value or None


def is_loopback(host: str) -> bool:
    """Return whether only this machine can reach a listener at this host."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _build(
    loader: _Loader,
    sources: list[Source],
    instances: Mapping[str, Instance],
    token: str | None,
    configure: Callable[[str, Json], Instance],
) -> HostConfig:
    document = loader.document
    section = {
        name: read_options(_object(document.get(name)), options)
        for name, options in SECTIONS.items()
    }
    listen = {
        name: read_options(_object(_object(document.get("listen")).get(name)), options)
        for name, options in LISTEN.items()
    }
    queue, ingress = section["queue"], listen["ingress"]
    return HostConfig(
        sources=tuple(sources),
        instances=instances,
        subscriptions=loader.subscriptions,
        with_subscriptions=configure,
        queue_file=loader.folder / queue["file"],
        retention=Retention(
            delivered=queue["keepDelivered"],
            dead=queue["keepDead"],
            rejected_bytes=queue["keepRejectedBytes"],
        ),
        ingress=IngressListener(**_snake_case(ingress)),
        administration=AdministrationListener(
            **{**_snake_case(listen["administration"]), "token": token}
        ),
        limits=Limits(**_snake_case(section["limits"])),
        retry=RetryPolicy(**_snake_case(section["retry"])),
        warnings=tuple(loader.warnings),
    )


def _snake_case(options: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name): value
        for name, value in options.items()
    }


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _with_name(document: Json, name: str) -> Json:
    # A document in Segment's shape has no key for a name.
    has_name = isinstance(document, dict) and "destination" in document
    return {**_object(document), "name": name} if has_name else document


def _relocate_inline(place: str) -> Callable[[Problem], Problem]:
    return lambda problem: Problem(f"{place}{problem.path}", problem.code, problem.message)


def _relocate_file(place: str, file: str) -> Callable[[Problem], Problem]:
    return lambda problem: Problem(place, problem.code, f"{file}: {problem}")
