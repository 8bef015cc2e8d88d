"""Lists of an instance document: the hosts that it allows, and the consent that it asks for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from destination_kit._json import Json
from destination_kit.definition_checks import check_host_pattern


class AddProblem(Protocol):
    """Records a problem at a position of the document."""

    def __call__(self, code: str, message: str, *where: str | int) -> None:
        """Record a problem with a code and a sentence."""
        ...


def read_allowed_hosts(add_problem: AddProblem, document: Json) -> list[str]:
    """Return the host patterns that the operator adds to those of the destination."""
    if not isinstance(document, Sequence) or isinstance(document, str):
        add_problem("HOSTS", "allowedHosts must be a list of host names", "allowedHosts")
        return []
    for index, host in enumerate(document):
        if message := check_host_pattern(host):
            add_problem("HOSTS", message, "allowedHosts", index)
    return [str(host) for host in document]


def read_consent(add_problem: AddProblem, document: Json) -> list[str]:
    """Return the consent categories that a person must have agreed to."""
    if not isinstance(document, Sequence) or isinstance(document, str):
        add_problem("CONSENT", "consent must be a list of categories", "consent")
        return []
    for index, category in enumerate(document):
        if not isinstance(category, str) or not category:
            message = "a consent category must be a text, such as Advertising"
            add_problem("CONSENT", message, "consent", index)
    return [str(category) for category in document]
