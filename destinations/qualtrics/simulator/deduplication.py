"""Deduplication: a directory's merge rules find the existing contact that a new one merges into.

Qualtrics documents the rules under "Automatic Deduplication" in its XM Directory support pages.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from destinations.qualtrics.simulator.contact_body import merge_embedded_data
from destinations.qualtrics.simulator.responses import ApiError
from destinations.qualtrics.simulator.store import (
    Contact,
    ContactIndex,
    DirectoryStore,
    Membership,
)
from destinations.qualtrics.simulator.world import World

if TYPE_CHECKING:
    from destinations.qualtrics.simulator.config import ContactSettings, Directory
    from destinations.qualtrics.simulator.contact_body import ContactBody


def find_duplicate(
    index: ContactIndex,
    merge_rules: Sequence[Sequence[str]],
    fields: Mapping[str, str],
    unmatched_rule: Literal["next", "stop"],
) -> Contact | None:
    """Return the oldest contact that the first matching merge rule finds.

    All fields of a rule must match, without case. A rule is skipped if `fields` lacks one of them.
    A rule without a match leads to the next rule, or ends the search if `unmatched_rule` is `stop`.
    """
    for rule in merge_rules:
        if not all(fields.get(name, "").strip() for name in rule):
            continue
        contact = next(iter(_find_matches(index, rule, fields)), None)
        if contact or unmatched_rule == "stop":
            return contact
    return None


def add_contact(
    world: World, directory: Directory, store: DirectoryStore, body: ContactBody
) -> Contact:
    """Return a new contact, or the existing one that it merges into, with `body` applied.

    The caller stores the contact.

    Raises:
        ApiError: The configuration requires a merge rule's fields, and `body` lacks them.

    """
    settings, now = world.config.contacts, world.clock()
    if settings.identity_required and not _has_rule_fields(directory, body):
        raise ApiError(400, "The contact lacks the fields of every merge rule.")
    duplicate = find_duplicate(
        store.current, directory.merge_rules, body.fields, settings.unmatched_rule
    )
    if duplicate:
        return apply_contact_body(duplicate, body, settings, now)
    new_contact = Contact(world.create_id("CID_"), created_at=now, modified_at=now)
    return apply_contact_body(new_contact, body, settings, now)


def apply_contact_body(
    contact: Contact, body: ContactBody, settings: ContactSettings, now: float
) -> Contact:
    """Return the contact with the fields of `body` replaced and its embedded data merged."""
    is_case_sensitive = settings.embedded_names_case_sensitive
    unsubscribed = _resolve_opt_out(settings, old=contact.unsubscribed, new=body.unsubscribed)
    return replace(
        contact,
        modified_at=now,
        fields={**contact.fields, **body.fields},
        embedded_data=merge_embedded_data(
            contact.embedded_data, body.embedded_data, case_sensitive=is_case_sensitive
        ),
        unsubscribed=unsubscribed,
        # No public source says whether a repeated opt-out moves the date. We guess that it stays,
        # because the contact has been opted out since then.
        unsubscribed_at=(contact.unsubscribed_at or now) if unsubscribed else None,
    )


def add_to_mailing_list(
    world: World, contact: Contact, list_id: str, body: ContactBody
) -> tuple[Contact, Membership]:
    """Return the contact as a member of a mailing list, and the membership.

    The membership takes the private embedded data and the opt-out of `body`.
    """
    settings, now = world.config.contacts, world.clock()
    old = contact.memberships.get(list_id) or Membership(world.create_id(settings.lookup_prefix))
    unsubscribed = _resolve_opt_out(settings, old=old.unsubscribed, new=body.unsubscribed)
    is_case_sensitive = settings.embedded_names_case_sensitive
    membership = replace(
        old,
        unsubscribed=unsubscribed,
        unsubscribed_at=(old.unsubscribed_at or now) if unsubscribed else None,
        private_data=merge_embedded_data(
            old.private_data, body.private_data, case_sensitive=is_case_sensitive
        ),
    )
    memberships = {**contact.memberships, list_id: membership}
    return replace(contact, memberships=memberships), membership


def _resolve_opt_out(settings: ContactSettings, *, old: bool, new: bool | None) -> bool:
    """Return whether a contact is opted out after a request with `unsubscribed: new`."""
    if new is None or (new is False and not settings.false_resubscribes):
        return old
    return new


def _find_matches(
    index: ContactIndex, rule: Sequence[str], fields: Mapping[str, str]
) -> Iterable[Contact]:
    # The index ignores surrounding blanks, which Qualtrics documents for search only
    # (https://api.qualtrics.com/c79e78a949572-search-directory-contacts). Without a second
    # comparison, `" a@b.co"` would merge with `"a@b.co"`.
    first_name, *_ = rule
    return (
        contact
        for contact in index.find(first_name, fields[first_name])
        if all(_equals_without_case(contact.fields.get(name), fields[name]) for name in rule)
    )


def _equals_without_case(stored: str | None, supplied: str) -> bool:
    return stored is not None and stored.casefold() == supplied.casefold()


def _has_rule_fields(directory: Directory, body: ContactBody) -> bool:
    rules = directory.merge_rules
    return not rules or any(all(body.fields.get(name) for name in rule) for rule in rules)
