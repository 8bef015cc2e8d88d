"""A Qualtrics to run against: an HTTP server on loopback, written from the partner's documents only.

It shares no code with the client it is there to test.
"""

from destinations.qualtrics.simulator.config import Config, load_config
from destinations.qualtrics.simulator.documents import ConfigError
from destinations.qualtrics.simulator.server import app, background, running, serve

__all__ = ["Config", "ConfigError", "app", "background", "load_config", "running", "serve"]
