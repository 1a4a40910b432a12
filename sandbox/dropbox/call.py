"""One call of the API, and how routes state the scope they need."""

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from sandbox.collection import Record
from sandbox.dropbox import errors
from sandbox.dropbox.account import DropboxAccount
from sandbox.dropbox.nodes import Node
from sandbox.grants import Grant, Grants
from sandbox.messages import Request, Response
from sandbox.router import Router

ROOT = ""


@dataclass
class Call:
    request: Request
    route: str  # e.g. files/list_folder
    account: DropboxAccount
    grant: Grant
    grants: Grants
    now: float
    given: Record | None = None  # the argument, where it is one of a batch's

    @property
    def arg(self) -> Record:
        """Return the argument: the body, or for content endpoints the header. Refuses malformed ones."""
        if self.given is not None:
            return self.given
        text = self.request.headers.get("dropbox-api-arg") or self.request.args.get("arg", "")
        try:
            given = msgspec.json.decode(text) if text else self.request.json
        except msgspec.DecodeError as error:
            raise errors.malformed(
                self.route, f'HTTP header "Dropbox-API-Arg": could not decode input as JSON: {error}'
            ) from error
        if given is None:
            return {}
        if not isinstance(given, dict):
            raise errors.malformed(self.route, "request body: expected object, got something else")
        return given

    def text(self, name: str, default: str | None = None) -> str:
        value = self.arg.get(name, default)
        if not isinstance(value, str):
            raise errors.malformed(self.route, f"request body: missing required field '{name}'")
        return value

    def number(self, name: str, default: int, low: int, high: int) -> int:
        value = self.arg.get(name) or default
        if not isinstance(value, int) or not low <= value <= high:
            raise errors.malformed(self.route, f"request body: {name}: must be from {low} to {high}")
        return value

    def path(self, name: str = "path", *, root: bool = False) -> str:
        """Return a path argument. Refuses paths that cannot be one; the root only where it is allowed."""
        return self.checked(self.text(name), root=root)

    def checked(self, path: str, *, root: bool = False) -> str:
        if path.startswith(("id:", "rev:")) or (path == ROOT and root):
            return path
        segments = path.split("/")[1:]
        if not path.startswith("/") or any(segment in ("", ".", "..") for segment in segments) or "\0" in path:
            raise errors.malformed(self.route, f"request body: path: '{path}' did not match pattern")
        return path

    def node(self, name: str = "path", tags: tuple[str, ...] = ("path", "not_found")) -> Node:
        """Find the node that an argument names. Refuses with `tags` if there is none."""
        self.account.sync()
        found = self.account.find(self.path(name))
        if found is None:
            raise errors.conflict(*tags)
        return found


View = Callable[[Call], Response]
routes: Router[Call] = Router()


def route(name: str, scope: str) -> Callable[[View], View]:
    """Register an endpoint and the scope it needs."""

    def register(view: View) -> View:
        def guarded(call: Call) -> Response:
            if scope and scope not in call.grant.scopes:
                raise errors.missing_scope(scope)
            return view(call)

        routes.add("POST", f"/2/{name}", guarded)
        return view

    return register
