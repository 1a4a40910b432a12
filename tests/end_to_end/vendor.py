"""One account at a vendor, as the sandbox plays it: what it holds, and what its own users do to it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import requests

TIMEOUT_SECONDS = 60


@dataclass(frozen=True)
class Vendor:
    """The sandbox's control API at `url`, for one account."""

    url: str
    name: str
    account: str

    def seed(self, **sizes: int) -> None:
        """Make the account anew, with so many records of these collections and none of the others."""
        self._post(f"{self.name}/accounts", {"account": self.account, "sizes": {"*": 0, **sizes}})

    def create(self, collection: str, count: int = 1, **values: Any) -> list[str]:
        return list(self._change(collection, "create", {"count": count, "values": values})["keys"])

    def change(self, collection: str, keys: list[str], **values: Any) -> None:
        self._change(collection, "change", {"keys": keys, "values": values})

    def delete(self, collection: str, keys: list[str]) -> None:
        self._change(collection, "delete", {"keys": keys})

    def keys(self, collection: str) -> list[str]:
        return [line["key"] for line in self.lines(collection)]

    def records(self, collection: str) -> list[str]:
        """Give every live record, spelled alike for comparing."""
        return sorted(spelled(line["record"]) for line in self.lines(collection))

    def lines(self, collection: str, **shown: str) -> Iterator[dict[str, Any]]:
        given = {"account": self.account, **shown}
        answer = requests.get(self._path(collection), params=given, timeout=TIMEOUT_SECONDS)
        assert answer.ok, answer.text
        return (json.loads(line) for line in answer.text.splitlines())

    def collections(self) -> dict[str, int]:
        """Count what the account holds of each collection; -1 where that is known only by reading."""
        answer = requests.get(f"{self.url}/_sandbox/{self.name}", timeout=TIMEOUT_SECONDS)
        found: dict[str, int] = answer.json()["accounts"][self.account]
        return found

    def requests(self) -> list[dict[str, Any]]:
        """List what was asked of this account so far."""
        asked = {"vendor": self.name, "account": self.account}
        answer = requests.get(f"{self.url}/_sandbox/requests", params=asked, timeout=TIMEOUT_SECONDS)
        return list(answer.json()["requests"])

    def fault(self, fault: str, **rule: Any) -> None:
        """Let something go wrong for this account."""
        self._post("faults", {"fault": fault, "vendor": self.name, "account": self.account, **rule})

    def pass_time(self, seconds: float) -> None:
        """Move the vendors' clock."""
        self._post("clock", {"advance": seconds})

    def _change(self, collection: str, verb: str, body: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = self._post(f"{self.name}/{collection}/{verb}", body)
        return found

    def _post(self, path: str, body: dict[str, Any]) -> Any:
        given = {"account": self.account}
        answer = requests.post(f"{self.url}/_sandbox/{path}", json=body, params=given, timeout=TIMEOUT_SECONDS)
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def _path(self, collection: str) -> str:
        return f"{self.url}/_sandbox/{self.name}/{collection}"


def spelled(record: dict[str, Any]) -> str:
    """Write a record in one spelling, without the key of its parent, which is ours."""
    return json.dumps({name: value for name, value in record.items() if name != "_parent"}, sort_keys=True)
