"""Bulk import of contacts into a mailing list of Qualtrics, added by somebody else's plugin."""

from collections.abc import Sequence
from urllib.parse import quote

from destination_kit import (
    Action,
    BatchLimits,
    Context,
    Failed,
    Json,
    JsonObject,
    RateLimit,
    Submitted,
    hookimpl,
)

IMPORTS = RateLimit("imports", 25)
TEXT = {"type": "string"}
FIELDS: JsonObject = {
    "type": "object",
    "required": ["directoryId", "mailingListId", "extRef"],
    "properties": {
        "directoryId": {**TEXT, "title": "Directory ID"},
        "mailingListId": {**TEXT, "title": "Mailing List ID"},
        "extRef": {**TEXT, "title": "External Reference", "default": {"@path": "$.userId"}},
        "email": {**TEXT, "title": "Email", "default": {"@path": "$.traits.email"}},
        "firstName": {**TEXT, "title": "First Name", "default": {"@path": "$.traits.firstName"}},
        "lastName": {**TEXT, "title": "Last Name", "default": {"@path": "$.traits.lastName"}},
    },
}
_PLACE = ("directoryId", "mailingListId")


def rate_limits(method: str, url: str) -> Sequence[RateLimit]:
    return (IMPORTS,) if method == "POST" and url.endswith("/transactioncontacts") else ()


def url_of(context: Context, *steps: object) -> str:
    path = "/".join(quote(str(step), safe="") for step in steps)
    return f"https://{context.settings['datacenter']}.qualtrics.com/API/v3/directories/{path}"


async def submit(
    context: Context, payloads: Sequence[JsonObject]
) -> list[Json | Submitted | Failed]:
    """Start one import. All payloads are for one mailing list, since that is a batch key.

    An import has no idempotency key. A response that was lost would import its rows again, so rows
    that the list holds already, with the same values, are left out. Rows of an import that still
    runs are no members yet: where its response was lost and the next attempt comes before it is
    complete, only a merge rule of the directory keeps them from being imported twice. Qualtrics
    documents no list of jobs that could be asked.
    """
    directory, mailing_list = (str(payloads[0][name]) for name in _PLACE)
    rows = [
        {name: value for name, value in payload.items() if name not in _PLACE}
        for payload in payloads
    ]
    members = await list_members(context, directory, mailing_list)
    answers: list[Json | Submitted | Failed] = [find_same(row, members) for row in rows]
    fresh = [position for position, found in enumerate(answers) if found is None]
    if not fresh:
        return answers
    url = url_of(context, directory, "mailinglists", mailing_list, "transactioncontacts")
    contacts = [rows[position] for position in fresh]
    result = (await context.http.post(url, json={"contacts": contacts})).body["result"]
    unprocessed = set(result["contacts"]["unprocessed"])
    place: dict[str, Json] = {"directory": directory, "list": mailing_list, "id": result["id"]}
    for row, position in enumerate(fresh):
        answers[position] = (
            Failed("IMPORT_UNPROCESSED", "Qualtrics did not take the row")
            if row in unprocessed
            else Submitted({**place, "row": row}, retry_after=0.05)
        )
    return answers


def find_same(row: JsonObject, members: dict[str, JsonObject]) -> Json:
    """Return the contact of a row that the list holds with the same values, else None."""
    member = members.get(str(row["extRef"]))
    if member is None or any(member.get(name) != value for name, value in row.items()):
        return None
    return {"contactId": member["contactId"]}


async def list_members(
    context: Context, directory: str, mailing_list: str
) -> dict[str, JsonObject]:
    """Return the members of a mailing list by their external reference."""
    page: str | None = url_of(context, directory, "mailinglists", mailing_list, "contacts")
    members: dict[str, JsonObject] = {}
    while page:
        result = (await context.http.get(page)).body["result"]
        members |= {str(member["extRef"]): member for member in result["elements"]}
        page = result.get("nextPage")
    return members


async def submit_one(context: Context, payload: JsonObject) -> Json | Submitted | Failed:
    return (await submit(context, [payload]))[0]


async def poll(context: Context, jobs: Sequence[JsonObject]) -> list[Json | Failed | Submitted]:
    """Return the result of each row whose import is complete."""
    places = {(str(job["directory"]), str(job["list"]), str(job["id"])) for job in jobs}
    reports = {place[2]: await read_report(context, *place) for place in places}
    return [answer(job, reports[str(job["id"])]) for job in jobs]


def answer(job: JsonObject, report: dict[int, JsonObject] | None) -> Json | Failed | Submitted:
    if report is None:
        return Submitted(job, retry_after=0.05)
    row = report.get(int(str(job["row"])))
    if row is None or not row.get("contactId"):
        return Failed("IMPORT_FAILED", "Qualtrics did not import the row")
    return {"contactId": row["contactId"]}


async def read_report(
    context: Context, directory: str, mailing_list: str, job: str
) -> dict[int, JsonObject] | None:
    """Return the results of an import by row; None while it runs."""
    url = url_of(context, directory, "mailinglists", mailing_list, "transactioncontacts", job)
    status = str((await context.http.get(url)).body["result"]["status"])
    if "complete" not in status.lower():
        return None
    rows: dict[int, JsonObject] = {}
    page: str | None = url_of(context, directory, "imports", "api-import", "jobs", job, "report")
    while page:
        result = (await context.http.get(page)).body["result"]
        rows |= {int(row["sourceIndexId"]): row for row in result["elements"]}
        page = result.get("nextPage")
    return rows


IMPORT = Action(
    title="Add contacts to a mailing list",
    trigger='type = "identify"',
    fields=FIELDS,
    perform=submit_one,
    perform_batch=submit,
    poll=poll,
    batch=BatchLimits(count=10_000, bytes=4_500_000, keys=_PLACE),
    rate_limits=rate_limits,
    all_rate_limits=(IMPORTS,),
)


@hookimpl
def register_actions(destination: str) -> list[tuple[str, Action]]:
    return [("addContactsToMailingList", IMPORT)] if destination == "actions-qualtrics" else []
