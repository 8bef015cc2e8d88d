"""The routes of the simulator, a module per kind of resource."""
