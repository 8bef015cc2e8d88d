"""Static analysis of a template: the paths of an event that it reads, and the filters it names."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class TemplateAnalysis:
    """Record that the parser fills while it compiles a template."""

    #: Paths that the template may read in an event, in order. The values mean nothing.
    paths: dict[tuple[str, ...], None] = field(default_factory=dict)
    #: Names of filters, in order. The values mean nothing.
    filters: dict[str, None] = field(default_factory=dict)
    #: How many blocks (`if`, `capture`, ...) enclose the parser's position.
    block_depth: int = 0
    _assigned: set[str] = field(default_factory=set)

    def record_path(self, path: tuple[str, ...]) -> None:
        """Record a path, unless its variable is certain to be set by the template."""
        if path and path[0] not in self._assigned:
            self.paths[path] = None

    def record_assignment(self, name: str) -> None:
        """Record that the template sets a variable. Inside a block it may stay unset."""
        if not self.block_depth:
            self._assigned.add(name)

    def discard_paths(self, count: int) -> None:
        """Discard all paths but the first ones."""
        while len(self.paths) > count:
            self.paths.popitem()
