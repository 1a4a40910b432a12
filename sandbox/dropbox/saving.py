"""Turns a namespace into plain data and back."""

from functools import partial
from typing import Any

from sandbox.dropbox.directory import Mirror
from sandbox.dropbox.nodes import Node
from sandbox.dropbox.tree import Change, Tree

FIELDS = ("path", "id", "is_folder", "rev", "size", "client_modified", "server_modified", "hash", "seq", "inode")


def dump(tree: Tree, with_contents: bool) -> dict[str, Any]:
    """Return all that is not as seeded; contents of a real directory stay where they are."""
    earlier = {key: [_dumped(node, with_contents) for node in nodes] for key, nodes in tree.history.items()}
    return {
        "nodes": [_dumped(node, with_contents) for node in tree.laid()],
        "history": earlier,
        "hidden": tree.hidden(),
        "journal": [[change.path, change.is_deletion] for change in tree.journal],
        "tombstones": tree.tombstones,
    }


def load(tree: Tree, mirror: Mirror | None, saved: dict[str, Any]) -> None:
    nodes = [_loaded(fields) for fields in saved["nodes"]]
    nodes = [mirror.reattach(node) for node in nodes] if mirror else nodes
    tree.restore(nodes, saved["hidden"], [Change(path, gone) for path, gone in saved["journal"]])
    tree.history = {key: [_loaded(fields) for fields in versions] for key, versions in saved["history"].items()}
    tree.tombstones = {lower: (path, when) for lower, (path, when) in saved["tombstones"].items()}


def constant(contents: bytes) -> bytes:
    return contents


def _dumped(node: Node, with_contents: bool) -> dict[str, Any]:
    contents = node.contents().decode("latin-1") if with_contents and not node.is_folder else ""
    return {name: getattr(node, name) for name in FIELDS} | {"contents": contents}


def _loaded(fields: dict[str, Any]) -> Node:
    contents = fields.pop("contents").encode("latin-1")
    return Node(**fields, read=partial(constant, contents))
