"""The vendors' side: the browser's consent, and the sandbox's control of what the accounts hold."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

import requests

from demo.api import Api, RefusedError

TIMEOUT_SECONDS = 60


class Form(HTMLParser):
    """Reads the one form of a consent page: where it is sent, and its hidden fields."""

    def __init__(self) -> None:
        super().__init__()
        self.action = ""
        self.fields: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.action = given.get("action", "")
        elif tag == "input" and "name" in given:
            self.fields[given["name"]] = given.get("value", "")


def connect(api: Api, platform: str) -> dict[str, Any]:
    """Connect a platform as its owner does in the browser: to the vendor, Allow, and back to us."""
    begun = api.post(f"/integrations/oauth/start/{platform}", {"name": f"My {platform}"})
    page = api.session.get(begun["authorizationUrl"], headers={"Authorization": ""}, timeout=TIMEOUT_SECONDS)
    form = Form()
    form.feed(page.text)
    allowed = api.session.post(
        urljoin(page.url, form.action),
        data={**form.fields, "decision": "approve"},
        headers={"Authorization": ""},
        allow_redirects=False,
        timeout=TIMEOUT_SECONDS,
    )
    back = api.session.get(allowed.headers["Location"], timeout=TIMEOUT_SECONDS)
    if back.status_code != 200:
        raise RefusedError(f"connecting {platform} ended with {back.status_code}: {back.text[:500]}")
    connection: dict[str, Any] = back.json()["connection"]
    return connection


@dataclass(frozen=True)
class Vendor:
    """One vendor's default account in the sandbox at `url`."""

    url: str
    name: str

    def create(self, collection: str, count: int) -> list[str]:
        return self._change(collection, "create", {"count": count})

    def change(self, collection: str, keys: list[str], values: dict[str, Any]) -> list[str]:
        return self._change(collection, "change", {"keys": keys, "values": values})

    def delete(self, collection: str, keys: list[str]) -> list[str]:
        return self._change(collection, "delete", {"keys": keys})

    def holds(self, collection: str, **shown: str) -> Iterator[dict[str, Any]]:
        """List what a collection holds now, by the sandbox's own books: {"key", "parent", "record"}."""
        with requests.get(
            f"{self.url}/_sandbox/{self.name}/{collection}", params=shown, stream=True, timeout=TIMEOUT_SECONDS
        ) as answer:
            answer.raise_for_status()
            yield from (json.loads(line) for line in answer.iter_lines() if line)

    def _change(self, collection: str, verb: str, body: dict[str, Any]) -> list[str]:
        answer = requests.post(
            f"{self.url}/_sandbox/{self.name}/{collection}/{verb}", json=body, timeout=TIMEOUT_SECONDS
        )
        answer.raise_for_status()
        keys: list[str] = answer.json()["keys"]
        return keys
