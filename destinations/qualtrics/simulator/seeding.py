"""A world as its configuration describes it, and the changes that reach a running one."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING

from destinations.qualtrics.simulator.contact_body import read_person
from destinations.qualtrics.simulator.deduplication import add_contact, join_list
from destinations.qualtrics.simulator.rate_limits import Meter
from destinations.qualtrics.simulator.store import Roll, Store
from destinations.qualtrics.simulator.world import World

if TYPE_CHECKING:
    from destinations.qualtrics.simulator.config import Config, Directory, Person


def create_world(config: Config, clock: Callable[[], float]) -> World:
    """Return a world that holds what the configuration says from the start."""
    world = World(config, clock, _random(config, "ids"), _random(config, "chance"))
    configure_world(world, config)
    for directory_id, directory in config.directories.items():
        for person in directory.contacts:
            _settle_in(world, directory, world.stores[directory_id], person)
    return world


def configure_world(world: World, config: Config) -> None:
    """Change the switches of a running world; contacts and transactions stay."""
    world.config = config
    world.script = deque(config.faults.script)
    world.meter = Meter()
    for directory_id, directory in config.directories.items():
        store = world.stores.setdefault(directory_id, Store())
        now = world.clock()
        for list_id, each in directory.mailing_lists.items():
            store.rolls.setdefault(list_id, Roll(each.name, each.owner_id, now, now))


def _settle_in(world: World, directory: Directory, store: Store, person: Person) -> None:
    supplied = read_person(person, world.config.contacts)
    contact = add_contact(world, directory, store, supplied)
    for list_id in person.lists:
        contact, _ = join_list(contact, list_id, supplied, world)
        store.rolls[list_id].members[contact.id] = None
    store.write(contact.id, contact, now=world.clock(), lag=0)


def _random(config: Config, purpose: str) -> Random:
    return Random(f"{config.seed}:{purpose}")  # noqa: S311 - chance that can be repeated, no secret
