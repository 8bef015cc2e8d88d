"""Bodies of requests other than JSON: forms, files and bytes, and what a person is shown of them."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, quote_plus

from destination_kit._javascript import number_to_string
from destination_kit._json import Json
from destination_kit.errors import RequestOptionsError, did_you_mean
from destination_kit.http_interface import RequestOptions

#: Headers of a request that always hold credentials, as this module and most authors write them.
CREDENTIALS: Final = frozenset({"authorization", "Authorization", "cookie", "Cookie"})
_BODIES: Final = ("json", "form", "content", "files")
_KNOWN: Final = tuple(RequestOptions.__annotations__)
_JSON: Final = "application/json"
# Fetch gives a `URLSearchParams` this type (https://fetch.spec.whatwg.org/#concept-bodyinit-extract).
_FORM: Final = "application/x-www-form-urlencoded"
_UTF8: Final = ";charset=UTF-8"
_MULTIPART: Final = "multipart/form-data"
_BYTES: Final = "application/octet-stream"
#: Characters of an unknown option in a message, and of a binary body as text.
_SHOWN: Final = 50


def encode_body(options: RequestOptions) -> tuple[bytes | None, dict[str, str]]:
    """Return the body of a request, and the headers that its options make.

    The body is None for a request without one, and for JSON, which `encode_json` writes.

    Raises `RequestOptionsError`, a `TypeError`, for options that are unknown or do not fit.
    """
    _check_options(options)
    content, headers = _encode(options)
    given = {name.lower() for name in options.get("headers", {})}
    if "content-type" in given:
        # The boundary of a multipart body stands in its own type.
        if "files" in options:
            raise RequestOptionsError("`files` sets the header content-type: leave it out")
        headers = {}
    if "auth" in options:
        headers["authorization"] = encode_credentials(options["auth"])
    return content, headers


def replace_headers(headers: Mapping[str, str], added: Mapping[str, str]) -> dict[str, str]:
    """Return headers with more of them, which replace those of the same name in any case."""
    names = {name.lower() for name in added}
    kept = {name: value for name, value in headers.items() if name.lower() not in names}
    return {**kept, **added}


def _check_options(options: RequestOptions) -> None:
    unknown = [name for name in options if name not in _KNOWN]
    if unknown:
        names, hint = ", ".join(_KNOWN), did_you_mean(unknown[0], _KNOWN)
        message = f"a request has no option {unknown[0]!r:.{_SHOWN}}{hint or ';'} it knows {names}"
        raise RequestOptionsError(message)
    bodies = [name for name in _BODIES if name in options]
    if len(bodies) > 1:
        raise RequestOptionsError(f"a request has one body: {' or '.join(bodies)}, not both")
    if "content_type" in options and "content" not in options:
        raise RequestOptionsError("`content_type` needs `content`: other bodies set their own type")
    if "sign" in options and not callable(options["sign"]):
        raise RequestOptionsError("`sign` must be a function: request -> headers")


def _encode(options: RequestOptions) -> tuple[bytes | None, dict[str, str]]:
    if "form" in options:
        return _encode_form(options["form"]), {"content-type": _FORM + _UTF8}
    if "files" in options:
        return _encode_multipart(options["files"])
    if "content" in options:
        content: object = options["content"]
        default = _BYTES if isinstance(content, bytes) else f"text/plain{_UTF8}"
        media_type = options.get("content_type", default)
        return _to_bytes(content, "content"), {"content-type": _check_media_type(media_type)}
    return None, {}


def _encode_form(form: object) -> bytes:
    """Return a form as the URL Standard writes it (https://url.spec.whatwg.org/#urlencoded-serializing)."""
    pairs = _list_pairs(form, "form")
    text = "&".join(f"{_quote(name)}={_quote(_form_text(value, name))}" for name, value in pairs)
    return text.encode()


def _list_pairs(members: object, option: str) -> Iterator[tuple[str, object]]:
    """Yield (name, value); a list yields its name once per value."""
    if not isinstance(members, Mapping):
        message = f"`{option}` must be a mapping by name, not a {type(members).__name__}"
        raise RequestOptionsError(message)
    for name, value in members.items():
        if not isinstance(name, str):
            message = f"the names of `{option}` must be texts, not a {type(name).__name__}"
            raise RequestOptionsError(message)
        for member in value if isinstance(value, list) else (value,):
            yield name, member


def _form_text(value: object, name: str) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return number_to_string(value)
    message = f"{name!r} of `form` must be a text, number, boolean or list of these, not a {type(value).__name__}"
    raise RequestOptionsError(message)


def _quote(text: str) -> str:
    # The URL Standard keeps `*` and escapes `~`; Python does the reverse.
    return quote_plus(_replace_surrogates(text), safe="*").replace("~", "%7E")


def _replace_surrogates(text: str) -> str:
    """Return a text whose halves of surrogate pairs are U+FFFD, as in JavaScript's `toWellFormed`."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _to_bytes(content: object, option: str) -> bytes:
    if isinstance(content, str):
        return _replace_surrogates(content).encode()
    if isinstance(content, bytes | bytearray | memoryview):
        return bytes(content)
    raise RequestOptionsError(f"`{option}` must be bytes or a text, not a {type(content).__name__}")


def _encode_multipart(files: object) -> tuple[bytes, dict[str, str]]:
    """Return `multipart/form-data` (RFC 7578), and its type with the boundary."""
    from hashlib import sha256

    parts = [_encode_part(name, part) for name, part in _list_pairs(files, "files")]
    # The digest of the parts cannot stand in them, and equal requests have equal bytes, so that a
    # recorded one can be replayed.
    boundary = f"dkit-{sha256(repr(parts).encode()).hexdigest()[:40]}"
    head = f"--{boundary}\r\n".encode()
    content = b"".join(head + part for part in parts) + f"--{boundary}--\r\n".encode()
    return content, {"content-type": f"{_MULTIPART}; boundary={boundary}"}


def _encode_part(name: str, part: object) -> bytes:
    disposition = f'content-disposition: form-data; name="{_escape(name)}"'
    if isinstance(part, str):
        return f"{disposition}\r\n\r\n".encode() + _to_bytes(part, "files") + b"\r\n"
    filename, content, media_type = _read_file(name, part)
    disposition += f'; filename="{_escape(filename)}"'
    head = f"{disposition}\r\ncontent-type: {_check_media_type(media_type)}\r\n\r\n"
    return head.encode() + _to_bytes(content, "files") + b"\r\n"


def _read_file(name: str, part: object) -> tuple[str, object, object]:
    match part:
        case (str(filename), content):
            return filename, content, _BYTES
        case (str(filename), content, media_type):
            return filename, content, media_type
        case _:
            pass
    message = (
        f"{name!r} of `files` must be a text, or a tuple of file name, content and perhaps content"
        f" type, not a {type(part).__name__}"
    )
    raise RequestOptionsError(message)


def _escape(text: str) -> str:
    """Return a name as browsers write it (https://html.spec.whatwg.org/#multipart-form-data)."""
    escaped = text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
    return _replace_surrogates(escaped)


def _check_media_type(media_type: object) -> str:
    # A line break in the type of a part would begin a header of the author's data.
    if isinstance(media_type, str) and media_type.isascii() and media_type.isprintable():
        return media_type
    raise RequestOptionsError("a content type must be a text such as 'text/csv', in one line")


def encode_credentials(auth: object) -> str:
    """Return the header of basic authentication (RFC 7617), in UTF-8."""
    match auth:
        case (str(user), str(password)) if ":" not in user:
            return f"Basic {b64encode(_to_bytes(f'{user}:{password}', 'auth')).decode()}"
        case _:
            pass
    raise RequestOptionsError("`auth` must be (user, password), both texts, and no `:` in the user")


def describe_body(content: bytes | None, headers: Mapping[str, str]) -> Json:
    """Return a body for a person: JSON as it is, forms by name, texts, and the size of bytes.

    Return None for a request without a body.
    """
    if not content:
        return None
    media_type = find_content_type(headers)
    if media_type.startswith(_MULTIPART):
        return _collect(_read_parts(content, media_type))
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return _describe_bytes(content, media_type)
    if media_type.startswith(_FORM):
        return _collect(iter(parse_qsl(text, keep_blank_values=True)))
    try:
        # A text that happens to be JSON, such as a number, stays the text that is sent.
        body: Json = json.loads(text) if "json" in media_type else text
    except ValueError:
        return text
    return body


def find_content_type(headers: Mapping[str, str]) -> str:
    """Return the media type of a body: JSON where no header says it."""
    types = (value for name, value in headers.items() if name.lower() == "content-type")
    return next(types, _JSON)


def _describe_bytes(content: bytes, media_type: str) -> str:
    return f"<{len(content):,} bytes of {media_type}>"


def _collect(pairs: Iterator[tuple[str, Json]]) -> dict[str, Json]:
    """Return values by name; a repeated name has a list."""
    lists: dict[str, list[Json]] = {}
    for name, value in pairs:
        lists.setdefault(name, []).append(value)
    return {name: values[0] if len(values) == 1 else values for name, values in lists.items()}


def _read_parts(content: bytes, media_type: str) -> Iterator[tuple[str, Json]]:
    from email import message_from_bytes
    from email.policy import HTTP

    head = f"content-type: {media_type}\r\n\r\n".encode()
    message: Any = message_from_bytes(head + content, policy=HTTP)
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition", unquote=True) or ""
        data, filename = part.get_payload(decode=True) or b"", part.get_filename()
        body = describe_body(data, {"content-type": part.get("content-type", "text/plain")})
        if filename is None:
            yield name, "" if body is None else body
        else:
            yield name, {"filename": filename, "content": body}
