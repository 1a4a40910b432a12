"""Finds the function that answers a method and a path."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar
from urllib.parse import unquote

from sandbox.messages import Response

C = TypeVar("C")
View = Callable[[C], Response]
Match = tuple[tuple[View[C], list[str]], list[str]]


@dataclass
class _Node(Generic[C]):
    literal: dict[str, "_Node[C]"] = field(default_factory=dict)
    wild: "_Node[C] | None" = None
    views: dict[str, tuple[View[C], list[str]]] = field(default_factory=dict)


class Router(Generic[C]):
    """Holds routes such as `GET /v1/customers/{id}`; literal segments win over wild ones."""

    def __init__(self) -> None:
        self._root: _Node[C] = _Node()
        self.declared: list[tuple[str, str]] = []  # methods and templates

    def add(self, method: str, template: str, view: View[C]) -> None:
        node, names = self._root, []
        for segment in template.strip("/").split("/"):
            if segment.startswith("{"):
                names.append(segment[1:-1])
                node.wild = node.wild or _Node()
                node = node.wild
            else:
                node = node.literal.setdefault(segment, _Node())
        node.views[method] = (view, names)
        self.declared.append((method, template))

    def route(self, method: str, *templates: str) -> Callable[[View[C]], View[C]]:
        def register(view: View[C]) -> View[C]:
            for template in templates:
                self.add(method, template, view)
            return view

        return register

    def find(self, method: str, path: str) -> tuple[View[C], dict[str, str]] | None:
        """Return the view and its path parameters, unquoted."""
        segments = [unquote(segment) for segment in path.strip("/").split("/")]
        match = self._walk(self._root, segments, 0, [], method)
        if match is None:
            return None
        (view, names), values = match
        return view, dict(zip(names, values, strict=True))

    def _walk(self, node: _Node[C], segments: list[str], at: int, values: list[str], method: str) -> Match[C] | None:
        if at == len(segments):
            return (node.views[method], values) if method in node.views else None
        child = node.literal.get(segments[at])
        found = self._walk(child, segments, at + 1, values, method) if child else None
        if found is None and node.wild:
            found = self._walk(node.wild, segments, at + 1, [*values, segments[at]], method)
        return found
