"""Creation of a simulator's state from its configuration, and reconfiguration of a running one."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING

from destinations.qualtrics.simulator.contact_body import parse_initial_contact
from destinations.qualtrics.simulator.deduplication import add_contact, add_to_mailing_list
from destinations.qualtrics.simulator.rate_limits import TokenBuckets
from destinations.qualtrics.simulator.store import DirectoryStore, MailingList
from destinations.qualtrics.simulator.world import World

if TYPE_CHECKING:
    from destinations.qualtrics.simulator.config import Config, InitialContact


def create_world(config: Config, clock: Callable[[], float]) -> World:
    """Return the state at the start, with the configured mailing lists and contacts."""
    world = World(config, clock, _create_random(config, "ids"), _create_random(config, "chance"))
    configure_world(world, config)
    for directory_id, directory in config.directories.items():
        for initial_contact in directory.contacts:
            _add_initial_contact(world, directory_id, initial_contact)
    return world


def configure_world(world: World, config: Config) -> None:
    """Replace the configuration of a running simulator.

    Contacts and transactions stay, and mailing lists are added. The fault script starts again, and
    the rate limits are full.
    """
    world.config = config
    world.fault_script = deque(config.faults.script)
    # Buckets store the number of tokens left. One that is empty under the old limit would stay
    # empty under a higher one, and refuse requests that a test expects to pass.
    world.token_buckets = TokenBuckets()
    now = world.clock()
    for directory_id, directory in config.directories.items():
        mailing_lists = world.stores.setdefault(directory_id, DirectoryStore()).mailing_lists
        for list_id, initial_list in directory.mailing_lists.items():
            mailing_list = MailingList(initial_list.name, initial_list.owner_id, now, now)
            # A patch of another option, such as the latency, comes here too. An assignment would
            # replace a list that has members by an empty one.
            mailing_lists.setdefault(list_id, mailing_list)


def _add_initial_contact(world: World, directory_id: str, initial: InitialContact) -> None:
    directory, store = world.config.directories[directory_id], world.stores[directory_id]
    body = parse_initial_contact(initial, world.config.contacts)
    contact = add_contact(world, directory, store, body)
    for list_id in initial.lists:
        contact, _ = add_to_mailing_list(world, contact, list_id, body)
        store.mailing_lists[list_id].member_ids[contact.id] = None
    store.write(contact.id, contact, now=world.clock(), lag=0)


def _create_random(config: Config, purpose: str) -> Random:
    return Random(f"{config.seed}:{purpose}")  # noqa: S311 - a seed makes tests repeatable
