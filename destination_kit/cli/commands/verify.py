"""`dkit verify`: check by harmless calls what a destination relies on."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from destination_kit.cli.argument_types import parse_count
from destination_kit.cli.destinations import add_slug_argument, find_destination
from destination_kit.cli.documents import error_reason
from destination_kit.cli.errors import UsageError
from destination_kit.cli.instances import (
    add_connect_to_option,
    load_account,
    load_instance,
    parse_connections,
)
from destination_kit.cli.terminal import is_terminal
from destination_kit.errors import DeliveryError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from destination_kit._json import Json, JsonObject
    from destination_kit.catalog import Catalog
    from destination_kit.cli.destinations import LoadCatalog
    from destination_kit.command_interface import Writer
    from destination_kit.definitions import Destination
    from destination_kit.runtime import Instance
    from destination_kit.verification import (
        Finding,
        Parameter,
        SessionOptions,
        Verification,
        VerificationResult,
    )

_FILES = (
    ("--report", "write the findings as JSON, without tokens, ids and people"),
    ("--simulator-config", "write a configuration with which the simulator behaves as was seen"),
    ("--record", "write the exchanges as a cassette of vcrpy, without secrets and people"),
)


def add_arguments(parser: ArgumentParser) -> None:
    """Add the destination, the instance, the place that is meant for the run, and the files."""
    add_slug_argument(parser)
    parser.add_argument("instance", metavar="INSTANCE", help="instance file, .json or .toml")
    parser.add_argument("--directory", metavar="ID", help="the same as --with directory=ID")
    parser.add_argument("--list", metavar="ID", help="the same as --with list=ID")
    parser.add_argument(
        "--with",
        dest="parameters",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="what the run may use at the partner; may be repeated",
    )
    for option, description in _FILES:
        parser.add_argument(option, metavar="FILE", help=description)
    parser.add_argument(
        "--max-calls",
        metavar="N",
        type=parse_count,
        help="the most calls; by default those that all checks need, which the run shows first",
    )
    parser.add_argument("--yes", action="store_true", help="write without asking")
    add_connect_to_option(parser)


def run(arguments: Namespace, load_catalog: LoadCatalog, writer: Writer) -> int:
    """Run the checks; return 1 where a fact differs, or where something is left behind."""
    from destination_kit.verification import PreparationError, verify

    catalog = load_catalog()
    destination = find_destination(catalog, arguments.slug)
    verification = _load_verification(destination)
    parameters = _read_parameters(arguments, verification.parameters)
    if not (arguments.yes or is_terminal(sys.stdin)):
        raise UsageError("there is no terminal to ask on: --yes allows every write of the run")
    _check_files(arguments)
    instance = _load_instance(arguments, catalog, destination)
    options = _create_options(arguments, verification, parameters, writer)
    _announce(destination, verification, options, writer)
    try:
        outcome = asyncio.run(verify(instance, verification, options))
    except PreparationError as error:
        raise UsageError(instance.redact(str(error))) from None
    except DeliveryError as error:
        writer.error(instance.redact(str(error)))
        return 1
    documents = _create_documents(arguments, instance, verification, outcome, options)
    _write_files(documents)
    _show(arguments, outcome, documents, writer)
    differs = any(finding.verdict == "differs" for finding in outcome.findings)
    return 1 if differs or outcome.left or outcome.interrupted else 0


def _load_verification(destination: Destination) -> Verification:
    """Return the verification of a destination; raise `UsageError` where it has none."""
    from importlib import import_module

    if destination.verification is None:
        raise UsageError(f"{destination.slug} has no verification: its author has to bring one")
    module: Any = import_module(destination.verification)
    verification: Verification = module.VERIFICATION
    return verification


def _read_parameters(arguments: Namespace, parameters: Sequence[Parameter]) -> Mapping[str, str]:
    """Return the values by name; raise `UsageError` for one that is missing, unknown or wrong."""
    given = {name: value for name in ("directory", "list") if (value := getattr(arguments, name))}
    for text in arguments.parameters:
        name, equals, value = text.partition("=")
        if not equals:
            raise UsageError(f"--with {text}: should be NAME=VALUE")
        given[name] = value
    known = {parameter.name: parameter for parameter in parameters}
    for name, value in given.items():
        if name not in known:
            hint = did_you_mean(name, known)
            raise UsageError(f"--with {name}: it has no such name{hint}; {_list(parameters)}")
        if not re.fullmatch(known[name].pattern, value):
            example = known[name].example
            raise UsageError(f"--with {name}={value}: should look like {example}")
    if missing := [parameter for parameter in parameters if parameter.name not in given]:
        raise UsageError(f"name what the run may use: {_list(missing)}")
    return given


def _list(parameters: Sequence[Parameter]) -> str:
    described = (
        f"--with {parameter.name}={parameter.example} ({parameter.help})"
        for parameter in parameters
    )
    return ", ".join(described) or "it takes none"


def _load_instance(arguments: Namespace, catalog: Catalog, destination: Destination) -> Instance:
    """Return the instance; without its subscriptions where these are not ready yet."""
    arguments.destination = destination.slug
    try:
        return load_instance(arguments, catalog)
    except UsageError:
        instance, _ = load_account(arguments, catalog)
        return instance


def _check_files(arguments: Namespace) -> None:
    """Raise `UsageError` for a file that exists or cannot be made, before the first call."""
    for option, _ in _FILES:
        name = _file(arguments, option)
        if name and Path(name).exists():
            raise UsageError(f"{name} exists: name another file with {option}")
        if name and not Path(name).parent.is_dir():
            raise UsageError(f"{option} {name}: there is no such folder")


def _file(arguments: Namespace, option: str) -> str | None:
    name: str | None = getattr(arguments, option.removeprefix("--").replace("-", "_"))
    return name


def _create_options(
    arguments: Namespace,
    verification: Verification,
    parameters: Mapping[str, str],
    writer: Writer,
) -> SessionOptions:
    from secrets import token_hex

    # This package imports the HTTP client, which `--help` does not need.
    from destination_kit.cli.write_approval import WriteApproval
    from destination_kit.verification import SessionOptions

    approval = WriteApproval(is_given=arguments.yes)

    def show(finding: Finding) -> None:
        if not arguments.json:
            writer.notice(f"{finding.verdict:9}  {finding.check.name}")

    return SessionOptions(
        run_id=f"dkit-verify-{token_hex(4)}",
        max_calls=arguments.max_calls or verification.calls,
        parameters=parameters,
        connect_to=parse_connections(arguments),
        approve=approval.ask,
        on_finding=show,
    )


def _announce(
    destination: Destination, verification: Verification, options: SessionOptions, writer: Writer
) -> None:
    """Write what the run does and how much, before its first call."""
    places = ", ".join(f"{name} {value}" for name, value in options.parameters.items())
    writing = [check for check in verification.checks if check.writes]
    writer.notice(
        f"{len(verification.checks)} checks of {destination.name}, {len(writing)} of which write"
        f" ({places or 'no place'}). They make at most {options.max_calls:,} calls. All that they"
        f" make is marked {options.run_id}, and removed at the end."
    )


def _create_documents(
    arguments: Namespace,
    instance: Instance,
    verification: Verification,
    outcome: VerificationResult,
    options: SessionOptions,
) -> Mapping[str, str]:
    """Return file name -> text of each document that was asked for, every secret masked."""
    from destination_kit.verification.recording import render_cassette
    from destination_kit.verification.report import create_report, create_simulator_config

    report = create_report(
        instance.destination.slug, outcome, is_simulated=bool(arguments.connect_to)
    )
    texts = {
        "--report": lambda: _render(report),
        "--simulator-config": lambda: _render(create_simulator_config(verification, outcome)),
        "--record": lambda: render_cassette(verification, outcome, options, report),
    }
    return {
        name: instance.redact(texts[option]())
        for option, _ in _FILES
        if (name := _file(arguments, option))
    }


def _render(document: JsonObject) -> str:
    return f"{json.dumps(document, indent=2, ensure_ascii=False)}\n"


def _write_files(documents: Mapping[str, str]) -> None:
    for name, text in documents.items():
        try:
            with Path(name).open("x", encoding="utf-8") as file:
                file.write(text)
        except OSError as error:
            raise UsageError(f"cannot write {name}: {error_reason(error)}") from None


def _show(
    arguments: Namespace, outcome: VerificationResult, documents: Mapping[str, str], writer: Writer
) -> None:
    from destination_kit.verification.report import finding_record

    if arguments.json:
        left: Json = list(outcome.left)
        findings: Json = [finding_record(finding) for finding in outcome.findings]
        files: Json = list(documents)
        end: JsonObject = {"calls": outcome.calls, "complete": not outcome.interrupted}
        writer.json({**end, "findings": findings, "left": left, "files": files})
        return
    writer.table(
        ("check", "verdict", "expected", "seen"), [_row(finding) for finding in outcome.findings]
    )
    for finding in outcome.findings:
        if finding.verdict in {"differs", "unsettled"}:
            writer.text(f"\n{finding.check.name} {finding.verdict}: {_explain(finding)}")
    for sentence in outcome.left:
        writer.notice(f"left: {sentence}")
    if outcome.interrupted:
        writer.notice("the run was interrupted, and the other checks did not run")
    for name in documents:
        writer.notice(f"written: {name}")
    verdicts = [finding.verdict for finding in outcome.findings]
    counts = ", ".join(f"{verdicts.count(word)} {word}" for word in dict.fromkeys(verdicts))
    writer.notice(f"{outcome.calls} calls; {counts}")


def _row(finding: Finding) -> tuple[str, str, str, str]:
    from destination_kit.verification.expectations import describe

    seen = "" if finding.verdict == "unsettled" else describe(finding.seen)
    return (finding.check.name, finding.verdict, finding.check.expected.text, seen)


def _explain(finding: Finding) -> str:
    if finding.verdict == "unsettled":
        return f"{finding.check.question} No answer: {finding.reason}."
    return f"{finding.check.fact} The simulator plays it with {finding.check.switch}."
