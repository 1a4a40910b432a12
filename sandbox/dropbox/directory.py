"""A real directory that plays an account: what changes in it shows up as changes in the namespace."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from sandbox.chance import seed_of
from sandbox.dropbox.hashing import content_hash_of
from sandbox.dropbox.nodes import Node
from sandbox.dropbox.tree import Tree
from sandbox.ids import Ids


@dataclass(frozen=True)
class Found:
    path: str
    real: Path
    is_folder: bool
    inode: int
    size: int
    modified_ns: int

    @property
    def rev(self) -> str:
        return f"{seed_of(self.inode, self.modified_ns, self.size) >> 4:015x}"


class Mirror:
    def __init__(self, root: Path, tree: Tree) -> None:
        self.root = root.resolve()
        self.tree = tree
        self._ids = Ids("id:", 22, "directory")

    def sync(self, now: float) -> None:
        """Compare the directory with the namespace, and write what differs to the journal."""
        found = {entry.path.lower(): entry for entry in self._scan(self.root)}
        known = {node.lower: node for node in self.tree.laid()}
        gone = [node for lower, node in known.items() if not _is_same_kind(found.get(lower), node)]
        moved = {node.inode: node for node in gone if node.inode}
        for node in gone:
            self.tree.remove(node.path, now)
        for lower, entry in found.items():
            before = known.get(lower)
            if before is None or before in gone:
                self.tree.put(self._node(entry, now, _moved_here(moved.get(entry.inode), entry)))
            elif not entry.is_folder and (before.rev != entry.rev or before.path != entry.path):
                self.tree.put(self._node(entry, now, before))

    def _scan(self, folder: Path) -> Iterator[Found]:
        with os.scandir(folder) as entries:
            for entry in sorted(entries, key=lambda item: item.name):
                if entry.is_symlink() or not (entry.is_dir() or entry.is_file()):
                    continue
                status, real = entry.stat(), Path(entry.path)
                path = "/" + real.relative_to(self.root).as_posix()
                yield Found(path, real, entry.is_dir(), status.st_ino, status.st_size, status.st_mtime_ns)
                if entry.is_dir():
                    yield from self._scan(real)

    def _node(self, entry: Found, now: float, same: Node | None) -> Node:
        key = same.id if same else self._ids.key(seed_of(entry.path, entry.inode))
        if entry.is_folder:
            return Node(entry.path, key, is_folder=True, inode=entry.inode)
        modified = entry.modified_ns // 1_000_000_000
        with entry.real.open("rb") as file:
            digest = content_hash_of(file)
        return Node(
            entry.path, key, False, entry.rev, entry.size, modified, int(now), entry.real.read_bytes, digest,
            inode=entry.inode,
        )  # fmt: skip

    def real(self, path: str) -> Path:
        """Return where a path of the namespace is on disk, in the case it has there."""
        place = self.root
        for segment in path.strip("/").split("/"):
            exact = place / segment
            alike = () if exact.exists() or not place.is_dir() else place.iterdir()
            place = next((child for child in alike if child.name.lower() == segment.lower()), exact)
        return place

    def reattach(self, node: Node) -> Node:
        """Give a node of a saved state its contents back."""
        return node if node.is_folder else replace(node, read=self.real(node.path).read_bytes)


def _is_same_kind(entry: Found | None, node: Node) -> bool:
    return entry is not None and entry.is_folder == node.is_folder


def _moved_here(node: Node | None, entry: Found) -> Node | None:
    """Tell a move from an inode that was used again."""
    if node is None or node.is_folder != entry.is_folder:
        return None
    return node if entry.is_folder or node.rev == entry.rev else None
