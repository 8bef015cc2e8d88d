"""The rules of `check_destination`, a module per subject."""
