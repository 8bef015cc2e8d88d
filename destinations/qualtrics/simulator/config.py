"""The one JSON document that configures a simulator, as a record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from destinations.qualtrics.simulator.checks import problems
from destinations.qualtrics.simulator.documents import ConfigError, load_record
from destinations.qualtrics.simulator.switches import (
    USER,
    Contacts,
    Count,
    DataCenters,
    Directory,
    Errors,
    Faults,
    Limits,
    MailingList,
    MatchField,
    Pages,
    Search,
    Seconds,
    Transactions,
    User,
    Workflow,
)

TOKEN = "simulated-token"  # noqa: S105 - opens nothing but this simulator
DIRECTORY = "POOL_000000000000001"
MAILING_LIST = "CG_000000000000001"


def _default_directories() -> Mapping[str, Directory]:
    lists = {MAILING_LIST: MailingList()}
    rules: tuple[tuple[MatchField, ...], ...] = (("extRef",), ("email",))
    return {DIRECTORY: Directory(is_default=True, merge_rules=rules, mailing_lists=lists)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Every switch; the defaults are a brand with one user, one directory and one mailing list.

    `latency` is seconds per call, or a range to draw from. `tokens` and `bearer_tokens` name the
    user that each stands for. `seed` leads all chance, so that a run can be repeated.
    """

    seed: int = 0
    latency: Seconds | tuple[Seconds, Seconds] = 0.0
    body_bytes: Count = 5_000_000
    content_type_checked: bool = True
    tokens: Mapping[str, str] = field(default_factory=lambda: {TOKEN: USER})
    bearer_tokens: Mapping[str, str] = field(default_factory=dict)
    users: Mapping[str, User] = field(default_factory=lambda: {USER: User()})
    directories: Mapping[str, Directory] = field(default_factory=_default_directories)
    data_centers: DataCenters = field(default_factory=DataCenters)
    errors: Errors = field(default_factory=Errors)
    contacts: Contacts = field(default_factory=Contacts)
    search: Search = field(default_factory=Search)
    pages: Pages = field(default_factory=Pages)
    transactions: Transactions = field(default_factory=Transactions)
    workflow: Workflow = field(default_factory=Workflow)
    faults: Faults = field(default_factory=Faults)
    limits: Limits = field(default_factory=Limits)


def load_config(document: object) -> Config:
    """Return the configuration that a JSON object describes.

    A `ConfigError` names the place of the first thing wrong with it.
    """
    config = load_record(Config, document, "")
    for pointer, message in problems(config):
        raise ConfigError(pointer, message)
    return config
