"""Send customer events to a partner: the front door of the kit."""
