"""Checks of contacts: validation, limits, and the effect of writing to an existing contact."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

from destination_kit import Json, JsonObject
from destination_kit.verification import Session, UnsettledError
from destinations.qualtrics.verification import api

#: Pauses between the searches for a new contact, in seconds; 60 in all.
_PAUSES: Final = (0.0, 0.25, 0.25, 0.5, 1.0, 2.0, 2.0, 4.0, 5.0, 15.0, 30.0)
#: Transactions that the checks may create of the member of the mailing list.
_MEMBER_TRANSACTIONS: Final = 4
_CANDIDATES_FOR_RESERVED: Final = (
    *("Points", "firstName", "lastName", "email", "phone", "extRef"),
    *("externalDataReference", "language", "unsubscribed"),
)


async def check_update(session: Session) -> Json:
    """Return whether PUT merges embedded data into the stored data or replaces it."""
    contact_id = await api.create_contact(session, "update", embeddedData={"first": "1"})
    response = await api.update_contact(session, contact_id, {"embeddedData": {"second": "2"}})
    api.require_success(response, "PUT of embedded data was refused")
    stored = (await api.fetch_contact(session, contact_id))["embeddedData"]
    if "second" not in stored:
        raise UnsettledError("the embedded data of a PUT was not stored")
    return "merge" if "first" in stored else "replace"


async def check_opt_in(session: Session) -> Json:
    """Return whether `unsubscribed: false` ends the opt-out of a contact."""
    contact_id = await api.create_contact(session, "opt-out", unsubscribed=True)
    if (await api.fetch_contact(session, contact_id))["directoryUnsubscribed"] is not True:
        raise UnsettledError("a contact that was made with unsubscribed true is not opted out")
    again = await api.create_contact(session, "opt-out", unsubscribed=False)
    if again != contact_id:
        # The directory has no rule that merges by extRef, so the second POST made a contact.
        response = await api.update_contact(session, contact_id, {"unsubscribed": False})
        api.require_success(response, "PUT of unsubscribed was refused")
    return (await api.fetch_contact(session, contact_id))["directoryUnsubscribed"] is False


async def check_search_lag(session: Session) -> Json:
    """Return after how many seconds of waiting a search finds a new contact."""
    contact_id = await api.create_contact(session, "lag")
    waited = 0.0
    for pause in _PAUSES:
        await session.options.sleep(pause)
        waited += pause
        if contact_id in await api.search(session, "extRef", f"{session.run_id}-lag"):
            return waited
    return waited


async def check_email(session: Session) -> Json:
    """Return whether the format of an email address is checked."""
    email = f"{session.run_id} is no address"
    return not await api.accepts_contact(session, "email", email=email)


async def check_phone(session: Session) -> Json:
    """Return whether the format of a phone number is checked."""
    return not await api.accepts_contact(session, "phone", phone=f"{session.run_id} is no number")


async def check_language(session: Session) -> Json:
    """Return whether the code of a language is checked."""
    return not await api.accepts_contact(session, "language", language="no-language")


async def check_nulls(session: Session) -> Json:
    """Return whether null in a contact is refused."""
    accepted = await api.accepts_contact(session, "null", firstName=None)
    return "ignore" if accepted else "refuse"


async def check_unknown_keys(session: Session) -> Json:
    """Return whether a member that the API does not define is refused."""
    accepted = await api.accepts_contact(session, "unknown-member", dkitVerify="1")
    return "ignore" if accepted else "refuse"


async def check_field_length(session: Session) -> Json:
    """Return the longest first name that is stored whole."""
    contact_id = await api.create_contact(session, "first-name")

    async def stores(length: int) -> bool:
        response = await api.update_contact(session, contact_id, {"firstName": "x" * length})
        return api.is_accepted(response, "PUT of a first name was refused")

    longest = await find_largest(stores, usual=1000, ceiling=4000)
    stored = (await api.fetch_contact(session, contact_id))["firstName"]
    return min(longest, len(stored or ""))


async def check_name_length(session: Session) -> Json:
    """Return the longest name of embedded data that is accepted."""
    return await _find_embedded_length(session, lambda length: {"n" * length: "1"}, 200, 1000)


async def check_value_length(session: Session) -> Json:
    """Return the longest value of embedded data that is accepted."""
    return await _find_embedded_length(session, lambda length: {"note": "v" * length}, 1024, 4096)


async def _find_embedded_length(
    session: Session, make_data: Callable[[int], JsonObject], usual: int, ceiling: int
) -> int:
    contact_id = await api.create_contact(session, f"length-{usual}")

    async def accepts(length: int) -> bool:
        body = {"embeddedData": make_data(length)}
        response = await api.update_contact(session, contact_id, body)
        return api.is_accepted(response, "PUT of embedded data was refused")

    return await find_largest(accepts, usual=usual, ceiling=ceiling)


async def check_name_case(session: Session) -> Json:
    """Return whether names of embedded data that differ in case only are different names."""
    contact_id = await api.create_contact(
        session, "name-case", embeddedData={"dkitPlan": "1", "DKITPLAN": "2"}
    )
    stored = (await api.fetch_contact(session, contact_id))["embeddedData"]
    return len([name for name in stored if name.lower() == "dkitplan"]) > 1


async def check_reserved_names(session: Session) -> Json:
    """Return the names that embedded data may not have, of those that may be reserved."""
    contact_id = await api.create_contact(session, "reserved")
    refused: list[Json] = []
    for name in _CANDIDATES_FOR_RESERVED:
        response = await api.update_contact(session, contact_id, {"embeddedData": {name: "1"}})
        if not api.is_accepted(response, "PUT of embedded data was refused"):
            refused.append(name)
    return refused


async def check_identity(session: Session) -> Json:
    """Return whether a contact needs the fields of a merge rule."""
    if "firstName" in session.memory["criteria"]:
        raise UnsettledError("the directory has a merge rule with the first name")
    api.require_plain_contact(session)
    body = {"firstName": f"{session.run_id}-identity"}
    response = await api.post_contact(session, body, mark="firstName")
    return not api.is_accepted(response, "Qualtrics did not create a contact")


async def check_list_membership(session: Session) -> Json:
    """Return the prefix of the id that a contact has on a mailing list."""
    member = await add_member(session)
    prefix, underscore, _ = str(member["contactLookupId"]).partition("_")
    return prefix + underscore


async def add_member(session: Session) -> Any:
    """Return the result of adding a contact to the mailing list; only one is added in a run."""
    if "member" not in session.memory:
        body: JsonObject = {
            "extRef": f"{session.run_id}-member",
            "email": f"{session.run_id}-member@example.com",
            "language": "EN",
        }
        list_id = session.parameters["list"]
        response = await api.post_contact(
            session, body, "mailinglists", list_id, transactions=_MEMBER_TRANSACTIONS
        )
        api.require_success(response, "Qualtrics did not add a contact to the mailing list")
        session.memory["member"] = api.result(response)
    return session.memory["member"]


async def find_largest(
    accepts: Callable[[int], Awaitable[bool]], *, usual: int, ceiling: int
) -> int:
    """Return the largest number that is accepted, at most `ceiling`.

    The limit is expected at `usual`, where two calls find it. Raises `UnsettledError` where even 1
    is refused, because something else is the reason then.
    """
    low, high = 0, usual
    if await accepts(usual):
        if not await accepts(usual + 1):
            return usual
        if await accepts(ceiling):
            return ceiling
        low, high = usual + 1, ceiling
    while high - low > 1:
        middle = (low + high) // 2
        if await accepts(middle):
            low = middle
        else:
            high = middle
    if not low:
        raise UnsettledError("even the smallest one is refused")
    return low
