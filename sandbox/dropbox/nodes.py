"""Files and folders, and how they are sent."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from sandbox.clock import rfc3339
from sandbox.dropbox.hashing import content_hash

DOWNLOADABLE_NOT = ".paper"
EXPORT = {"export_as": "markdown", "export_options": ["markdown", "html"]}


@dataclass
class Node:
    path: str  # as displayed
    id: str
    is_folder: bool = False
    rev: str = ""
    size: int = 0
    client_modified: int = 0
    server_modified: int = 0
    read: Callable[[], bytes] | None = None
    hash: str = ""  # of the contents; empty until somebody asks
    seq: int = 0  # of the change that made it what it is; 0: as seeded
    inode: int = 0
    hashed: Callable[[], str] | None = None  # a shorter way to the hash of seeded contents

    @property
    def lower(self) -> str:
        return self.path.lower()

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]

    @property
    def is_downloadable(self) -> bool:
        return not self.lower.endswith(DOWNLOADABLE_NOT)

    def contents(self) -> bytes:
        return self.read() if self.read else b""

    def content_hash(self) -> str:
        if not self.hash:
            self.hash = self.hashed() if self.hashed else content_hash(self.contents())
        return self.hash

    def at(self, path: str) -> "Node":
        """Return the same file or folder at another path."""
        return replace(self, path=path)


def sort_key(path: str) -> str:
    """Return what paths sort by: a folder, then all that is in it, then its next sibling."""
    return path.lower().replace("/", "\x00")


def metadata(node: Node, tagged: bool = True) -> dict[str, Any]:
    """Describe a node; only where several kinds may come does the tag say which it is."""
    tag = {".tag": "folder" if node.is_folder else "file"} if tagged else {}
    named = {**tag, "name": node.name, "path_lower": node.lower, "path_display": node.path, "id": node.id}
    return named if node.is_folder else named | _file_fields(node)


def _file_fields(node: Node) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "client_modified": rfc3339(node.client_modified),
        "server_modified": rfc3339(node.server_modified),
        "rev": node.rev,
        "size": node.size,
        "is_downloadable": node.is_downloadable,
        "has_explicit_shared_members": False,
        "content_hash": node.content_hash(),
    }
    if not node.is_downloadable:
        fields["export_info"] = EXPORT
    return fields


def deleted(path: str) -> dict[str, Any]:
    return {
        ".tag": "deleted", "name": path.rpartition("/")[2], "path_lower": path.lower(), "path_display": path
    }  # fmt: skip
