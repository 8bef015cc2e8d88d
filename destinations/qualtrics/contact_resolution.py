"""From a person to their contact: the one that is known, the one that is found, or a new one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import NamedTuple

from destination_kit import (
    Context,
    DeliveryError,
    IntegrationError,
    JsonObject,
    RetryableError,
)
from destinations.qualtrics import client
from destinations.qualtrics.contact_cache import LAG, LIFETIME, Known, People, Person, read_criteria
from destinations.qualtrics.keyed_locks import Request

_MOST_PAGES = 100


class Found(NamedTuple):
    """A contact's id. `recalled` says that it comes from memory, so that it may be gone."""

    contact_id: str
    recalled: bool = False


async def find_or_create(context: Context, person: Person, body: JsonObject) -> Found:
    """Return the contact of a person, made of this body where there is none.

    Raises `IntegrationError` where several contacts, or only somebody else's, fit.
    """
    people: People = context.shared_state
    async with people.claims.hold(person.keys, _request("search", person)) as claim:
        raise_if_in_doubt(people, person)
        if known := await _recall(context, person):
            return Found(known.contact_id, recalled=True)
        found = await _search(context, person)
        if found is None and (known := await _recall(context, person)):
            # The search has shown that we may know.
            return Found(known.contact_id, recalled=True)
        claim.request = None  # what follows is about this body, and nobody else's affair
        return Found(found or await _create(context, person, body))


async def create_or_update(context: Context, person: Person, body: JsonObject) -> str:
    """Write a contact, and return its id; whoever is known is updated, and anyone else added.

    Whether somebody who is added was there before is decided by the directory's rules.
    """
    if not person.identity:
        return await client.create_contact(context, person.directory_id, body)
    people: People = context.shared_state
    async with people.claims.hold(person.keys, _request("write", person, body)) as claim:
        if claim.answer is None:
            known = people.knows(person) or people.in_doubt(person) is not None
            claim.answer = await _update(context, person, body) if known else None
            claim.answer = claim.answer or await _create(context, person, body)
        return str(claim.answer)


def _request(what: str, person: Person, body: JsonObject | None = None) -> Request:
    """Return what is the same for those who share an answer: never for two tokens."""
    return what, person.reader, body


async def evict_if_deleted(context: Context, person: Person, contact_id: str) -> bool:
    """Return whether a contact is there no more; it is forgotten then."""
    if await client.contact_exists(context, person.directory_id, contact_id):
        return False
    people: People = context.shared_state
    people.forget(person, contact_id)
    return True


async def _recall(context: Context, person: Person) -> Known | None:
    people: People = context.shared_state
    if not people.may_know(person):
        return None
    return people.recall(person, (await _ranked(context, person))[0])


async def _search(context: Context, person: Person) -> str | None:
    """Return who has everything that identifies the person, else who has the strongest of it."""
    hits = await _find(context, person)
    if not hits:
        return None
    if len(hits) > 1:
        raise _several(person, len(hits))
    _remember(context, person, Known(hits[0].contact_id, hits[0].ext_ref))
    return hits[0].contact_id


async def _find(context: Context, person: Person) -> Sequence[client.Hit]:
    # The strongest alone comes first: whoever has everything has that as well, so where nobody or
    # one contact has it, one search is enough.
    strongest, *others = await _ranked(context, person)
    hits = await _search_by(context, person, strongest)
    people: People = context.shared_state
    people.admit(person)
    if len(hits) > 1 and others and (all_of_it := await _search_by(context, person)):
        return all_of_it
    if strongest == "extRef" or not hits:
        return hits
    if own := [hit for hit in hits if not person.is_another(hit.ext_ref)]:
        return own
    # By the rules of the directory a new contact would become one with somebody else's.
    if named := await _search_by(context, person, "extRef"):
        return named
    raise IntegrationError(
        f"The contact with this {strongest} has another extRef, and the directory takes all with"
        f" the same {strongest} for one person: map the right extRef, or change the directory's"
        " deduplication rules.",
        "CONTACT_OF_ANOTHER",
        HTTPStatus.BAD_REQUEST,
    )


async def _search_by(context: Context, person: Person, *names: str) -> Sequence[client.Hit]:
    """Search by some of what identifies a person, or by all of it."""
    identity = {name: person.identity[name] for name in names or person.identity}
    return await client.search_contacts(context, person.directory_id, identity)


def raise_if_in_doubt(people: People, person: Person) -> None:
    """Raise `RetryableError` while a search cannot tell whether a contact was made."""
    if seconds := people.in_doubt(person):
        message = "a contact may have been made of this person: a search will tell"
        raise RetryableError(message, code="CONTACT_IN_DOUBT", retry_after=seconds)


async def _create(context: Context, person: Person, body: JsonObject) -> str:
    people: People = context.shared_state
    try:
        contact_id = await client.create_contact(context, person.directory_id, body)
    except DeliveryError as error:
        if getattr(error, "outcome_unknown", False):
            people.doubt(person)
        raise
    people.admit(person)
    _remember(context, person, Known(contact_id, person.ext_ref))
    return contact_id


async def _show_access(context: Context, person: Person) -> None:
    """Search as a reader of whose access nothing is known, where others know the person."""
    people: People = context.shared_state
    if not people.hides(person):
        return
    try:
        await _search_by(context, person)
    except DeliveryError as error:
        if _is_passing(error):
            raise
    else:
        people.admit(person)


async def _update(context: Context, person: Person, body: JsonObject) -> str | None:
    """Update who is known, or was made after all; return None where that is nobody any more."""
    people: People = context.shared_state
    raise_if_in_doubt(people, person)
    await _show_access(context, person)
    if people.in_doubt(person) is not None:
        await _search(context, person)  # whoever was made after all is updated
    known = await _recall(context, person)
    if known is None:
        return None
    if person.anonymous and known.ext_ref:  # a name is worth more than an anonymous id
        body = {name: value for name, value in body.items() if name != "extRef"}
    if await client.update_contact(context, person.directory_id, known.contact_id, body):
        people.admit(person)
        _remember(context, person, Known(known.contact_id, person.ext_ref or known.ext_ref))
        return known.contact_id
    people.forget(person, known.contact_id)
    return None


def _remember(context: Context, person: Person, known: Known) -> None:
    people: People = context.shared_state
    strongest, *_ = person.ranked(people.rules.get(person.reader) or {})
    people.remember(person, known, strongest)
    people.settle(person)


async def _ranked(context: Context, person: Person) -> Sequence[str]:
    """Return what identifies a person, the strongest first as the directory sees it."""
    people: People = context.shared_state
    if len(person.identity) == 1:
        return tuple(person.identity)
    rules = people.rules.get(person.reader)
    if rules is None:
        async with people.claims.hold([("rules", person.reader)]):
            rules = people.rules.get(person.reader)  # unless somebody has asked meanwhile
            if rules is None:
                rules, lifetime = await _rules(context, person.directory_id)
                people.rules.put(person.reader, rules, lifetime)
    return person.ranked(rules)


async def _rules(context: Context, directory_id: str) -> tuple[Mapping[str, bool], float]:
    """Return what a directory deduplicates by, and for how many seconds to believe it."""
    page: str | None = None
    try:
        for _ in range(_MOST_PAGES):
            listed = await client.list_directories(context, page)
            for each in listed.elements:
                if each.get("directoryId") == directory_id:
                    return read_criteria(each), LIFETIME
            if (page := listed.next_page) is None:
                break
    except DeliveryError as error:
        if _is_passing(error):  # without the rules a contact may become somebody else's
            raise
        # A token may be good for contacts and yet not for this list.
    return {}, LAG


def _is_passing(error: DeliveryError) -> bool:
    """Return whether an error says nothing of what a token may read."""
    if error.status == HTTPStatus.UNAUTHORIZED:
        return True
    return error.retryable and error.status != HTTPStatus.FORBIDDEN


def _several(person: Person, count: int) -> IntegrationError:
    return IntegrationError(
        f"{count} contacts or more have this {' and '.join(person.identity)}, and a transaction"
        " belongs to one: merge them in Qualtrics, or map contactId.",
        "MULTIPLE_CONTACTS_FOUND",
        HTTPStatus.BAD_REQUEST,
    )
