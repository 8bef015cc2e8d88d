"""`dkit check`: everything wrong with an instance file, then what may surprise."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from destination_kit.cli.documents import Document, line_of, load_document
from destination_kit.cli.instances import (
    add_instance,
    add_without_secrets,
    configure,
    label,
    missing_plugins,
    render_problem,
)
from destination_kit.cli.output import render_paragraph, show, show_json, tell
from destination_kit.cli.placeholders import check_placeholders
from destination_kit.errors import ConfigurationError, DefinitionError, Problem

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject
    from destination_kit.catalog import Catalog
    from destination_kit.cli.instances import LoadCatalog
    from destination_kit.runtime import Instance


def add_arguments(parser: ArgumentParser) -> None:
    """Take an instance."""
    add_instance(parser)
    add_without_secrets(parser)


def run(arguments: Namespace, load_catalog: LoadCatalog) -> int:
    """Show every problem, then the warnings of each subscription."""
    document = load_document(arguments.instance)
    catalog = load_catalog()
    report = check_instance(document, catalog, arguments)
    if arguments.json:
        show_json(_as_json(document, report))
    else:
        _show(document, report)
    for line in missing_plugins(report.problems, catalog):
        tell(line)
    return 1 if report.problems or report.faults else 0


@dataclass(frozen=True, slots=True)
class Report:
    """Problems of a document, faults of the destination's own definition, and the instance."""

    problems: tuple[Problem, ...] = ()
    faults: tuple[Problem, ...] = ()
    instance: Instance | None = None


def check_instance(document: Document, catalog: Catalog, arguments: Namespace) -> Report:
    """Return everything that is wrong; an instance only where it could run."""
    from destination_kit.catalog.definition_checks import check_destination_schemas

    left = tuple(check_placeholders(document.value))
    try:
        instance = configure(document, catalog, arguments)
    except ConfigurationError as error:
        return Report(problems=(*error.problems, *left))
    except DefinitionError as error:
        return Report(left, (Problem("", "DEFINITION", str(error)),))
    return Report(left, tuple(check_destination_schemas(instance.destination)), instance)


def _as_json(document: Document, report: Report) -> Json:
    warnings = list(_warnings(report.instance)) if report.instance else []
    return {
        "ok": not report.problems and not report.faults,
        "problems": [_problem(each, document.text) for each in report.problems],
        "definition": [_problem(each) for each in report.faults],
        "warnings": [{"subscription": name, "message": message} for name, message in warnings],
    }


def _problem(problem: Problem, text: str | None = None) -> JsonObject:
    record: dict[str, Json] = {
        "path": problem.path,
        "code": problem.code,
        "message": problem.message,
    }
    return record | {"line": line_of(text, problem.path)} if text else record


def _show(document: Document, report: Report) -> None:
    for each in report.problems:
        show(render_paragraph(render_problem(each, document), hang="  "))
    for each in report.faults:
        show(render_paragraph(f"in the destination's own definition: {each}"))
    if report.instance:
        _show_warnings(report.instance)
    count = len(report.problems) + len(report.faults)
    show(f"{document.name}: {count or 'no'} problem{'' if count == 1 else 's'}")


def _warnings(instance: Instance) -> Iterator[tuple[str | None, str]]:
    """Yield subscription, None for the instance itself, and what is to be known of it."""
    if not any(each.enabled for each in instance.subscriptions):
        yield None, "no subscription is enabled: every event will be skipped"
    yield from instance.warnings


def _show_warnings(instance: Instance) -> None:
    found = list(_warnings(instance))
    for each in (text for name, text in found if name is None):
        show(render_paragraph(f"- {each}", hang="  "))
    for subscription in instance.subscriptions:
        warnings = [text for name, text in found if name == subscription.name]
        if warnings:
            show(label(subscription.name, subscription.action))
        for each in warnings:
            show(render_paragraph(f"- {each}", "  ", hang="  "))
