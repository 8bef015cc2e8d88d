"""Console: one call for each thing that a mapping editor or another page asks of the kit.

Every answer is plain JSON, in which secrets are masked. What has no answer is a `ConsoleError`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from destination_kit._json import Json, JsonObject, as_array, as_object, copy_json
from destination_kit._redact import mask_json
from destination_kit.auth_results import auth_record
from destination_kit.errors import (
    ConfigurationError,
    DefinitionError,
    DeliveryError,
    Problem,
    TriggerError,
    did_you_mean,
    warning,
)
from destination_kit.placeholders import find_placeholders
from destination_kit.publish.choice_requests import check_choice_request, list_page
from destination_kit.publish.console_records import (
    ConsoleError,
    choices_record,
    delivery_record,
    preview_record,
    problem_record,
)
from destination_kit.publish.document_set import documents

if TYPE_CHECKING:
    from destination_kit.catalog import Catalog, Secrets
    from destination_kit.definitions import Destination
    from destination_kit.runtime import Instance, Live
    from destination_kit.runtime.instance import OpenOptions


@dataclass(frozen=True, slots=True)
class Console:
    """What a console asks of the kit.

    An instance document is that of `Catalog.configure`, in the kit's own shape; a call that asks
    the partner opens it for that call alone.
    """

    #: The installed destinations.
    catalog: Catalog
    #: Looks up the secrets of a document. Without it, `check` and `preview` make them up, and what
    #: asks the partner is refused for a document that refers to one.
    secrets: Secrets | None = None
    #: How instances are opened, such as `{"connect_to": …}`.
    options: OpenOptions | None = None
    _published: dict[str, dict[str, JsonObject]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def list_destinations(self) -> dict[str, Json]:
        """Return the destinations with what is wrong with each, and the plugins left out."""
        return {
            "destinations": [
                self._describe(destination) for destination in self.catalog.destinations.values()
            ],
            "leftOut": [
                {"plugin": failure.plugin, "message": failure.message}
                for failure in self.catalog.failures
            ],
        }

    def get_manifest(self, destination: str) -> dict[str, Json]:
        """Return the manifest, which lists the published documents of a destination."""
        return self.get_document(destination, "manifest.json")

    def get_document(self, destination: str, name: str) -> dict[str, Json]:
        """Return a published document by its file name, such as `settings.schema.json`."""
        found = self._find_destination(destination)
        if destination not in self._published:
            self._published[destination] = documents(found, directives=[*self.catalog.directives])
        published = self._published[destination]
        if name not in published:
            raise _unknown(f"{destination} has no document", name, published)
        document: dict[str, Json] = copy_json(published[name])
        return document

    def list_presets(self, destination: str) -> list[Json]:
        """Return the presets, each with the subscription that it starts."""
        return [
            {**as_object(preset), "subscription": _start_subscription(as_object(preset))}
            for preset in as_array(self.get_manifest(destination)["presets"])
        ]

    def check(self, document: Json) -> dict[str, Json]:
        """Return every problem and warning of an instance document, each with a JSON Pointer."""
        problems: list[Problem] = []
        warnings: list[Problem] = []
        try:
            instance = self._configure(document, made_up=self.secrets is None)
            problems += instance.problems
            warnings += [*_warn_of_silence(instance), *instance.warnings]
        except ConfigurationError as error:
            problems += error.problems
            warnings += error.warnings
        problems = find_placeholders(document, problems)
        return {
            "ok": not problems,
            "problems": [problem_record(problem) for problem in problems],
            "warnings": [problem_record(problem) for problem in warnings],
        }

    async def preview(self, document: Json, event: Json) -> dict[str, Json]:
        """Return what each subscription makes of an event, field by field; nothing is sent.

        A subscription with problems is left out, and a disabled one is previewed as if it were
        enabled. Raises `ConsoleError` where something else of the document is wrong.
        """
        from destination_kit.publish.field_previews import preview_fields

        event = _require_event(event)
        instance, indices, problems = self._configure_sound(document)
        previews = {shown.subscription: shown for shown in await instance.preview(event)}
        given = as_array(as_object(document).get("subscriptions"))
        subscriptions: list[Json] = [
            {
                "index": index,
                "subscription": subscription.name,
                "action": subscription.action,
                "enabled": as_object(given[index]).get("enabled", True),
                "fields": preview_fields(
                    subscription.mapping,
                    instance.destination.actions[subscription.action],
                    self.catalog.directives,
                    event,
                    redact=instance.redact,
                ),
                **preview_record(previews.get(subscription.name)),
            }
            for index, subscription in zip(indices, instance.subscriptions, strict=True)
        ]
        return {
            "subscriptions": subscriptions,
            "problems": [problem_record(problem) for problem in problems],
        }

    async def list_choices(self, destination: str, request: Json) -> dict[str, Json]:
        """Return the response to a request of `choices.schema.json`: one page of choices."""
        request = check_choice_request(request)
        action, audience = request.get("action"), request.get("audience", False)
        document = {"destination": destination, "settings": request["settings"]}
        instance = self._configure_or_explain(document, draft=action is None and not audience)
        async with self._open(instance) as live:
            with _explained(instance):
                return choices_record(await list_page(live, request))

    async def test_credentials(self, document: Json) -> dict[str, Json]:
        """Return whether the partner accepts the credentials, and its warnings.

        `ok` is null for a destination without a test.
        """
        instance = self._configure_or_explain({**as_object(document), "subscriptions": []})
        is_tested = instance.destination.authentication.test is not None
        async with self._open(instance) as live:
            record = auth_record(await live.authenticate())
        return {**record, "ok": record["ok"] if is_tested else None, "tested": is_tested}

    def read_trigger(self, text: str, event: Json = None) -> dict[str, Json]:
        """Return the tree of a trigger and how Segment reads it, or what is wrong with its text.

        With an event, `matches` says whether it matches, and `unmet` which clause does not.
        """
        from destination_kit.fql import (
            explain_mismatch,
            node_to_json,
            parse_trigger,
            reading_warnings,
        )

        record: dict[str, Json] = {"text": text, "tree": None, "problems": []}
        record["warnings"] = list(reading_warnings(text))
        try:
            node = parse_trigger(text)
        except TriggerError as error:
            return record | {"problems": [problem_record(problem) for problem in error.problems]}
        record["tree"] = node_to_json(node)
        if event is not None:
            unmet = explain_mismatch(node, _require_event(event))
            record |= {"matches": unmet is None, "unmet": unmet}
        return record

    def write_trigger(self, tree: Json) -> dict[str, Json]:
        """Return the text of a trigger's tree, or what is wrong with the tree."""
        from destination_kit.fql import node_from_json, render_trigger

        try:
            return {"text": render_trigger(node_from_json(tree)), "problems": []}
        except TriggerError as error:
            problems = [problem_record(problem) for problem in error.problems]
            return {"text": None, "problems": problems}

    async def run_hook(
        self, document: Json, subscription: str, hook: str, inputs: JsonObject
    ) -> dict[str, Json]:
        """Run a mapping hook of a subscription; return its outputs, which the document keeps."""
        instance = self._configure_or_explain(_reduce(document, subscription))
        async with self._open(instance) as live:
            with _explained(instance):
                outputs = await live.run_hook(subscription, hook, inputs)
        return {"hook": hook, "outputs": mask_json(outputs, instance.redact)}

    async def send_test(
        self, document: Json, subscription: str, event: Json, *, deadline: float = 30.0
    ) -> dict[str, Json]:
        """Send an event to one subscription; return its result and every request of it.

        A disabled subscription sends, too. `unmet` is the clause of the trigger that the event does
        not match: then nothing is sent, and `status` is `skipped`.
        """
        event = _require_event(event)
        instance = self._configure_or_explain(_reduce(document, subscription))
        async with self._open(instance) as live:
            [result] = await live.send(
                [event], deadline=deadline, only=[subscription], exchanges=True
            )
        for delivered in result.results:
            return delivery_record(delivered) | {"unmet": None}
        [preview] = [
            shown for shown in await instance.preview(event) if shown.subscription == subscription
        ]
        return {
            "subscription": subscription,
            "action": preview.action,
            "status": "skipped",
            "reason": result.skipped.reason if result.skipped else "",
            "exchanges": [],
            "unmet": preview.unmet,
        }

    def _describe(self, destination: Destination) -> JsonObject:
        from destination_kit.definition_checks import (
            check_default_triggers,
            check_destination_schemas,
        )

        problems = check_destination_schemas(destination)
        triggers = check_default_triggers(destination)
        brought = (
            plugin.plugin
            for plugin in self.catalog.plugins
            if destination.slug in plugin.brings.get("destinations", ())
        )
        return {
            "slug": destination.slug,
            "name": destination.name,
            "description": destination.description,
            "plugin": next(brought, None),
            "actions": [
                {"slug": slug, "title": action.title, "hidden": action.hidden}
                for slug, action in destination.actions.items()
            ],
            "problems": [problem_record(problem) for problem in (*problems, *triggers)],
        }

    def _find_destination(self, slug: str) -> Destination:
        if slug not in self.catalog.destinations:
            raise _unknown("there is no destination", slug, self.catalog.destinations)
        return self.catalog.destinations[slug]

    def _open(self, instance: Instance) -> Live:
        return instance.open(**(self.options or {}))

    def _configure(self, document: Json, *, made_up: bool = False, draft: bool = False) -> Instance:
        found = self.catalog.destinations.get(str(as_object(document).get("destination")))
        secrets = self._or_made_up(document, found) if made_up and found else self.secrets
        return self.catalog.configure(document, secrets=secrets, draft=draft)

    def _or_made_up(self, document: Json, destination: Destination) -> Secrets:
        """Return the look-up of secrets, with a made-up value for each that it does not find."""
        from destination_kit.made_up_secrets import make_up_secrets

        make_up = make_up_secrets(document, destination)

        def look_up(name: str) -> str | None:
            try:
                found = self.secrets(name) if self.secrets else None
            except (LookupError, ValueError):
                found = None
            return found or make_up(name)

        return look_up

    def _configure_or_explain(self, document: Json, *, draft: bool = False) -> Instance:
        try:
            return self._configure(document, draft=draft)
        except ConfigurationError as error:
            raise _refuse(error.problems) from None

    def _configure_sound(self, document: Json) -> tuple[Instance, list[int], tuple[Problem, ...]]:
        """Return the instance of the subscriptions without problems, enabled, and their indices."""
        whole = _enable_all(document)
        try:
            instance = self._configure(whole, made_up=True)
            return instance, [*range(len(instance.subscriptions))], instance.problems
        except ConfigurationError as error:
            problems = error.problems
        broken = {_find_subscription(problem) for problem in problems}
        subscriptions = as_array(whole["subscriptions"])
        indices = [index for index in range(len(subscriptions)) if index not in broken]
        sound = {**whole, "subscriptions": [subscriptions[index] for index in indices]}
        try:
            return self._configure(sound, made_up=True), indices, problems
        except ConfigurationError:
            raise _refuse(problems) from None


def _start_subscription(preset: JsonObject) -> JsonObject:
    return {key: preset[key] for key in ("name", "action", "trigger", "mapping") if preset.get(key)}


def _warn_of_silence(instance: Instance) -> Iterator[Problem]:
    if not any(subscription.enabled for subscription in instance.subscriptions):
        message = "no subscription is enabled: every event will be skipped"
        yield warning("/subscriptions", "NOTHING_ENABLED", message)


def _enable_all(document: Json) -> dict[str, Json]:
    subscriptions = [
        {**subscription, "enabled": True} if isinstance(subscription, Mapping) else subscription
        for subscription in as_array(as_object(document).get("subscriptions"))
    ]
    return {**as_object(document), "subscriptions": subscriptions}


def _find_subscription(problem: Problem) -> int | None:
    """Return the index of the subscription that a problem is in."""
    steps = problem.path.split("/")
    is_inside = steps[1:2] == ["subscriptions"] and steps[2:3] and steps[2].isdecimal()
    return int(steps[2]) if is_inside else None


def _reduce(document: Json, name: str) -> JsonObject:
    """Return the document with one subscription, enabled."""
    whole = _enable_all(document)
    found = {
        str(
            as_object(subscription).get("name", as_object(subscription).get("action"))
        ): subscription
        for subscription in as_array(whole["subscriptions"])
    }
    if name not in found:
        raise _unknown("there is no subscription", name, found)
    return {**whole, "subscriptions": [found[name]]}


def _unknown(what: str, name: str, known: Iterable[str]) -> ConsoleError:
    return ConsoleError("UNKNOWN", f"{what} {name!r}{did_you_mean(name, known)}")


def _refuse(problems: Iterable[Problem]) -> ConsoleError:
    return ConsoleError("CONFIGURATION", "the instance document has problems", problems)


@contextmanager
def _explained(instance: Instance) -> Iterator[None]:
    """Turn what the partner or the destination's author refuses into a `ConsoleError`."""
    try:
        yield
    except DefinitionError as error:
        raise ConsoleError("UNKNOWN", instance.redact(str(error))) from None
    except DeliveryError as error:
        # The message may quote the partner's response, and a response can repeat a secret setting.
        raise ConsoleError(str(error.code), instance.redact(str(error))) from None


def _require_event(event: Json) -> JsonObject:
    if not isinstance(event, Mapping):
        raise ConsoleError("REQUEST", "an event is a JSON object")
    return event
