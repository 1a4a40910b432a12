import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest
import requests

from sandbox import Sandbox, Settings

SPECS = Path(__file__).parents[3] / "shared" / "platforms" / "specs"


class Vendor:
    """Speaks to one simulated vendor, and to the control API about it."""

    def __init__(self, base: str, name: str, host: str, http: requests.Session) -> None:
        self.name, self.http, self.base = name, http, base
        self.url = f"{base}/{host}"
        self.control_url = f"{base}/_sandbox/{name}"
        self.token = self.control("tokens")["access_token"]

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def get(self, path: str, **args: Any) -> requests.Response:
        return self.http.get(self.url + path, headers=self.headers, params=args)

    def post(self, path: str, **given: Any) -> requests.Response:
        return self.http.post(self.url + path, headers=self.headers, **given)

    def delete(self, path: str) -> requests.Response:
        return self.http.delete(self.url + path, headers=self.headers)

    def control(self, path: str, body: dict[str, Any] | None = None) -> Any:
        response = self.http.post(f"{self.control_url}/{path}", json=body or {})
        response.raise_for_status()
        return response.json() if response.content else None

    def settings(self, **changes: Any) -> None:
        self.http.patch(self.control_url, json=changes).raise_for_status()

    def oracle(self, collection: str, **args: Any) -> dict[str, bytes]:
        """Return the exact record bytes by key."""
        lines = self._lines(collection, args)
        return {json.loads(line)["key"]: line[line.index(b'"record":') + 9 : -1] for line in lines}

    def parents(self, collection: str) -> dict[str, str]:
        """Return whose each record is, by key."""
        return {line["key"]: line["parent"] for line in map(json.loads, self._lines(collection, {}))}

    def _lines(self, collection: str, args: dict[str, Any]) -> list[bytes]:
        text: bytes = self.http.get(f"{self.control_url}/{collection}", params=args).content
        return [line for line in text.split(b"\n") if line]


class Control(Protocol):
    def __call__(self, method: str, path: str, body: Any = None) -> requests.Response: ...


class Fault(Protocol):
    def __call__(self, name: str, vendor: str, path: str = "*", **more: Any) -> None: ...


@pytest.fixture
def http() -> Iterator[requests.Session]:
    with requests.Session() as session:
        yield session


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(Settings(port=0)) as running:
        yield running


@pytest.fixture
def control(sandbox: Sandbox, http: requests.Session) -> Control:
    def call(method: str, path: str, body: Any = None) -> requests.Response:
        return http.request(method, f"{sandbox.url}/_sandbox{path}", json=body)

    return call


@pytest.fixture
def fault(control: Control) -> Fault:
    def add(name: str, vendor: str, path: str = "*", **more: Any) -> None:
        assert control("POST", "/faults", {"fault": name, "vendor": vendor, "path": path, **more}).status_code == 201

    return add


@pytest.fixture
def stripe(sandbox: Sandbox, http: requests.Session) -> Vendor:
    return Vendor(sandbox.url, "stripe", "api.stripe.com", http)


@pytest.fixture
def hubspot(sandbox: Sandbox, http: requests.Session) -> Vendor:
    vendor = Vendor(sandbox.url, "hubspot", "api.hubapi.com", http)
    vendor.settings(limit={"requests": 0}, search_limit={"requests": 0})
    return vendor


class DropboxVendor(Vendor):
    def call(self, route: str, **arg: Any) -> requests.Response:
        return self.post(f"/2/{route}", data=json.dumps(arg) if arg else "null")

    def content(self, route: str, body: bytes = b"", **arg: Any) -> requests.Response:
        url = f"{self.base}/content.dropboxapi.com/2/{route}"
        return self.http.post(url, headers={**self.headers, "Dropbox-API-Arg": json.dumps(arg)}, data=body)

    def listing(self, **arg: Any) -> tuple[list[dict[str, Any]], str]:
        """Return all entries and the cursor to go on with."""
        page = self.call("files/list_folder", **{"path": "", "recursive": True, **arg}).json()
        entries = page["entries"]
        while page["has_more"]:
            page = self.call("files/list_folder/continue", cursor=page["cursor"]).json()
            entries += page["entries"]
        return entries, page["cursor"]

    def changes(self, cursor: str) -> tuple[list[tuple[str, str]], str]:
        page = self.call("files/list_folder/continue", cursor=cursor).json()
        return [(entry[".tag"], entry["path_display"]) for entry in page["entries"]], page["cursor"]


@pytest.fixture
def dropbox(sandbox: Sandbox, http: requests.Session) -> DropboxVendor:
    return DropboxVendor(sandbox.url, "dropbox", "api.dropboxapi.com", http)


@pytest.fixture
def compact() -> Callable[[bytes], bytes]:
    """Strip insignificant white space from JSON without touching how values are spelled."""
    import msgspec

    return lambda text: msgspec.json.format(text, indent=-1)
