"""Loading of a configuration document, with the rules that concern several options at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeAlias

from destinations.qualtrics.simulator.config import Config
from destinations.qualtrics.simulator.contact_body import parse_initial_contact
from destinations.qualtrics.simulator.faults import SCRIPT_ENTRY
from destinations.qualtrics.simulator.record_loader import (
    ConfigError,
    append_token,
    load_record,
)
from destinations.qualtrics.simulator.responses import ApiError

if TYPE_CHECKING:
    from destinations.qualtrics.simulator.config import (
        ContactSettings,
        Directory,
        FaultSettings,
    )

# Qualtrics allows up to three rules
# (https://www.qualtrics.com/support/iq-directory/directory-settings-tab/automatic-deduplication). A
# test with more would show nothing about a real directory.
MAX_MERGE_RULES = 3
ERROR_STATUSES = range(400, 600)
_SCRIPT_HELP = "write ok, reset-before, reset-after, or a status such as 503-html-late"

#: A JSON Pointer and a message.
Problem: TypeAlias = tuple[str, str]


def load_config(document: object) -> Config:
    """Return the configuration that a JSON object describes; `{}` is the default configuration.

    Raises:
        ConfigError: The document is not valid. The error has the JSON Pointer of the first problem.

    """
    config = load_record(Config, document)
    for pointer, message in _find_problems(config):
        raise ConfigError(pointer, message)
    return config


def _find_problems(config: Config) -> Iterator[Problem]:
    if isinstance(config.latency, tuple) and config.latency[0] > config.latency[1]:
        yield "/latency", "expected the lower end of the range first"
    yield from _check_users(config)
    for directory_id, directory in config.directories.items():
        pointer = append_token("/directories", directory_id)
        yield from _check_merge_rules(pointer, directory)
        yield from _check_contacts(pointer, directory, config.contacts)
    yield from _check_faults(config.faults)


def _check_users(config: Config) -> Iterator[Problem]:
    for key, user_ids in (("tokens", config.tokens), ("bearerTokens", config.bearer_tokens)):
        for token, user_id in user_ids.items():
            if user_id not in config.users:
                yield append_token(f"/{key}", token), f"no such user: {user_id!r}"
    for user_id, user in config.users.items():
        for index, directory_id in enumerate(user.directories or ()):
            if directory_id not in config.directories:
                pointer = append_token("/users", user_id)
                yield f"{pointer}/directories/{index}", f"no such directory: {directory_id!r}"


def _check_merge_rules(pointer: str, directory: Directory) -> Iterator[Problem]:
    if len(directory.merge_rules) > MAX_MERGE_RULES:
        yield f"{pointer}/mergeRules", f"a directory has at most {MAX_MERGE_RULES} merge rules"
    for index, rule in enumerate(directory.merge_rules):
        if not rule:
            yield f"{pointer}/mergeRules/{index}", "a merge rule needs at least one field"


def _check_contacts(
    pointer: str, directory: Directory, settings: ContactSettings
) -> Iterator[Problem]:
    for index, initial_contact in enumerate(directory.contacts):
        contact_pointer = f"{pointer}/contacts/{index}"
        # `create_world` parses the contacts again. There an invalid one would raise an `ApiError`,
        # which does not say where in the document it stands.
        try:
            parse_initial_contact(initial_contact, settings)
        except ApiError as error:
            yield contact_pointer, error.message
        for list_index, list_id in enumerate(initial_contact.lists):
            if list_id not in directory.mailing_lists:
                list_pointer = f"{contact_pointer}/lists/{list_index}"
                yield list_pointer, f"no such mailing list: {list_id!r}"


def _check_faults(settings: FaultSettings) -> Iterator[Problem]:
    for status in settings.statuses:
        if not (status.isdecimal() and int(status) in ERROR_STATUSES):
            yield append_token("/faults/statuses", status), "expected a status from 400 to 599"
    total = sum(settings.statuses.values()) + settings.reset_before + settings.reset_after
    if total > 1:
        yield "/faults", "the probabilities of statuses and resets add up to more than 1"
    for index, entry in enumerate(settings.script):
        if not SCRIPT_ENTRY.fullmatch(entry):
            yield f"/faults/script/{index}", f"unknown fault {entry!r}; {_SCRIPT_HELP}"
