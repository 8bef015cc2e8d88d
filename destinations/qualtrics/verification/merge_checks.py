"""Checks of deduplication: which fields merge contacts, and what the directory says of it."""

from __future__ import annotations

from typing import Final

from destination_kit import Json, JsonObject
from destination_kit.verification import Session, UnsettledError
from destinations.qualtrics.verification import api

#: What `check_merging` returns where a rule without a match ends the search for others.
FIRST_RULE_ONLY: Final = "extRef, and then no further rule"


async def check_merging(session: Session) -> Json:
    """Return which of extRef and email merges two contacts that share it."""
    by_ext_ref = await _shares_id(session, "same-ref", ("same-ref", "same-ref"), ("one", "two"))
    by_email = await _shares_id(session, "same-mail", ("ref-one", "ref-two"), ("three", "three"))
    session.memory["merging"] = {"extRef": by_ext_ref, "email": by_email}
    if by_ext_ref and not by_email and "email" in session.memory["criteria"]:
        return FIRST_RULE_ONLY
    merging = [name for name, merges in session.memory["merging"].items() if merges]
    return " and ".join(merging) or "neither"


async def _shares_id(
    session: Session, label: str, ext_refs: tuple[str, str], emails: tuple[str, str]
) -> bool:
    contact_ids = [
        await api.create_contact(
            session,
            ext_ref if ext_ref == label else f"{label}-{ext_ref}",
            email=f"{session.run_id}-{label}-{email}@example.com",
        )
        for ext_ref, email in zip(ext_refs, emails, strict=True)
    ]
    return contact_ids[0] == contact_ids[1]


async def check_criteria(session: Session) -> Json:
    """Return whether the directory reports the criteria by which it merges."""
    merging, criteria = session.memory.get("merging"), session.memory["criteria"]
    if merging is None:
        raise UnsettledError("which fields merge is not known")
    if not session.memory["is_listed"]:
        raise UnsettledError("the token may not list directories, so none reports its criteria")
    # A rule of several fields merges by none of them alone, but reports all of them.
    return all(name in criteria for name, merges in merging.items() if merges)


def configure_merging(seen: Json) -> JsonObject:
    """Return the merge rules of a simulated directory that behaves as seen."""
    rules: list[Json] = [[name] for name in ("extRef", "email") if name in str(seen)]
    if seen == FIRST_RULE_ONLY:
        rules = [["extRef"], ["email"]]
    return {
        "directories": {"POOL_000000000000001": {"mergeRules": rules}},
        "contacts": {"unmatchedRule": "stop" if seen == FIRST_RULE_ONLY else "next"},
    }


def configure_criteria(seen: Json) -> JsonObject:
    """Return the criteria of a simulated directory; null derives them from its rules."""
    criteria = None if seen else {"email": False, "externalDataReference": False}
    return {"directories": {"POOL_000000000000001": {"deduplicationCriteria": criteria}}}
