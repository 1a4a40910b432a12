"""A namespace: what is at which path now, and every change that led there."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator
from dataclasses import dataclass, replace

from sandbox.dropbox.layout import Layout
from sandbox.dropbox.nodes import Node, sort_key


@dataclass(frozen=True)
class Change:
    """One entry of the journal; its number is its place, from 1 on."""

    path: str
    is_deletion: bool


class Tree:
    """Lays changed nodes over the seeded ones."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.journal: list[Change] = []
        self.tombstones: dict[str, tuple[str, float]] = {}  # lower path -> displayed path, when
        self.history: dict[str, list[Node]] = {}  # id -> earlier versions, oldest first
        self._hidden: set[int] = set()  # seeded nodes that are gone or laid over
        self._nodes: dict[str, Node] = {}  # by sort key
        self._order: list[str] = []  # the sort keys of _nodes
        self._paths: dict[str, str] = {}  # id -> sort key, of _nodes

    @property
    def seq(self) -> int:
        return len(self.journal)

    def at(self, path: str) -> Node | None:
        node = self._nodes.get(sort_key(path))
        if node is not None:
            return node
        index = self.layout.index_of(path)
        return self.layout.node(index) if index is not None and index not in self._hidden else None

    def by_id(self, key: str) -> Node | None:
        if key in self._paths:
            return self._nodes[self._paths[key]]
        index = self.layout.ids.ordinal(key)
        if index is None or index >= len(self.layout) or index in self._hidden:
            return None
        return self.layout.node(index)

    def walk(self, after: str = "", until: str = "") -> Iterator[Node]:
        """Yield the nodes whose sort key is greater than `after` and less than `until`, in order."""
        seeded, laid = self._seeded(after), self._laid(after)
        one, other = next(seeded, None), next(laid, None)
        while one or other:
            first = one if other is None or (one and sort_key(one.path) < sort_key(other.path)) else other
            assert first is not None  # noqa: S101
            if until and sort_key(first.path) >= until:
                return
            yield first
            if first is one:
                one = next(seeded, None)
            else:
                other = next(laid, None)

    def _seeded(self, after: str) -> Iterator[Node]:
        start = bisect_right(range(len(self.layout)), after, key=self.layout.key_at) if after else 0
        return (self.layout.node(index) for index in range(start, len(self.layout)) if index not in self._hidden)

    def _laid(self, after: str) -> Iterator[Node]:
        return (self._nodes[key] for key in self._order[bisect_right(self._order, after) :])

    def below(self, path: str) -> Iterator[Node]:
        """Yield everything in a folder, at any depth."""
        key = sort_key(path)
        return self.walk(key + "\x00", key + "\x01")

    def put(self, node: Node) -> Node:
        """Place a node and write it to the journal."""
        self.journal.append(Change(node.path, is_deletion=False))
        placed = replace(node, seq=self.seq)
        before = self.at(node.path)
        if before is not None and before.id == placed.id and not before.is_folder:
            self.history.setdefault(placed.id, []).append(before)
        self._lay(placed)
        self.tombstones.pop(placed.lower, None)
        return placed

    def remove(self, path: str, now: float) -> None:
        """Take away a node and everything in it; the journal gets one entry."""
        node = self.at(path)
        if node is None:
            return
        for inner in [*self.below(path), node]:
            self._take(inner)
        self.journal.append(Change(node.path, is_deletion=True))
        self.tombstones[node.lower] = (node.path, now)

    def _lay(self, node: Node) -> None:
        key = sort_key(node.path)
        index = self.layout.index_of(node.path)
        if index is not None:
            self._hidden.add(index)
        if key not in self._nodes:
            insort(self._order, key)
        else:
            self._paths.pop(self._nodes[key].id, None)
        self._nodes[key] = node
        self._paths[node.id] = key

    def _take(self, node: Node) -> None:
        key = sort_key(node.path)
        if key in self._nodes:
            del self._nodes[key], self._order[bisect_left(self._order, key)]
            self._paths.pop(node.id, None)
        index = self.layout.index_of(node.path)
        if index is not None:
            self._hidden.add(index)

    def laid(self) -> list[Node]:
        return [self._nodes[key] for key in self._order]

    def hidden(self) -> list[int]:
        return sorted(self._hidden)

    def restore(self, nodes: list[Node], hidden: list[int], journal: list[Change]) -> None:
        """Take up a saved state."""
        for node in nodes:
            self._lay(node)
        self._hidden.update(hidden)
        self.journal = journal
