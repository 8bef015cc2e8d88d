"""The console: the page of the administration listener, and the API that it asks."""
