"""The harness of `check_destination`: runs a destination and records what it does."""
