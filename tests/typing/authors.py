"""Never executed: mypy reads it. What an author writes is typed, and each mistake is one for mypy too.

An ignore that ignores nothing is an error, so every `type: ignore` here is a mistake that is found.
"""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Mapping, Sequence
from typing import TypedDict, assert_type

import httpx

from destination_kit import (
    Action,
    AuthResult,
    BatchLimits,
    Choice,
    Choices,
    Command,
    Context,
    Destination,
    Failed,
    Instance,
    Json,
    JsonObject,
    PreparedRequest,
    Problem,
    RequestOptions,
    Response,
    ResultRecord,
    Writer,
    hookimpl,
)
from destination_kit.testing import (
    Partner,
    check_destination,
    configured_instance,
    events_of_every_type,
    find_problems,
)


class Contact(TypedDict):
    """The shape of a payload."""

    email: str


async def perform(context: Context, payload: Contact) -> Response:
    answer = await context.http.post("https://api.example.com", json={"email": payload["email"]})
    assert_type(answer.status, int)
    return answer


def sign(request: PreparedRequest) -> Mapping[str, str]:
    return {"x-signature": request.content.hex()}


async def send_bodies(context: Context, payload: Contact) -> None:
    http, url = context.http, "https://api.example.com"
    await http.post(url, json=payload)
    await http.put(url, json=[payload])
    await http.patch(url, form={"email": payload["email"], "ids": [1, 2], "ok": True})
    await http.post(url, content="<a/>", content_type="application/xml", sign=sign)
    await http.post(url, files={"list": ("a.csv", b"a", "text/csv"), "name": "A"})
    await http.head(url, auth=("user", "password"), params={"page": 1})
    options: RequestOptions = {"json": payload, "timeout": 3.0}
    await http.post(url, **options)
    await http.post(url, data={"email": ""})  # type: ignore[call-arg]
    await http.post(url, form={"email": None})  # type: ignore[dict-item]
    await http.post(url, content={"a": 1})  # type: ignore[arg-type]
    await http.post(url, auth="token")  # type: ignore[arg-type]
    await http.post(url, sign=lambda request: 1)  # type: ignore[arg-type, return-value]


async def perform_batch(
    context: Context, payloads: Sequence[Contact]
) -> Sequence[Json | Failed | BaseException]:
    return [Failed("NO", each["email"]) for each in payloads]


async def choices(context: Context, mapping: JsonObject, page: str | None) -> Choices:
    return Choices((Choice("1", "One"),), page)


async def authenticate(context: Context) -> AuthResult:
    return AuthResult(ok=True)


def in_no_time(context: Context, payload: Contact) -> Json:
    return None


async def with_one_argument(context: Context) -> Json:
    return None


async def one_for_all(context: Context, payloads: Sequence[Contact]) -> int:
    return len(payloads)


def respond(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json={})


@hookimpl
def on_result(record: ResultRecord) -> None:
    assert_type(record.seconds, float)


ADD = Action(
    title="Add",
    perform=perform,
    perform_batch=perform_batch,
    batch=BatchLimits(count=10, keys=("list",)),
    choices={"list": choices},
)
ACME = Destination(slug="acme", name="Acme", hosts=("*.example.com",), actions={"add": ADD})

Action(title="Not async", perform=in_no_time)  # type: ignore[arg-type]
Action(title="Too few arguments", perform=with_one_argument)  # type: ignore[arg-type]
Action(title="One answer", perform=perform, perform_batch=one_for_all)  # type: ignore[arg-type]
Action(title="No perform")  # type: ignore[call-arg]
Action("Positional", perform=perform)  # type: ignore[call-arg]
Destination(slug="acme", name="Acme", actions=[ADD])  # type: ignore[arg-type]
Destination(slug="acme", name="Acme", host="*.example.com")  # type: ignore[call-arg]
ACME.slug = "frozen"  # type: ignore[misc]
Failed("NO", "why", outcome="perhaps")  # type: ignore[arg-type]

assert_type(
    find_problems(ACME, respond=respond, values={"email": ["a@example.com"]}), tuple[Problem, ...]
)
assert_type(configured_instance(ACME, {"action": "add"}), Instance)
assert_type(events_of_every_type(), dict[str, JsonObject])
check_destination(ACME, seed=1, count=3)
check_destination(ACME, respond=lambda _: {"ok": True})  # type: ignore[arg-type, return-value]
check_destination(ACME, values={"email": 1})  # type: ignore[dict-item]


def test_with_fixtures(
    dkit_partner: Partner,
    dkit_instance: Callable[..., Instance],
    dkit_events: Mapping[str, JsonObject],
) -> None:
    dkit_partner.expect(
        "POST", "https://api.example.com", {"id": 1}, given={"email": "a@b.example"}
    )
    dkit_partner.expect("GET", "https://api.example.com", httpx.ReadTimeout("no answer"))
    dkit_partner.expect("GET", "https://api.example.com", object())  # type: ignore[arg-type]
    assert_type(dkit_partner.requests, list[httpx.Request])
    assert_type(dkit_events["track"], JsonObject)


def add_contact_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("email")


def show_contact(arguments: Namespace, writer: Writer) -> int:
    writer.table(("email", "times"), [(arguments.email, 2)])
    writer.json({"email": arguments.email})
    writer.json({arguments})  # type: ignore[arg-type]
    return 0


def forget_code(arguments: Namespace, writer: Writer) -> None:
    writer.text(arguments.email)


@hookimpl
def register_commands() -> list[Command]:
    return [
        Command(
            name="contact",
            help="show a contact",
            run=show_contact,
            add_arguments=add_contact_arguments,
        ),
        Command(name="contact", help="show a contact", run=forget_code),  # type: ignore[arg-type]
        Command(name="contact", help="show a contact"),  # type: ignore[call-arg]
    ]
