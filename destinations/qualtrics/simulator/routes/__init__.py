"""The routes of the simulator: one module for each kind of resource, and `control`."""
