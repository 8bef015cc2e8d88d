"""What every test of the host shares: no network but loopback, and examples without a deadline."""

from contextlib import ExitStack

from hypothesis import HealthCheck, settings

from destination_kit.testing import no_network

# How fast a busy machine makes examples says nothing about what they show.
settings.register_profile("shared", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared")

NETWORK = ExitStack()
NETWORK.enter_context(no_network())
