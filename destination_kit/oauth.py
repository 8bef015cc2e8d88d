"""OAuth 2: ready-made functions for `Authentication.refresh` (RFC 6749)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Literal, TypeAlias

from destination_kit._json import as_object
from destination_kit.definitions import Context
from destination_kit.errors import InvalidAuthenticationError
from destination_kit.refreshed_settings import RefreshedSettings, read_seconds

Refresh: TypeAlias = Callable[[Context], Awaitable[RefreshedSettings]]
"""context -> the settings that replace expired ones, and the `expires_in` of the response."""


def client_credentials(
    url: str,
    *,
    client: tuple[str, str] = ("clientId", "clientSecret"),
    access_token: str = "accessToken",  # noqa: S107 - the name of a setting
    scope: str = "",
    auth: Literal["basic", "body"] = "basic",
) -> Refresh:
    """Return a `refresh` that asks for a token with the client's own credentials (section 4.4).

    `client` and `access_token` are names of settings. `auth` sends the credentials of the client as
    basic authentication, or in the body for partners that take nothing else (section 2.3.1).
    """
    form = {"grant_type": "client_credentials", **({"scope": scope} if scope else {})}

    async def refresh(context: Context) -> RefreshedSettings:
        answer = await _request_token(context, url, form, client, auth)
        settings = {access_token: _read_token(answer, "access_token")}
        return RefreshedSettings(settings, read_seconds(answer.get("expires_in")))

    return refresh


def refresh_token(
    url: str,
    *,
    client: tuple[str, str] = ("clientId", "clientSecret"),
    access_token: str = "accessToken",  # noqa: S107 - the name of a setting
    token: str = "refreshToken",  # noqa: S107 - the name of a setting
    auth: Literal["basic", "body"] = "basic",
) -> Refresh:
    """Return a `refresh` that exchanges a refresh token (section 6).

    A new refresh token in the response replaces the setting `token`. See `client_credentials`.
    """

    async def refresh(context: Context) -> RefreshedSettings:
        form = {"grant_type": "refresh_token", "refresh_token": str(context.settings[token])}
        answer = await _request_token(context, url, form, client, auth)
        new = answer.get("refresh_token")
        rotated = {token: new} if isinstance(new, str) and new else {}
        settings = {access_token: _read_token(answer, "access_token"), **rotated}
        return RefreshedSettings(settings, read_seconds(answer.get("expires_in")))

    return refresh


async def _request_token(
    context: Context,
    url: str,
    form: Mapping[str, str],
    client: tuple[str, str],
    auth: Literal["basic", "body"],
) -> Mapping[str, object]:
    name, secret = (str(context.settings[setting]) for setting in client)
    if auth == "basic":
        response = await context.http.post(url, form=form, auth=(name, secret))
    else:
        body = {**form, "client_id": name, "client_secret": secret}
        response = await context.http.post(url, form=body)
    return as_object(response.body)


def _read_token(answer: Mapping[str, object], name: str) -> str:
    token = answer.get(name)
    if not isinstance(token, str) or not token:
        raise InvalidAuthenticationError(f"the response of the token endpoint has no {name}")
    return token
