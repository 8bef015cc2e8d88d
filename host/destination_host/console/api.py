"""Routes of the console under `/api`: what its page asks, and what any other program may ask."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from destination_host.config.files import ConfigFileError
from destination_host.console.instance_files import (
    ReadOnlyError,
    StaleRevisionError,
    UnknownInstanceError,
)
from destination_host.console.problem_documents import problem
from destination_host.console.samples import read_sample_events
from destination_host.console.secret_file import SecretError
from destination_kit.publish import ConsoleError

if TYPE_CHECKING:
    from starlette.requests import Request

    from destination_host.console.instance_files import InstanceDocument, InstanceFiles
    from destination_host.console.secret_file import SecretFile
    from destination_kit import Json, JsonObject
    from destination_kit.publish import Console

#: Bytes of a request: an instance has at most 50 mappings of 64 KB.
_MAX_BYTES: Final = 8_000_000
_STATUS_BY_CODE: Final = {"UNKNOWN": 404, "REQUEST": 400, "CONFIGURATION": 422}
#: The partner refused, or could not be reached.
_PARTNER_STATUS: Final = 502

Endpoint = Callable[["Request"], Awaitable[Response]]


class BodyError(Exception):
    """A body that is not what the route takes."""


_EXPECTED: Final = (
    BodyError,
    ConfigFileError,
    ConsoleError,
    OSError,
    ReadOnlyError,
    SecretError,
    StaleRevisionError,
    UnknownInstanceError,
)


def create_console_routes(
    console: Console, instances: InstanceFiles, secrets: SecretFile
) -> list[Route]:
    """Return the routes, for the administration listener."""
    return [
        *_destination_routes(console),
        *_question_routes(console),
        *_instance_routes(instances),
        *_secret_routes(secrets),
    ]


def _destination_routes(console: Console) -> list[Route]:
    async def list_destinations(_request: Request) -> Response:
        return JSONResponse(console.list_destinations())

    async def show_document(request: Request) -> Response:
        slug, name = request.path_params["slug"], request.path_params["name"]
        return _with_etag(request, console.get_document(slug, name))

    async def list_presets(request: Request) -> Response:
        return JSONResponse({"presets": console.list_presets(request.path_params["slug"])})

    async def list_samples(request: Request) -> Response:
        slug = request.path_params["slug"]
        console.get_manifest(slug)
        destination = console.catalog.destinations[slug]
        return JSONResponse({"events": read_sample_events(destination.samples)})

    async def list_choices(request: Request) -> Response:
        body = await _read_object(request)
        return JSONResponse(await console.list_choices(request.path_params["slug"], body))

    return [
        _route("/api/destinations", list_destinations),
        _route("/api/destinations/{slug}/documents/{name}", show_document),
        _route("/api/destinations/{slug}/presets", list_presets),
        _route("/api/destinations/{slug}/samples", list_samples),
        _route("/api/destinations/{slug}/choices", list_choices, "POST"),
    ]


def _question_routes(console: Console) -> list[Route]:
    async def check(request: Request) -> Response:
        return JSONResponse(console.check((await _read_object(request)).get("document")))

    async def preview(request: Request) -> Response:
        body = await _read_object(request)
        return JSONResponse(await console.preview(body.get("document"), body.get("event")))

    async def test_credentials(request: Request) -> Response:
        body = await _read_object(request)
        return JSONResponse(await console.test_credentials(body.get("document")))

    async def read_trigger(request: Request) -> Response:
        body = await _read_object(request)
        return JSONResponse(console.read_trigger(_text(body, "text"), body.get("event")))

    async def write_trigger(request: Request) -> Response:
        return JSONResponse(console.write_trigger((await _read_object(request)).get("tree")))

    async def run_hook(request: Request) -> Response:
        body = await _read_object(request)
        names = _text(body, "subscription"), _text(body, "hook")
        inputs = _object(body, "inputs")
        return JSONResponse(await console.run_hook(body.get("document"), *names, inputs))

    async def send_test(request: Request) -> Response:
        body = await _read_object(request)
        subscription = _text(body, "subscription")
        result = await console.send_test(body.get("document"), subscription, body.get("event"))
        return JSONResponse(result)

    return [
        _route("/api/check", check, "POST"),
        _route("/api/preview", preview, "POST"),
        _route("/api/test-credentials", test_credentials, "POST"),
        _route("/api/triggers/read", read_trigger, "POST"),
        _route("/api/triggers/write", write_trigger, "POST"),
        _route("/api/hooks", run_hook, "POST"),
        _route("/api/send-test", send_test, "POST"),
    ]


def _instance_routes(instances: InstanceFiles) -> list[Route]:
    async def list_instances(_request: Request) -> Response:
        rows = [
            {"error": str(one)} if isinstance(one, ConfigFileError) else _summarize(one)
            for one in instances.list()
        ]
        return JSONResponse({"instances": rows})

    async def show_instance(request: Request) -> Response:
        return JSONResponse(_describe(instances.read(request.path_params["name"])))

    async def review(request: Request) -> Response:
        document = _object(await _read_object(request), "document")
        current, _, diff = instances.review(request.path_params["name"], document)
        return JSONResponse({"diff": diff, "revision": current.revision})

    async def write_instance(request: Request) -> Response:
        body = await _read_object(request)
        name, revision = request.path_params["name"], _text(body, "revision")
        return JSONResponse(_describe(instances.write(name, _object(body, "document"), revision)))

    async def move_to_file(request: Request) -> Response:
        return JSONResponse(_describe(instances.move_to_file(request.path_params["name"])))

    return [
        _route("/api/instances", list_instances),
        _route("/api/instances/{name}", show_instance),
        _route("/api/instances/{name}", write_instance, "PUT"),
        _route("/api/instances/{name}/review", review, "POST"),
        _route("/api/instances/{name}/move-to-file", move_to_file, "POST"),
    ]


def _secret_routes(secrets: SecretFile) -> list[Route]:
    async def show_secret(request: Request) -> Response:
        return JSONResponse(secrets.describe(request.path_params["name"]))

    async def write_secret(request: Request) -> Response:
        name = request.path_params["name"]
        secrets.write(name, _text(await _read_object(request), "value"))
        return JSONResponse(secrets.describe(name))

    async def remove_secret(request: Request) -> Response:
        secrets.remove(request.path_params["name"])
        return JSONResponse(secrets.describe(request.path_params["name"]))

    return [
        _route("/api/secrets/{name}", show_secret),
        _route("/api/secrets/{name}", write_secret, "PUT"),
        _route("/api/secrets/{name}", remove_secret, "DELETE"),
    ]


def _route(path: str, endpoint: Endpoint, method: str = "GET") -> Route:
    return Route(path, _answering(endpoint), methods=[method])


def _answering(endpoint: Endpoint) -> Endpoint:
    """Return an endpoint whose errors are problem documents, and whose answers no cache keeps."""

    @wraps(endpoint)
    async def answer(request: Request) -> Response:
        try:
            response = await endpoint(request)
        except _EXPECTED as error:
            response = _explain(error)
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    return answer


def _explain(error: Exception) -> Response:
    """Return the problem document of an error."""
    match error:
        case ConsoleError():
            status = _STATUS_BY_CODE.get(error.code, _PARTNER_STATUS)
            record = error.record
            return problem(status, error.code, str(error), problems=record["problems"])
        case StaleRevisionError():
            return problem(
                409, "STALE", str(error), diff=error.diff, current=_describe(error.current)
            )
        case UnknownInstanceError():
            return problem(404, "UNKNOWN", str(error))
        case ReadOnlyError():
            return problem(409, "READ_ONLY", str(error))
        case ConfigFileError():
            return problem(409, "FILE", str(error))
        case OSError():
            return problem(507, "DISK", f"the file cannot be written: {error.strerror}")
        case _:
            return problem(400, "REQUEST", str(error))


async def _read_object(request: Request) -> JsonObject:
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > _MAX_BYTES:
            raise BodyError(f"the body has more than {_MAX_BYTES:,} bytes")
        chunks.append(chunk)
    try:
        body = json.loads(b"".join(chunks))
    except (ValueError, RecursionError):
        raise BodyError("the body is no JSON") from None
    if not isinstance(body, dict):
        raise BodyError("the body should be a JSON object")
    return body


def _text(body: JsonObject, name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str):
        raise BodyError(f"{name} should be a text")
    return value


def _object(body: JsonObject, name: str) -> dict[str, Any]:
    value = body.get(name)
    if not isinstance(value, dict):
        raise BodyError(f"{name} should be an object")
    return value


def _with_etag(request: Request, document: JsonObject) -> Response:
    content = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    tag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(content, media_type="application/json", headers=headers)


def _describe(instance: InstanceDocument) -> dict[str, Json]:
    return {
        "name": instance.name,
        "file": instance.file,
        "readOnly": instance.read_only,
        "revision": instance.revision,
        "document": instance.document,
    }


def _summarize(instance: InstanceDocument) -> dict[str, Json]:
    document = instance.document if isinstance(instance.document, dict) else {}
    subscriptions = document.get("subscriptions")
    rows = subscriptions if isinstance(subscriptions, list) else []
    return {
        "name": instance.name,
        "destination": document.get("destination"),
        "file": instance.file,
        "readOnly": instance.read_only,
        "mappings": len(rows),
        "enabled": sum(1 for row in rows if isinstance(row, dict) and row.get("enabled", True)),
    }
