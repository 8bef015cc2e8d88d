"""Results of an authentication test: the account, its permissions, and what an operator should know."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from destination_kit._json import take

if TYPE_CHECKING:
    from destination_kit._json import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """A permission that a destination needs, and whether the credentials have it."""

    #: The partner's name of it, such as a scope: `read:contacts`.
    name: str
    #: Whether the credentials have it; None where the partner's response does not tell.
    granted: bool | None
    #: What it is a permission for, such as one directory; empty for the whole account.
    resource: str = ""
    #: What does not work without it, as a sentence.
    consequence: str = ""


@dataclass(frozen=True, slots=True)
class AuthResult:
    """The result of an authentication test."""

    #: Whether the partner accepts the credentials.
    ok: bool
    #: The account that the credentials belong to, as the partner names it.
    account: str | None = None
    #: Why the partner refuses the credentials; empty where it accepts them.
    message: str = ""
    #: What an operator should know although the credentials are good.
    warnings: tuple[str, ...] = ()
    #: The permissions that the destination needs, as far as the test has tried them.
    permissions: tuple[Permission, ...] = ()


def redact_auth_result(result: AuthResult, redact: Callable[[str], str]) -> AuthResult:
    """Return the result with each of its texts passed to `redact`."""
    return AuthResult(
        result.ok,
        result.account and redact(result.account),
        redact(result.message),
        tuple(map(redact, take(result.warnings))),
        tuple(_redact_permission(permission, redact) for permission in take(result.permissions)),
    )


def _redact_permission(permission: Permission, redact: Callable[[str], str]) -> Permission:
    return replace(
        permission,
        name=redact(permission.name),
        resource=redact(permission.resource),
        consequence=redact(permission.consequence),
    )


def auth_record(result: AuthResult) -> dict[str, Json]:
    """Return the result as JSON."""
    return {
        "ok": result.ok,
        "account": result.account,
        "message": result.message,
        "warnings": list(result.warnings),
        "permissions": [
            {
                "name": permission.name,
                "resource": permission.resource,
                "granted": permission.granted,
                "consequence": permission.consequence,
            }
            for permission in result.permissions
        ],
    }
