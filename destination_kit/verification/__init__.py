"""Verification of a partner: checks that settle by harmless calls what a destination relies on."""

from destination_kit.verification.expectations import (
    Expectation,
    anything,
    at_least,
    at_most,
    exactly,
    one_of,
)
from destination_kit.verification.records import (
    Check,
    Exchange,
    Finding,
    Made,
    Parameter,
    PreparationError,
    Session,
    SessionOptions,
    UnsettledError,
    Verification,
)
from destination_kit.verification.runner import VerificationResult, verify

__all__ = [
    "Check",
    "Exchange",
    "Expectation",
    "Finding",
    "Made",
    "Parameter",
    "PreparationError",
    "Session",
    "SessionOptions",
    "UnsettledError",
    "Verification",
    "VerificationResult",
    "anything",
    "at_least",
    "at_most",
    "exactly",
    "one_of",
    "verify",
]
