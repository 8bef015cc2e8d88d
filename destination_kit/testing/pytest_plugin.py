"""pytest fixtures for the tests of destinations. A test run that uses none of them loads no kit."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from destination_kit._json import JsonObject
    from destination_kit.runtime import Instance
    from destination_kit.testing.partner import Partner


def pytest_configure(config: pytest.Config) -> None:
    """Send requests over httpx during a test run, unless `DKIT_TRANSPORT` is set.

    pytest-httpx and respx replace httpx's transport, and see no request that aiohttp sends.
    """
    # An import of `ENVIRONMENT_VARIABLE` from http/transports/selection.py would load the kit in
    # every test run of an environment that has it.
    if "DKIT_TRANSPORT" not in os.environ:
        os.environ["DKIT_TRANSPORT"] = "httpx"
        config.add_cleanup(_unset_transport)


def _unset_transport() -> None:
    os.environ.pop("DKIT_TRANSPORT", None)


@pytest.fixture
def dkit_no_network() -> Iterator[None]:
    """Refuse every connection beyond this machine, and fail the test that tried one."""
    from destination_kit.testing.network import no_network

    with no_network() as reached:
        yield
    assert not reached, f"the test reached for the network: {', '.join(reached)}"  # noqa: S101 - pytest reports a failed assert


@pytest.fixture
def dkit_events() -> Mapping[str, JsonObject]:
    """Return an event of every type, by type."""
    from destination_kit.testing.events import events_of_every_type

    return events_of_every_type()


@pytest.fixture
def dkit_instance(dkit_no_network: None) -> Callable[..., Instance]:  # noqa: ARG001 - pytest sets up a fixture that is named here
    """Return the function `configured_instance`: it configures a destination without a document."""
    from destination_kit.testing.instances import configured_instance

    return configured_instance


@pytest.fixture
def dkit_partner(dkit_no_network: None) -> Iterator[Partner]:  # noqa: ARG001 - pytest sets up a fixture that is named here
    """Return a partner to open an instance with. An unexpected or missing request fails the test."""
    from destination_kit.testing.partner import Partner

    partner = Partner()
    yield partner
    partner.check()
