"""The API as a frontend calls it: JSON over HTTP, nothing else."""

from collections.abc import Iterator
from typing import Any

import requests

TIMEOUT_SECONDS = 60


class RefusedError(Exception):
    """An answer that was not the one asked for."""


class Api:
    """One user's calls to the API at `url`."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self.session = requests.Session()

    def login(self, email: str, password: str) -> dict[str, Any]:
        """Sign in and send the access token from now on."""
        answer = self.post("/auth/login", {"email": email, "password": password})
        self.session.headers["Authorization"] = f"Bearer {answer['tokens']['accessToken']}"
        return answer

    def get(self, path: str, **query: Any) -> dict[str, Any]:  # noqa: ANN401  what a query holds is the endpoint's
        return self._ask("GET", path, params=query)

    def post(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        return self._ask("POST", path, json=body or {})

    def items(self, path: str, **query: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401
        """List all the items of a paged list."""
        cursor: dict[str, str] = {}
        while True:
            page = self.get(path, limit=200, **query, **cursor)
            yield from page["items"]
            if not page["nextCursor"]:
                return
            cursor = {"cursor": page["nextCursor"]}

    def _ask(self, method: str, path: str, **sent: Any) -> dict[str, Any]:  # noqa: ANN401
        answer = self.session.request(method, self.url + path, timeout=TIMEOUT_SECONDS, **sent)
        if answer.status_code >= 400:
            raise RefusedError(f"{method} {path} answered {answer.status_code}: {answer.text[:500]}")
        found: dict[str, Any] = answer.json() if answer.content else {}
        return found
