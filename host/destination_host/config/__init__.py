"""Configuration of the host: one document, checked whole.

`options.py` has every option, `loading.py` the way from a file to a `HostConfig`.
"""
