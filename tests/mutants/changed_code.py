"""A changed module in a running process: new code for its functions, or a new source to import."""

from __future__ import annotations

import gc
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import CodeType, FunctionType, ModuleType

_Key = tuple[str, int]


class UnclearError(Exception):
    """Two functions of a line cannot be told apart, so their module must be imported afresh."""


class FunctionIndex:
    """The functions of this process, by the file that defines them."""

    def __init__(self) -> None:
        self._functions: dict[str, list[FunctionType]] = {}
        for found in gc.get_objects():
            if type(found) is FunctionType:
                self._functions.setdefault(found.__code__.co_filename, []).append(found)

    def replace_code(self, filename: str, source: str) -> None:
        """Give every function of a file its code of this source. Closures get theirs too."""
        codes = list(_nested_codes(compile(source, filename, "exec", dont_inherit=True)))
        count = Counter(map(_key, codes))
        changed = {_key(code): code for code in codes}
        for function in self._functions.get(filename, ()):
            old = function.__code__
            new = changed.get(_key(old), old)
            if new == old:
                continue
            if count[_key(old)] > 1:
                raise UnclearError(old.co_qualname)
            function.__code__ = new


def _key(code: CodeType) -> _Key:
    return code.co_qualname, code.co_firstlineno


def _nested_codes(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _nested_codes(constant)


class ChangedSource(MetaPathFinder):
    """Imports one file with another source than it has on the disk."""

    def __init__(self, filename: str, source: str) -> None:
        self._filename, self._source = filename, source

    def install(self) -> None:
        """Import the file this way from now on."""
        sys.meta_path.insert(0, self)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return how to import the module, if it is the file."""
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is None or spec.origin != self._filename:
            return None
        spec.loader = _ChangedLoader(fullname, self._filename, self._source)
        return spec


class _ChangedLoader(SourceFileLoader):
    def __init__(self, fullname: str, filename: str, source: str) -> None:
        super().__init__(fullname, filename)
        self._source = source

    def get_code(self, _fullname: str) -> CodeType:
        return compile(self._source, self.path, "exec", dont_inherit=True)
