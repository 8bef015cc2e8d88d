"""`dkit check`: find every problem of an instance file, and warn of surprises."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from destination_kit.cli.choices_commands import choices_commands
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
    find_instance_destination,
)
from destination_kit.cli.rendering import render_paragraph
from destination_kit.delivery.event_filter import create_event_filter
from destination_kit.errors import ConfigurationError, DefinitionError, Problem, warning

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject
    from destination_kit.catalog import Catalog
    from destination_kit.cli.destinations import LoadCatalog
    from destination_kit.command_interface import Writer
    from destination_kit.definitions import Destination
    from destination_kit.runtime import Instance


def add_arguments(parser: ArgumentParser) -> None:
    """Add the instance, `--without-secrets` and `--strict`."""
    add_instance_argument(parser)
    add_without_secrets_option(parser)
    parser.add_argument("--strict", action="store_true", help="exit with 1 for warnings too")


def run(arguments: Namespace, load_catalog: LoadCatalog, writer: Writer) -> int:
    """Write every error and every warning; return 1 for errors, with `--strict` for warnings too."""
    document = load_document(arguments.instance)
    catalog = load_catalog()
    announce_made_up_secrets(arguments, writer)
    report = check_instance(document, catalog, arguments)
    is_ok = not report.errors and not (arguments.strict and report.warnings)
    if arguments.json:
        writer.json(_report_as_json(document, report, is_ok=is_ok))
    else:
        writer.text("\n".join(_render(document, report)))
    for line in (*describe_missing_plugins(report.problems, catalog), *report.hints):
        writer.notice(line)
    return 0 if is_ok else 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Result of a check."""

    #: Problems of the instance file.
    problems: tuple[Problem, ...] = ()
    #: Problems of the destination's own definition, which its author has to mend.
    definition_problems: tuple[Problem, ...] = ()
    #: What may surprise the operator.
    warnings: Sequence[Problem] = ()
    #: What a delivery obeys, a sentence each; empty where the instance has problems.
    obeyed: Sequence[str] = ()
    #: The next commands that help to mend the problems.
    hints: Sequence[str] = field(default=())

    @property
    def errors(self) -> tuple[Problem, ...]:
        """All problems: a run with the file would be refused."""
        return (*self.problems, *self.definition_problems)


def check_instance(document: Document, catalog: Catalog, arguments: Namespace) -> Report:
    """Return everything that is wrong with a document, and what may surprise its operator."""
    problems: tuple[Problem, ...] = ()
    warnings: Sequence[Problem] = ()
    obeyed: Sequence[str] = ()
    destination = find_instance_destination(document, catalog, arguments)
    try:
        instance = configure_instance(document, catalog, arguments)
        warnings = tuple(_list_warnings(instance))
        obeyed = tuple(create_event_filter(instance).describe())
    except ConfigurationError as error:
        problems, warnings = error.problems, error.warnings
    except DefinitionError as error:
        return Report(definition_problems=(Problem("", "DEFINITION", str(error)),))
    return Report(
        problems=problems,
        definition_problems=_check_definition(destination),
        warnings=warnings,
        obeyed=obeyed,
        hints=tuple(
            f"choose with: {command}"
            for command in choices_commands(document.value, destination, document.name)
        ),
    )


def _check_definition(destination: Destination | None) -> tuple[Problem, ...]:
    # This module imports the compilers, which takes 0.1 s. At the top of the file, `dkit check
    # --help` would take as long.
    from destination_kit.definition_checks import check_destination_schemas

    return tuple(check_destination_schemas(destination)) if destination else ()


def _list_warnings(instance: Instance) -> Iterator[Problem]:
    from destination_kit.definition_checks import check_default_triggers

    if not any(subscription.enabled for subscription in instance.subscriptions):
        message = "no subscription is enabled: every event will be skipped"
        yield warning("/subscriptions", "NOTHING_ENABLED", message)
    yield from instance.warnings
    for problem in check_default_triggers(instance.destination):
        message = f"a trigger of {instance.destination.name} itself cannot be read: {problem}"
        yield warning("", "DEFAULT_TRIGGER", message)


def _report_as_json(document: Document, report: Report, *, is_ok: bool) -> Json:
    return {
        "ok": is_ok,
        "counts": {"errors": len(report.errors), "warnings": len(report.warnings)},
        "problems": [_problem_as_json(problem, document.text) for problem in report.problems],
        "definition": [_problem_as_json(problem) for problem in report.definition_problems],
        "warnings": [_problem_as_json(problem, document.text) for problem in report.warnings],
        "obeyed": list(report.obeyed),
    }


def _problem_as_json(problem: Problem, text: str | None = None) -> JsonObject:
    record: dict[str, Json] = {
        "level": problem.severity,
        "path": problem.path,
        "code": problem.code,
        "message": problem.message,
    }
    return record | {"line": line_of_pointer(text, problem.path)} if text else record


def _render(document: Document, report: Report) -> Iterator[str]:
    for problem in report.problems:
        yield render_paragraph(f"error: {render_problem(problem, document)}", hang="  ")
    for problem in report.definition_problems:
        yield f"error: in the destination's own definition: {problem}"
    for problem in report.warnings:
        yield render_paragraph(f"warning: {render_problem(problem, document)}", hang="  ")
    for sentence in report.obeyed:
        yield render_paragraph(f"obeyed: {sentence}", hang="  ")
    yield f"{document.name}: {_count_findings(report)}"


def _count_findings(report: Report) -> str:
    counts = {"error": len(report.errors), "warning": len(report.warnings)}
    if not any(counts.values()):
        return "no problems"
    return ", ".join(
        f"{count or 'no'} {noun}{'' if count == 1 else 's'}"
        for noun, count in counts.items()
        if count or noun == "error"
    )
