"""`dkit check`: find every problem of an instance file, then warn of surprises."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from destination_kit.cli.destinations import describe_missing_plugins
from destination_kit.cli.documents import (
    Document,
    line_of_pointer,
    load_document,
    render_problem,
)
from destination_kit.cli.instances import (
    add_instance_argument,
    add_without_secrets_option,
    announce_made_up_secrets,
    configure_instance,
    subscription_label,
)
from destination_kit.cli.placeholders import find_placeholders
from destination_kit.cli.rendering import render_paragraph
from destination_kit.errors import ConfigurationError, DefinitionError, Problem

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject
    from destination_kit.catalog import Catalog
    from destination_kit.cli.destinations import LoadCatalog
    from destination_kit.definitions import Writer
    from destination_kit.runtime import Instance


def add_arguments(parser: ArgumentParser) -> None:
    """Add the instance and `--without-secrets`."""
    add_instance_argument(parser)
    add_without_secrets_option(parser)


def run(arguments: Namespace, load_catalog: LoadCatalog, writer: Writer) -> int:
    """Write every problem, then the warnings of each subscription; return 1 for problems."""
    document = load_document(arguments.instance)
    catalog = load_catalog()
    announce_made_up_secrets(arguments, writer)
    report = check_instance(document, catalog, arguments)
    if arguments.json:
        writer.json(_report_as_json(document, report))
    else:
        writer.text("\n".join(_render(document, report)))
    for line in describe_missing_plugins(report.problems, catalog):
        writer.notice(line)
    return 1 if report.problems or report.definition_problems else 0


@dataclass(frozen=True, slots=True)
class Report:
    """Result of a check."""

    #: Problems of the instance file.
    problems: tuple[Problem, ...] = ()
    #: Problems of the destination's own definition, which its author has to mend.
    definition_problems: tuple[Problem, ...] = ()
    #: The configured instance, None where it could not be configured.
    instance: Instance | None = None


def check_instance(document: Document, catalog: Catalog, arguments: Namespace) -> Report:
    """Return everything that is wrong with a document."""
    # This module imports the compilers, which takes 0.1 s. At the top of the file, `dkit check
    # --help` would take as long.
    from destination_kit.catalog.definition_checks import check_destination_schemas

    placeholders = tuple(find_placeholders(document.value))
    try:
        instance = configure_instance(document, catalog, arguments)
    except ConfigurationError as error:
        return Report(problems=(*error.problems, *placeholders))
    except DefinitionError as error:
        return Report(placeholders, (Problem("", "DEFINITION", str(error)),))
    return Report(placeholders, tuple(check_destination_schemas(instance.destination)), instance)


def _report_as_json(document: Document, report: Report) -> Json:
    warnings = _warnings(report.instance) if report.instance else ()
    return {
        "ok": not report.problems and not report.definition_problems,
        "problems": [_problem_as_json(problem, document.text) for problem in report.problems],
        "definition": [_problem_as_json(problem) for problem in report.definition_problems],
        "warnings": [{"subscription": name, "message": message} for name, message in warnings],
    }


def _problem_as_json(problem: Problem, text: str | None = None) -> JsonObject:
    record: dict[str, Json] = {
        "path": problem.path,
        "code": problem.code,
        "message": problem.message,
    }
    return record | {"line": line_of_pointer(text, problem.path)} if text else record


def _render(document: Document, report: Report) -> Iterator[str]:
    for problem in report.problems:
        yield render_paragraph(render_problem(problem, document), hang="  ")
    for problem in report.definition_problems:
        yield render_paragraph(f"in the destination's own definition: {problem}")
    if report.instance:
        yield from _render_warnings(report.instance)
    count = len(report.problems) + len(report.definition_problems)
    yield f"{document.name}: {count or 'no'} problem{'' if count == 1 else 's'}"


def _warnings(instance: Instance) -> Iterator[tuple[str | None, str]]:
    """Yield (subscription, warning); a warning about the whole instance has no subscription."""
    from destination_kit.catalog.definition_checks import check_default_triggers

    if not any(subscription.enabled for subscription in instance.subscriptions):
        yield None, "no subscription is enabled: every event will be skipped"
    yield from instance.warnings
    for problem in check_default_triggers(instance.destination):
        yield None, f"a trigger of {instance.destination.name} itself cannot be read: {problem}"


def _render_warnings(instance: Instance) -> Iterator[str]:
    warnings = list(_warnings(instance))
    for name, text in warnings:
        if name is None:
            yield render_paragraph(f"- {text}", hang="  ")
    for subscription in instance.subscriptions:
        texts = [text for name, text in warnings if name == subscription.name]
        if texts:
            yield subscription_label(subscription.name, subscription.action)
        for text in texts:
            yield render_paragraph(f"- {text}", "  ", hang="  ")
