"""Writing contacts: merge rules decide whom an added contact is, supplied parts overwrite."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from destinations.qualtrics.simulator.contact_body import update_embedded
from destinations.qualtrics.simulator.responses import Refusal
from destinations.qualtrics.simulator.store import Contact, Membership, Store, Table
from destinations.qualtrics.simulator.world import World

if TYPE_CHECKING:
    from destinations.qualtrics.simulator.config import Contacts, Directory
    from destinations.qualtrics.simulator.contact_body import Supplied


def find_match(
    table: Table, rules: Sequence[Sequence[str]], fields: Mapping[str, str], unmatched: str
) -> Contact | None:
    """Return the contact that an added one is, by the first rule that says so.

    A rule with a field that the added contact lacks is skipped. After a rule that finds nobody
    comes the next one, unless `unmatched` is `"stop"`.
    """
    for rule in rules:
        if not all(fields.get(name, "").strip() for name in rule):
            continue
        found = next(iter(_matching_all(table, rule, fields)), None)
        if found or unmatched == "stop":
            return found
    return None


def add_contact(world: World, directory: Directory, store: Store, supplied: Supplied) -> Contact:
    """Return the contact that is there now, new or merged; it is not stored yet."""
    rules, now = world.config.contacts, world.clock()
    if rules.identity_required and not _identified(directory, supplied):
        raise Refusal(400, "The contact lacks the fields of every merge rule.")
    match = find_match(store.live, directory.merge_rules, supplied.fields, rules.unmatched_rule)
    if match:
        return change_contact(match, supplied, rules, now)
    fresh = Contact(world.new_id("CID_"), created=now, modified=now)
    return change_contact(fresh, supplied, rules, now)


def change_contact(old: Contact, supplied: Supplied, rules: Contacts, now: float) -> Contact:
    """Return `old` with the supplied parts over it."""
    sensitive = rules.embedded_names_case_sensitive
    unsubscribed = resolve_opt_out(rules, old=old.unsubscribed, said=supplied.unsubscribed)
    return replace(
        old,
        modified=now,
        fields={**old.fields, **supplied.fields},
        embedded=update_embedded(old.embedded, supplied.embedded, case_sensitive=sensitive),
        unsubscribed=unsubscribed,
        unsubscribed_at=(old.unsubscribed_at or now) if unsubscribed else None,
    )


def resolve_opt_out(rules: Contacts, *, old: bool, said: bool | None) -> bool:
    """Return whether a contact is opted out after a call that `said` something or nothing."""
    if said is None or (said is False and not rules.false_resubscribes):
        return old
    return said


def join_list(
    contact: Contact, list_id: str, supplied: Supplied, world: World
) -> tuple[Contact, Membership]:
    """Return the contact as a member of a list, with what the call supplied for the list only."""
    rules, now = world.config.contacts, world.clock()
    old = contact.memberships.get(list_id) or Membership(world.new_id(rules.lookup_prefix))
    unsubscribed = resolve_opt_out(rules, old=old.unsubscribed, said=supplied.unsubscribed)
    sensitive = rules.embedded_names_case_sensitive
    membership = replace(
        old,
        unsubscribed=unsubscribed,
        unsubscribed_at=(old.unsubscribed_at or now) if unsubscribed else None,
        private=update_embedded(old.private, supplied.private, case_sensitive=sensitive),
    )
    memberships = {**contact.memberships, list_id: membership}
    return replace(contact, memberships=memberships), membership


def _matching_all(
    table: Table, rule: Sequence[str], fields: Mapping[str, str]
) -> Iterable[Contact]:
    first, *_ = rule
    return (
        contact
        for contact in table.matching(first, fields[first])
        if all(_same(contact.fields.get(name), fields[name]) for name in rule)
    )


def _same(one: str | None, other: str) -> bool:
    return one is not None and one.casefold() == other.casefold()


def _identified(directory: Directory, supplied: Supplied) -> bool:
    rules = directory.merge_rules
    return not rules or any(all(supplied.fields.get(name) for name in rule) for rule in rules)
