"""What a configuration's annotations cannot say: rules over more than one switch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeAlias

from destinations.qualtrics.simulator.config import Config
from destinations.qualtrics.simulator.contact_body import read_person
from destinations.qualtrics.simulator.faults import SCRIPT_WORD
from destinations.qualtrics.simulator.record_loader import ConfigError, load_record
from destinations.qualtrics.simulator.responses import Refusal

if TYPE_CHECKING:
    from destinations.qualtrics.simulator.config import Contacts, Directory, Faults

MOST_RULES = 3
STATUSES = range(400, 600)

Problem: TypeAlias = tuple[str, str]


def load_config(document: object) -> Config:
    """Return the configuration that a JSON object describes.

    A `ConfigError` names the place of the first thing wrong with it.
    """
    config = load_record(Config, document, "")
    for pointer, message in problems(config):
        raise ConfigError(pointer, message)
    return config


def problems(config: Config) -> Iterator[Problem]:
    """Yield what is wrong: a JSON Pointer and a sentence each."""
    if isinstance(config.latency, tuple) and config.latency[0] > config.latency[1]:
        yield "/latency", "expected the lower end of the range first"
    yield from _who(config)
    for directory_id, directory in config.directories.items():
        yield from _directory(f"/directories/{directory_id}", directory)
        yield from _people(f"/directories/{directory_id}", directory, config.contacts)
    yield from _faults(config.faults)


def _who(config: Config) -> Iterator[Problem]:
    for switch, tokens in (("tokens", config.tokens), ("bearerTokens", config.bearer_tokens)):
        for token, owner in tokens.items():
            if owner not in config.users:
                yield f"/{switch}/{token}", f"no such user: {owner!r}"
    for user_id, user in config.users.items():
        for i, directory in enumerate(user.directories or ()):
            if directory not in config.directories:
                yield f"/users/{user_id}/directories/{i}", f"no such directory: {directory!r}"


def _directory(pointer: str, directory: Directory) -> Iterator[Problem]:
    if len(directory.merge_rules) > MOST_RULES:
        yield f"{pointer}/mergeRules", f"a directory has at most {MOST_RULES} merge rules"
    for i, rule in enumerate(directory.merge_rules):
        if not rule:
            yield f"{pointer}/mergeRules/{i}", "a merge rule needs at least one field"


def _people(pointer: str, directory: Directory, rules: Contacts) -> Iterator[Problem]:
    for i, person in enumerate(directory.contacts):
        try:
            read_person(person, rules)
        except Refusal as refusal:
            yield f"{pointer}/contacts/{i}", refusal.message
        for j, name in enumerate(person.lists):
            if name not in directory.mailing_lists:
                yield f"{pointer}/contacts/{i}/lists/{j}", f"no such mailing list: {name!r}"


def _faults(faults: Faults) -> Iterator[Problem]:
    for status in faults.statuses:
        if not (status.isdecimal() and int(status) in STATUSES):
            yield f"/faults/statuses/{status}", "expected a status from 400 to 599"
    if sum(faults.statuses.values()) + faults.reset_before + faults.reset_after > 1:
        yield "/faults", "the shares of statuses and resets add up to more than 1"
    for i, word in enumerate(faults.script):
        if not SCRIPT_WORD.fullmatch(word):
            yield f"/faults/script/{i}", f"not a fault: {word!r}"
