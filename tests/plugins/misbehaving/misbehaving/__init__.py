"""Plugins that do what a plugin must not do, one way each."""
