"""Host for destination-kit: it receives events, keeps them in a durable queue, and delivers them.

It enters the kit by the front door, `destination_kit.delivery` and `destination_kit.publish` alone.
"""
