"""Documents of a verification: the report for the project, and the simulator's configuration."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from destination_kit._json import Json, JsonObject
from destination_kit.verification.records import Finding, Verification

if TYPE_CHECKING:
    from destination_kit.verification.runner import VerificationResult

# Ids such as POOL_…, CID_… and UUIDs name things of an account. An error code such as
# SIM_VALIDATION has neither digits nor lower-case letters.
_IDENTIFIER: Final = re.compile(
    r"\b[A-Z]{1,6}_(?=[A-Za-z0-9]*[a-z0-9])[A-Za-z0-9]{8,}\b|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"
)
_ADDRESS: Final = re.compile(r"(?<![\w.+%-])[\w.+%-]++@[\w-]++(?:\.[\w-]+)+")


def create_report(
    destination: str, outcome: VerificationResult, *, is_simulated: bool
) -> JsonObject:
    """Return the report of a run: no token, id, name or address stands in it."""
    from importlib.metadata import version

    report: JsonObject = {
        "format": 1,
        "destination": destination,
        "version": version("destination-kit"),
        "date": datetime.now(UTC).date().isoformat(),
        "against": "simulator" if is_simulated else "partner",
        "complete": not outcome.interrupted,
        "calls": outcome.calls,
        "left": len(outcome.left),
        "counts": dict(Counter(finding.verdict for finding in outcome.findings)),
        "findings": [finding_record(finding) for finding in outcome.findings],
    }
    cleaned: JsonObject = mask_identifiers(report)
    return cleaned


def finding_record(finding: Finding) -> JsonObject:
    """Return a finding as a JSON object."""
    check = finding.check
    record: dict[str, Json] = {
        "check": check.name,
        "verdict": finding.verdict,
        "fact": check.fact,
        "question": check.question,
        "expected": check.expected.text,
        "switch": check.switch,
    }
    answer = (
        {"reason": finding.reason} if finding.verdict == "unsettled" else {"seen": finding.seen}
    )
    return {**record, **answer}


def create_simulator_config(verification: Verification, outcome: VerificationResult) -> JsonObject:
    """Return a configuration of the simulator that behaves as the findings say."""
    config: Any = dict(verification.base_configuration)
    for finding in outcome.findings:
        if finding.verdict != "unsettled":
            config = _merge(config, finding.check.configuration(finding.seen))
    return config  # type: ignore[no-any-return] # `_merge` of two objects is an object


def mask_identifiers(value: Json) -> Any:
    """Return a JSON value whose texts name no id and no email address."""
    if isinstance(value, str):
        return _ADDRESS.sub("(removed)", _IDENTIFIER.sub("(removed)", value))
    if isinstance(value, Mapping):
        return {name: mask_identifiers(member) for name, member in value.items()}
    if isinstance(value, list):
        return [mask_identifiers(member) for member in value]
    return value


def _merge(base: Json, patch: Json) -> Json:
    if not (isinstance(base, Mapping) and isinstance(patch, Mapping)):
        return patch
    return {**base, **{key: _merge(base.get(key), value) for key, value in patch.items()}}
