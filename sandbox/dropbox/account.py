"""One Dropbox account: its namespace, and the plain lists around it."""

from collections.abc import Iterator, Mapping
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from sandbox.chance import mix
from sandbox.clock import Clock
from sandbox.collection import Record
from sandbox.dropbox import saving, shelves
from sandbox.dropbox.directory import Mirror
from sandbox.dropbox.layout import Layout
from sandbox.dropbox.nodes import Node, metadata
from sandbox.dropbox.tree import Tree
from sandbox.spelling import encode
from sandbox.vendor import Account, Line, UnknownError

ENTRIES = "entries"
SHELF_KEYS = {"shared_folders": "shared_folder_id", "shared_links": "url", "file_requests": "id"}


class DropboxAccount(Account):
    def __init__(
        self, account_id: str, seed: int, sizes: Mapping[str, int], clock: Clock, directory: Path | None
    ) -> None:
        super().__init__(account_id, seed, sizes)
        self.clock = clock
        self.tree = Tree(Layout(0 if directory else sizes[ENTRIES], seed))
        self.mirror = Mirror(directory, self.tree) if directory else None
        self.epoch = 1  # cursors of an earlier epoch must be reset
        self.made = 0  # files and folders created so far, for their ids
        self.sessions: dict[str, bytes] = {}
        self.shelves: dict[str, list[Record]] = shelves.seeded(self.tree, seed, sizes)
        self.gone: dict[str, dict[str, float]] = {name: {} for name in SHELF_KEYS}

    def sync(self) -> None:
        """Take notice of changes in the real directory."""
        if self.mirror:
            self.mirror.sync(self.clock.now())

    def find(self, place: str) -> Node | None:
        """Find a node by a path, an id, or a revision of a file."""
        if place.startswith("id:"):
            return self.tree.by_id(place)
        if place.startswith("rev:"):
            return self._revision(place.removeprefix("rev:"))
        return self.tree.at(place)

    def _revision(self, rev: str) -> Node | None:
        for versions in self.tree.history.values():
            for node in versions:
                if node.rev == rev and not node.inode:
                    return node
        return next((node for node in self.tree.walk() if node.rev == rev), None)

    def write(self, path: str, contents: bytes, client_modified: int | None = None) -> Node:
        """Create a file or replace its contents; missing folders above it are made."""
        if self.mirror:
            return self._write_real(path, contents)
        self._make_parents(path)
        before = self.tree.at(path)
        now = self.clock.seconds()
        key = before.id if before and not before.is_folder else self._new_id()
        shown = before.path if before else path
        return self.tree.put(
            Node(
                shown, key, False, self._new_rev(), len(contents), client_modified or now, now,
                partial(saving.constant, contents),
            )
        )  # fmt: skip

    def _write_real(self, path: str, contents: bytes) -> Node:
        assert self.mirror  # noqa: S101
        real = self.mirror.real(path)
        real.parent.mkdir(parents=True, exist_ok=True)
        real.write_bytes(contents)
        return self._synced(path)

    def make_folder(self, path: str) -> Node:
        if self.mirror:
            self.mirror.real(path).mkdir(parents=True, exist_ok=True)
            return self._synced(path)
        self._make_parents(path)
        return self.tree.put(Node(path, self._new_id(), is_folder=True))

    def remove(self, path: str) -> None:
        if self.mirror:
            _remove_real(self.mirror.real(path))
            self.sync()
        else:
            self.tree.remove(path, self.clock.now())

    def move(self, node: Node, path: str) -> Node:
        """Move a node and what is in it; everything keeps its id."""
        if self.mirror:
            self._make_real_parents(path)
            self.mirror.real(node.path).rename(self.mirror.real(path))
            return self._synced(path)
        inner = list(self.tree.below(node.path)) if node.is_folder else []
        self.tree.remove(node.path, self.clock.now())
        self._make_parents(path)
        moved = self.tree.put(node.at(path))
        for child in inner:
            self.tree.put(child.at(path + child.path[len(node.path) :]))
        return moved

    def copy(self, node: Node, path: str) -> Node:
        """Copy a node and what is in it; the copies get ids of their own."""
        if not node.is_folder:
            return self.write(path, node.contents(), node.client_modified)
        inner = list(self.tree.below(node.path))
        made = self.make_folder(path)
        for child in inner:
            self.copy(child, path + child.path[len(node.path) :])
        return made

    def _make_parents(self, path: str) -> None:
        above = path.rpartition("/")[0]
        if above and self.tree.at(above) is None:
            self._make_parents(above)
            self.tree.put(Node(above, self._new_id(), is_folder=True))

    def _make_real_parents(self, path: str) -> None:
        assert self.mirror  # noqa: S101
        self.mirror.real(path).parent.mkdir(parents=True, exist_ok=True)

    def _synced(self, path: str) -> Node:
        self.sync()
        node = self.tree.at(path)
        assert node  # noqa: S101
        return node

    def _new_id(self) -> str:
        self.made += 1
        return self.tree.layout.ids.key(10**9 + self.made)

    def _new_rev(self) -> str:
        return f"{mix(self.seed ^ (10**9 + self.tree.seq)) >> 4:015x}"

    # What the control API asks for.

    def expire_cursors(self) -> None:
        self.epoch += 1

    def counts(self) -> dict[str, int]:
        self.sync()
        return {ENTRIES: sum(1 for _ in self.tree.walk())} | {name: len(rows) for name, rows in self.shelves.items()}

    def create(self, collection: str, count: int, values: dict[str, Any]) -> list[str]:
        if collection != ENTRIES:
            rows = self._shelf(collection)
            rows += [shelves.MAKERS[collection](len(rows) + at) | values for at in range(count)]
            return [row[SHELF_KEYS[collection]] for row in rows[-count:]]
        return [self._create_entry(number, values) for number in range(count)]

    def _create_entry(self, number: int, values: dict[str, Any]) -> str:
        path = values.get("path", f"/Created/File {self.tree.seq:08d} {number}.txt")
        if values.get("folder"):
            return self.make_folder(path).id
        return self.write(path, _text(values, f"created {self.clock.millis()} {number}")).id

    def change(self, collection: str, keys: list[str], values: dict[str, Any]) -> list[str]:
        """Rewrite files, or set fields of rows."""
        if collection != ENTRIES:
            for row in self._rows_of(collection, keys):
                row.update(values)
            return keys
        for key in keys:
            node = self._entry(key)
            self.write(node.path, _text(values, f"changed {self.clock.millis()} {node.rev}"))
        return keys

    def delete(self, collection: str, keys: list[str]) -> list[str]:
        if collection != ENTRIES:
            for row in self._rows_of(collection, keys):
                self.shelves[collection].remove(row)
                self.gone[collection][row[SHELF_KEYS[collection]]] = self.clock.now()
            return keys
        for key in keys:
            self.remove(self._entry(key).path)
        return keys

    def keys(self, collection: str, first: int, count: int) -> list[str]:
        """Return the ids of files (not folders), or the keys of rows."""
        if collection != ENTRIES:
            return [row[SHELF_KEYS[collection]] for row in self._shelf(collection)[first : first + count]]
        self.sync()
        files = (node.id for node in self.tree.walk() if not node.is_folder)
        return list(islice(files, first, first + count))

    def lines(self, collection: str, args: dict[str, str]) -> Iterator[Line]:  # noqa: ARG002
        if collection != ENTRIES:
            return (Line(row[SHELF_KEYS[collection]], encode(row)) for row in self._shelf(collection))
        self.sync()
        return (Line(node.id, encode(metadata(node))) for node in self.tree.walk())

    def deletions(self, collection: str) -> dict[str, float]:
        """Return when things went; files and folders by their paths, since the API names them so."""
        self.sync()
        if collection == ENTRIES:
            return {lower: when for lower, (_, when) in self.tree.tombstones.items()}
        self._shelf(collection)
        return self.gone[collection]

    def _shelf(self, collection: str) -> list[Record]:
        if collection not in self.shelves:
            raise UnknownError(f"no collection {collection}")
        return self.shelves[collection]

    def _rows_of(self, collection: str, keys: list[str]) -> list[Record]:
        return [row for row in self._shelf(collection) if row[SHELF_KEYS[collection]] in keys]

    def _entry(self, key: str) -> Node:
        node = self.find(key)
        if node is None:
            raise UnknownError(f"no {key}")
        return node

    def dump(self) -> dict[str, Any]:
        tree = saving.dump(self.tree, with_contents=not self.mirror)
        return {"epoch": self.epoch, "made": self.made, "tree": tree, "shelves": self.shelves, "gone": self.gone}

    def load(self, saved: dict[str, Any]) -> None:
        self.epoch, self.made = saved["epoch"], saved["made"]
        saving.load(self.tree, self.mirror, saved["tree"])
        self.shelves, self.gone = saved["shelves"], saved["gone"]


def _text(values: dict[str, Any], default: str) -> bytes:
    if "size" in values:
        return bytes(int(values["size"]))
    return str(values.get("text", default)).encode()


def _remove_real(path: Path) -> None:
    if path.is_dir():
        for child in path.iterdir():
            _remove_real(child)
        path.rmdir()
    else:
        path.unlink(missing_ok=True)
